"""The command that tells what would be freed if something were gone."""

from __future__ import annotations

from typing import Annotated

import typer

from heapsnap.cli.choose import choose_snapshot
from heapsnap.cli.complete import complete_types
from heapsnap.cli.options import All, AsJson, Most, OneFile, Snapshot, told

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="A type, a module, class or function by its name, or an address.",
        autocompletion=complete_types,
        show_default=False,
    ),
]


def retained(
    name: Name = None,
    files: OneFile = None,
    *,
    snapshot: Snapshot = None,
    most: Most = 20,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """What would be freed if objects were gone: of a type, of a module, or each by itself."""
    from heapsnap.analysis.answers.retained import retained as find_retained
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.jsontext import snapshot_json
    from heapsnap.render.retained import render_retained, retained_json

    choice = told(choose_snapshot(snapshot, files))
    with Waiting() as waiting:
        heap = waiting.load(choice.snapshot)
        waiting.step("what keeps what alive")
        result = find_retained(heap, name)
    if as_json:
        write_json(retained_json(result, snapshot_json(result.snapshot)))
    else:
        shown = None if everything else most
        write_lines(render_retained(result, width=screen_width(), most=shown))
