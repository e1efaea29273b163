"""Pictures into files: graphviz draws them, its ``dot`` program if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.errors import PictureError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = (".svg", ".png", ".dot")


def check_picture(picture: Path | None) -> Path | None:
    """Refuse a picture that could not be drawn, before anything takes time.

    Raises:
        UsageError: The name has another ending than those of pictures.
    """
    if picture is not None and picture.suffix.lower() not in FORMATS:
        raise UsageError(
            f"cannot tell from '{picture.name}' what to draw: expected {', '.join(FORMATS)}",
            hint="--picture chain.svg",
        )
    return picture


def write_picture(source: str, picture: Path) -> None:
    """Draw a picture into a file.

    Args:
        source: DOT text.
        picture: The file; its ending says which format.

    Raises:
        PictureError: The file cannot be written, or there is no ``dot``: then the source is
            left beside it.
    """
    ending = picture.suffix.lower()
    if ending == ".dot":
        _write(source.encode(), picture)
        return
    import graphviz

    try:
        drawn = graphviz.Source(source).pipe(format=ending.removeprefix("."))
    except graphviz.ExecutableNotFound as error:
        beside = _write(source.encode(), picture.with_suffix(".dot"))
        raise PictureError(
            f"cannot draw '{picture}': graphviz's program 'dot' is not installed; "
            f"the source of the picture is in '{beside}'",
            hint=f"where graphviz is installed: dot -T{ending[1:]} -o {picture} {beside}",
        ) from error
    except graphviz.CalledProcessError as error:
        beside = _write(source.encode(), picture.with_suffix(".dot"))
        raise PictureError(
            f"cannot draw '{picture}': 'dot' ended with exit code {error.returncode}",
            hint=f"see what it says: dot -T{ending[1:]} -o {picture} {beside}",
        ) from error
    _write(drawn, picture)


def _write(content: bytes, path: Path) -> Path:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise PictureError(
            f"cannot write '{path}': {(error.strerror or str(error)).lower()}",
            hint="choose another place for --picture",
        ) from error
    return path
