"""The commands: parse, load, analyse, render, write, one function a verb.

What an analysis needs is imported in its verb: ``heapsnap --help`` waits for no numpy.
"""

from __future__ import annotations

import os
import sys
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from heapsnap.cli.choose import Choice, choose_snapshot, choose_snapshots, remember_diff
from heapsnap.cli.complete import complete_types
from heapsnap.cli.group import HeapsnapGroup, tell
from heapsnap.cli.picture import check_picture, write_picture

EVERYTHING = 1_000_000_000

app = typer.Typer(
    name="heapsnap",
    cls=HeapsnapGroup,
    epilog="A snapshot: kill -USR1 PID, where the process did: import heapsnap; heapsnap.install()",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def tell_version(value: bool) -> None:
    """Print the version and end."""
    if value:
        from heapsnap import __version__

        typer.echo(f"heapsnap {__version__}")
        raise typer.Exit


class By(str, Enum):
    """What decides the order of ``top``."""

    BYTES = "bytes"
    COUNT = "count"


Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="The baseline.", show_default=False)]
After = Annotated[
    Path, typer.Argument(metavar="AFTER", help="The later snapshot.", show_default=False)
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
Picture = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Draw it as well: FILE.svg, .png or .dot.", show_default=False
    ),
]


@app.command()
def diff(
    before: Before,
    after: After,
    *,
    most: Most = 10,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """What grew from one snapshot to the next, where, and how it is held."""
    from heapsnap.analysis.diff import diff as find_growth
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.diff import render_diff
    from heapsnap.render.jsontext import diff_json

    with Waiting() as waiting:
        result = find_growth(
            before=waiting.load(before), after=waiting.load(after), progress=waiting.step
        )
    remember_diff(before, after)
    if as_json:
        write_json(diff_json(result))
    else:
        write_lines(render_diff(result, width=screen_width(), most=None if everything else most))


@app.command()
def why(
    type_name: TypeName,
    *,
    snapshot: Snapshot = None,
    since: Since = None,
    most: Groups = 5,
    everything: All = False,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Who holds the objects of a type: chains of references from the roots, grouped."""
    from heapsnap.analysis.why import why as find_holders
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.dot import draw_why
    from heapsnap.render.jsontext import why_json
    from heapsnap.render.why import render_why

    check_picture(picture)
    choice = told(choose_snapshots(snapshot, since))
    with Waiting() as waiting:
        result = find_holders(
            waiting.load(choice.snapshot),
            type_name,
            since=None if choice.since is None else waiting.load(choice.since),
            max_groups=EVERYTHING if everything else most,
            progress=waiting.step,
        )
    if as_json:
        write_json(why_json(result))
    else:
        write_lines(render_why(result, width=screen_width()))
    if picture is not None:
        write_picture(draw_why(result), picture)


@app.command()
def top(
    *,
    snapshot: Snapshot = None,
    by: Annotated[By, typer.Option(help="What decides the order.")] = By.BYTES,
    most: Most = 20,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """The types of one snapshot, largest first."""
    from heapsnap.analysis.top import top as find_largest
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.jsontext import top_json
    from heapsnap.render.top import render_top

    choice = told(choose_snapshot(snapshot))
    with Waiting() as waiting:
        result = find_largest(waiting.load(choice.snapshot), by=by.value)
    if as_json:
        write_json(top_json(result))
    else:
        write_lines(render_top(result, width=screen_width(), most=None if everything else most))


@app.command()
def refs(
    type_name: TypeName,
    *,
    snapshot: Snapshot = None,
    most: Most = 20,
    everything: All = False,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """What the objects of a type refer to; or one object, by its address or its own name."""
    from heapsnap.analysis.refs import refs as find_references
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.dot import draw_refs
    from heapsnap.render.jsontext import refs_json
    from heapsnap.render.refs import render_refs

    check_picture(picture)
    choice = told(choose_snapshot(snapshot))
    with Waiting() as waiting:
        result = find_references(waiting.load(choice.snapshot), type_name)
    if as_json:
        write_json(refs_json(result))
    else:
        write_lines(render_refs(result, width=screen_width(), most=None if everything else most))
    if picture is not None:
        write_picture(draw_refs(result), picture)


@app.command()
def info(*, snapshot: Snapshot = None, as_json: AsJson = False) -> None:
    """What a snapshot is: the process, its memory, its collector, what it could not see."""
    from heapsnap.analysis.facts import describe_snapshot
    from heapsnap.analysis.places import Places
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.info import render_info
    from heapsnap.render.jsontext import info_json

    choice = told(choose_snapshot(snapshot))
    with Waiting() as waiting:
        heap = Places(waiting.load(choice.snapshot))
        facts = describe_snapshot(heap.snapshot, heap.verdicts)
    if as_json:
        write_json(info_json(facts))
    else:
        write_lines(render_info(facts, width=screen_width()))


@app.command()
def demo(
    *,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the snapshots there.", show_default=False),
    ] = None,
) -> None:
    """The story of a leak, run for real in under a minute: a service, two signals, the answer."""
    from heapsnap.demo.story import run_demo

    is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    raise typer.Exit(run_demo(echo=typer.echo, color=is_colored, keep=keep))


@app.callback()
def heapsnap(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=tell_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """Post-mortem heap snapshots for Python: what grew between two, and who holds it."""


def told(choice: Choice) -> Choice:
    """The same; files that the user did not name are said on stderr."""
    tell("note", choice.note)
    return choice


def main() -> None:
    """The entry point of the command line."""
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, TextIOWrapper)
        # A terminal that knows only ASCII shows the rest as \u2026 instead of failing.
        stream.reconfigure(errors="backslashreplace")
    app(prog_name="heapsnap")
