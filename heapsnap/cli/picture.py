"""Pictures into files: graphviz draws them, its ``dot`` program if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.errors import PictureError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.analysis.pictures.picture import Picture

FORMATS = ("svg", "png", "pdf", "dot")


def check_picture(picture: Path | None) -> Path | None:
    """Refuse a picture that could not be drawn, before anything takes time.

    Raises:
        UsageError: The name has another ending than those of pictures.
    """
    if picture is not None and format_of(picture) not in FORMATS:
        endings = ", ".join(f".{ending}" for ending in FORMATS)
        raise UsageError(
            f"cannot tell from '{picture.name}' what to draw: expected {endings}",
            hint="--picture chain.svg",
        )
    return picture


def format_of(path: Path) -> str:
    """What the ending of a file's name asks for, in lower case."""
    return path.suffix.lower().removeprefix(".")


def write_picture(picture: Picture, path: Path, *, is_dark: bool = False) -> None:
    """Draw a picture into a file.

    Args:
        picture: What to draw.
        path: The file; its ending says which format.
        is_dark: For dark paper. An SVG that is not turns dark by itself where the screen is.

    Raises:
        PictureError: The file cannot be written, or there is no ``dot``: then the source is
            left beside it.
    """
    from heapsnap.render.colours import DARK, LIGHT
    from heapsnap.render.dot import draw
    from heapsnap.render.svg import standalone_svg

    source = draw(picture, DARK if is_dark else LIGHT)
    ending = format_of(path)
    if ending == "dot":
        _write(source.encode(), path)
        return
    drawn = _run_dot(source, path, ending)
    if ending == "svg" and not is_dark:
        drawn = standalone_svg(drawn.decode(), picture.title).encode()
    _write(drawn, path)


def _run_dot(source: str, path: Path, ending: str) -> bytes:
    import graphviz

    from heapsnap.drawing import run_dot

    try:
        return run_dot(source, ending)
    except graphviz.ExecutableNotFound as error:
        beside = _write(source.encode(), path.with_suffix(".dot"))
        raise PictureError(
            f"cannot draw '{path}': graphviz's program 'dot' is not installed; "
            f"the source of the picture is in '{beside}'",
            hint=f"where graphviz is installed: dot -T{ending} -o {path} {beside}",
        ) from error
    except graphviz.CalledProcessError as error:
        beside = _write(source.encode(), path.with_suffix(".dot"))
        raise PictureError(
            f"cannot draw '{path}': 'dot' ended with exit code {error.returncode}",
            hint=f"see what it says: dot -T{ending} -o {path} {beside}",
        ) from error


def _write(content: bytes, path: Path) -> Path:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise PictureError(
            f"cannot write '{path}': {(error.strerror or str(error)).lower()}",
            hint="choose another place for the picture",
        ) from error
    return path
