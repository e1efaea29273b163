"""The options that several commands share, and the word on which files were chosen."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapsnap.cli.complete import complete_types
from heapsnap.cli.group import tell
from heapsnap.errors import UsageError

if TYPE_CHECKING:
    from heapsnap.cli.choose import Choice

EVERYTHING = 1_000_000_000


class By(str, Enum):
    """What decides the order of ``top``."""

    BYTES = "bytes"
    COUNT = "count"
    RETAINED = "retained"


Snapshots = Annotated[
    list[Path],
    typer.Argument(
        metavar="BEFORE AFTER...",
        help="The baseline and the later snapshot, or several in the order of time.",
        show_default=False,
    ),
]
OneFile = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="The snapshot: the same as -s FILE.", show_default=False),
]
OneFileOrTwo = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE",
        help="The snapshot, or the baseline and the snapshot: the same as --since and -s.",
        show_default=False,
    ),
]
Snapshot = Annotated[
    Path | None,
    typer.Option(
        "-s",
        "--snapshot",
        metavar="FILE",
        help="The snapshot; else that of the last diff, else the newest in $HEAPSNAP_DIR or here.",
        show_default=False,
    ),
]
Since = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The baseline; else that of the last diff.", show_default=False
    ),
]
TypeName = Annotated[
    str,
    typer.Argument(
        metavar="TYPE",
        help="DictCursor, cursors.DictCursor or '*Cursor'.",
        autocompletion=complete_types,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, as docs/*.schema.json describe it.")]
All = Annotated[bool, typer.Option("--all", help="Everything, however long.")]
Most = Annotated[int, typer.Option("--max", metavar="N", min=1, help="Rows of each table.")]
Groups = Annotated[int, typer.Option("--max", metavar="N", min=1, help="Ways of holding to show.")]
Through = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only chains through this type, object or path, as printed. May be given again.",
        show_default=False,
    ),
]
NotThrough = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Only chains that avoid it: who else holds them?", show_default=False
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Draw it as well: FILE.svg, .png, .pdf or .dot.", show_default=False
    ),
]


def told(choice: Choice) -> Choice:
    """The same; files that the user did not name are said on stderr."""
    tell("note", choice.note)
    return choice


def check_several(snapshots: list[Path]) -> list[Path]:
    """The same.

    Raises:
        UsageError: There is only one.
    """
    if len(snapshots) == 1:
        raise UsageError(
            f"one snapshot, '{snapshots[0]}': expected two or more to compare",
            hint="heapsnap diff BEFORE AFTER; heapsnap top -s FILE tells of one",
        )
    return snapshots
