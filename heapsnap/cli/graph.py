"""The command that draws what is around objects: who holds them, what they hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import webbrowser
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapsnap.cli.choose import choose_snapshots
from heapsnap.cli.options import OneFileOrTwo, Since, Snapshot, TypeName, told
from heapsnap.cli.picture import check_picture, format_of, write_picture

if TYPE_CHECKING:
    from heapsnap.analysis.pictures.links import Direction


class Format(str, Enum):
    """What a picture is written as."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    DOT = "dot"


Backrefs = Annotated[bool, typer.Option("--backrefs", help="Only who holds them.")]
Refs = Annotated[bool, typer.Option("--refs", help="Only what they hold.")]
Depth = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="References far; else 4 up and 2 down."),
]
MergedObjects = Annotated[int, typer.Option("--max", metavar="N", min=8, help="Merged objects.")]
PictureFormat = Annotated[
    Format | None,
    typer.Option("--format", help="Else as FILE ends, else svg.", show_default=False),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Else heapsnap-graph-TYPE.svg here."),
]
Dark = Annotated[bool, typer.Option("--dark", help="For dark paper. SVG adapts by itself.")]
Opened = Annotated[bool, typer.Option("--open", help="Show it: dot in xdot, else in the browser.")]


def graph(
    type_name: TypeName,
    files: OneFileOrTwo = None,
    *,
    snapshot: Snapshot = None,
    since: Since = None,
    backrefs: Backrefs = False,
    refs: Refs = False,
    depth: Depth = None,
    most: MergedObjects = 36,
    picture_format: PictureFormat = None,
    output: Output = None,
    dark: Dark = False,
    opened: Opened = False,
) -> None:
    """A picture of what is around objects, equal ones merged: who holds them, what they hold."""
    from heapsnap.analysis.pictures.neighbourhood_picture import picture_neighbourhood
    from heapsnap.cli.progress import Waiting

    path = choose_path(type_name, output, picture_format)
    choice = told(choose_snapshots(snapshot, since, files))
    with Waiting() as waiting:
        *baseline, heap = waiting.load_all([*filter(None, [choice.since]), choice.snapshot])
        picture = picture_neighbourhood(
            heap,
            type_name,
            since=baseline[0] if baseline else None,
            directions=directions_of(up=backrefs, down=refs),
            depth=depth,
            most=most,
            progress=waiting.step,
        )
    write_picture(picture, path, is_dark=dark)
    typer.echo(str(path))
    if opened:
        open_picture(path)


def directions_of(*, up: bool, down: bool) -> tuple[Direction, ...]:
    """Both where neither, or both, were asked for."""
    from heapsnap.analysis.pictures.links import DOWN, UP

    if up == down:
        return (UP, DOWN)
    return (UP,) if up else (DOWN,)


def choose_path(type_name: str, output: Path | None, picture_format: Format | None) -> Path:
    """The file to write: what was named, with the format's ending if it has none of its own.

    Raises:
        UsageError: The name has another ending than those of pictures.
    """
    ending = picture_format.value if picture_format else "svg"
    if output is None:
        word = re.sub(r"[^\w.-]+", "-", type_name).strip("-") or "objects"
        return Path(f"heapsnap-graph-{word}.{ending}")
    if picture_format is not None and format_of(output) != ending:
        return output.with_name(f"{output.name}.{ending}")
    check_picture(output)
    return output


def open_picture(path: Path) -> None:
    """Show the file to the user; the viewer outlives the command."""
    if format_of(path) == "dot" and (viewer := shutil.which("xdot")):
        subprocess.Popen([viewer, str(path)], start_new_session=True)
        return
    webbrowser.open(path.absolute().as_uri())
