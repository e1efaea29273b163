"""The command line's door: which commands there are, and in which order ``--help`` lists them."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from heapsnap.cli import answers, cache, export, graph, live, play, report, retained, run
from heapsnap.cli.gate import GatedCommand
from heapsnap.cli.group import HeapsnapGroup

app = typer.Typer(
    name="heapsnap",
    cls=HeapsnapGroup,
    epilog="A snapshot: kill -USR1 PID, where the process did: import heapsnap; heapsnap.install()",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = (
    answers.diff,
    answers.why,
    answers.top,
    answers.refs,
    retained.retained,
    graph.graph,
    report.report,
    answers.info,
    export.export,
    export.sql,
    run.run,
    live.dump,
    live.ps,
    cache.cache,
    play.demo,
)
# The commands that read their line in a way of their own.
CLASSES = {answers.diff: GatedCommand, run.run: run.ProgramCommand}
for command in COMMANDS:
    app.command(cls=CLASSES.get(command))(command)


def tell_version(value: bool) -> None:
    """Print the version and end."""
    if value:
        from heapsnap import __version__

        typer.echo(f"heapsnap {__version__}")
        raise typer.Exit


@app.callback()
def heapsnap(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=tell_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """Post-mortem heap snapshots for Python: what grew between two, and who holds it."""


def main() -> None:
    """The entry point of the command line."""
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, TextIOWrapper)
        # A terminal that knows only ASCII shows the rest as \u2026 instead of failing.
        stream.reconfigure(errors="backslashreplace")
    app(prog_name="heapsnap")
