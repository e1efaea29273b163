"""The commands: parse, load, analyse, render, write, one function a verb.

What an analysis needs is imported in its verb: ``heapsnap --help`` waits for no numpy.
"""

from __future__ import annotations

import os
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from heapsnap.cli.choose import Choice, choose_snapshots, remember_diff
from heapsnap.cli.complete import complete_types
from heapsnap.cli.group import HeapsnapGroup, tell
from heapsnap.cli.picture import check_picture, write_picture

EVERYTHING = 1_000_000_000

app = typer.Typer(
    name="heapsnap",
    cls=HeapsnapGroup,
    help="Post-mortem heap snapshots for Python: what grew between two, and who holds it.",
    epilog="A snapshot: kill -USR1 PID, where the process did: import heapsnap; heapsnap.install()",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class By(str, Enum):
    """What decides the order of ``top``."""

    bytes = "bytes"
    count = "count"


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
    before: Annotated[Path, typer.Argument(metavar="BEFORE", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", show_default=False)],
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
        from heapsnap.render.jsontext import diff_json

        _write_json(diff_json(result))
    else:
        from heapsnap.render.diff import render_diff

        _write_lines(render_diff, result, most=None if everything else most)


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
    from heapsnap.render.why import render_why
    from heapsnap.render.jsontext import why_json

    check_picture(picture)
    choice = choose(snapshot, since)
    with Waiting() as waiting:
        result = find_holders(
            waiting.load(choice.snapshot),
            type_name,
            since=None if choice.since is None else waiting.load(choice.since),
            max_groups=EVERYTHING if everything else most,
            progress=waiting.step,
        )
    if as_json:
        from heapsnap.render.jsontext import why_json

    check_picture(picture)
    choice = choose(snapshot, since)
        _write_json(why_json(result))
    else:
        from heapsnap.render.why import render_why

        _write_lines(render_why, result)
    if picture is not None:
        write_picture(draw_why(result), picture)


@app.command()
def top(
    *,
    snapshot: Snapshot = None,
    by: Annotated[By, typer.Option(help="What decides the order.")] = By.bytes,
    most: Most = 20,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """The types of one snapshot, largest first."""
    from heapsnap.analysis.top import top as find_largest
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.top import render_top
    from heapsnap.render.jsontext import top_json

    choice = choose(snapshot)
    with Waiting() as waiting:
        result = find_largest(waiting.load(choice.snapshot), by=by.value)
    if as_json:
        from heapsnap.render.jsontext import top_json

    choice = choose(snapshot)
        _write_json(top_json(result))
    else:
        from heapsnap.render.top import render_top

        _write_lines(render_top, result, most=None if everything else most)


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
    """What the objects of a type refer to; also one object: by its address, or a module's name."""
    from heapsnap.analysis.refs import refs as find_references
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.dot import draw_refs
    from heapsnap.render.refs import render_refs
    from heapsnap.render.jsontext import refs_json

    check_picture(picture)
    choice = choose(snapshot)
    with Waiting() as waiting:
        result = find_references(waiting.load(choice.snapshot), type_name)
    if as_json:
        from heapsnap.render.jsontext import refs_json

    check_picture(picture)
    choice = choose(snapshot)
        _write_json(refs_json(result))
    else:
        from heapsnap.render.refs import render_refs

        _write_lines(render_refs, result, most=None if everything else most)
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

    choice = choose(snapshot)
    with Waiting() as waiting:
        heap = Places(waiting.load(choice.snapshot))
        facts = describe_snapshot(heap.snapshot, heap.verdicts)
    if as_json:
        from heapsnap.render.jsontext import info_json

    choice = choose(snapshot)
        _write_json(info_json(facts))
    else:
        from heapsnap.render.info import render_info

        _write_lines(render_info, facts)


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


@app.command()
def version() -> None:
    """The version of heapsnap."""
    from heapsnap import __version__

    typer.echo(f"heapsnap {__version__}")


def choose(snapshot: Path | None, since: Path | None = None) -> Choice:
    """The files to read; those that the user did not name are said on stderr."""
    choice = choose_snapshots(snapshot, since)
    tell("note", choice.note)
    return choice


def main() -> None:
    """The entry point of the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows only ASCII shows the rest as \u2026 instead of failing.
        stream.reconfigure(errors="backslashreplace")
    app()
