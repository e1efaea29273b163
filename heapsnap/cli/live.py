"""The commands about running processes: which there are, and a snapshot from one of them."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from heapsnap.cli.group import tell
from heapsnap.cli.options import AsJson  # noqa: TC001 - typer evaluates it

if TYPE_CHECKING:
    from heapsnap.live.asking import Answer
    from heapsnap.live.tree import TreeAnswer

PATIENCE_SECONDS = 30.0
WIDE = 10_000
"""Columns where nobody's screen ends: a pipe gets whole command lines."""


def ps(*, as_json: AsJson = False) -> None:
    """The Python processes that can be seen, with and without the agent."""
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.live.listing import list_python_processes
    from heapsnap.render.jsontext import ps_json
    from heapsnap.render.live import render_processes

    found = list_python_processes()
    if as_json:
        write_json(ps_json(found))
    else:
        width = screen_width() if sys.stdout.isatty() else WIDE
        write_lines(render_processes(found, width=width))


def dump(
    pid: Annotated[int, typer.Argument(metavar="PID", min=1, help="The process.")],
    *,
    children: Annotated[
        bool, typer.Option("--children", help="Its whole tree of processes as well.")
    ] = False,
    attach: Annotated[
        bool,
        typer.Option("--attach", help="Enter it where no agent is: sys.remote_exec, else gdb."),
    ] = False,
    directory: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Where it goes, as the process names it; else where its agent says, or here.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, help="Wait so long without a sign of life."),
    ] = PATIENCE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Make a process write a snapshot now: says where it lies and how long it stood still."""
    from heapsnap.cli.output import write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.live.asking import Question
    from heapsnap.live.attaching import Entry
    from heapsnap.live.tree import TreeAnswer, ask_one, ask_tree
    from heapsnap.render.jsontext import dump_json
    from heapsnap.render.live import render_answer

    with Waiting() as waiting:

        def show(answer: Answer) -> None:
            if not as_json:
                with waiting.aside():
                    write_lines(render_answer(answer))

        ask = partial(Entry if attach else Question, directory=directory)
        if children:
            result = ask_tree(pid, ask=ask, timeout_seconds=timeout, tell=waiting.tell, show=show)
        else:
            answer = ask_one(ask(pid), timeout_seconds=timeout, tell=waiting.tell)
            show(answer)
            result = TreeAnswer((answer,))
    if as_json:
        write_json(dump_json(result))
    _tell_what_is_missing(result)


def _tell_what_is_missing(result: TreeAnswer) -> None:
    if result.left_out:
        plural = "" if result.left_out == 1 else "s"
        tell("note", f"left out: {result.left_out} resource tracker{plural} of multiprocessing")
    for _, error in result.refused:
        tell("note", error.message)
    for _, error in result.failed:
        tell("error", error.message)
        tell("hint", error.hint)
    if result.failed:
        raise typer.Exit(1)
