"""The command that shows what is kept of snapshots, and clears it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heapsnap.cli.options import AsJson  # noqa: TC001 - typer evaluates it

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="Only of these snapshots.", show_default=False),
]
Clear = Annotated[bool, typer.Option("--clear", help="Remove it; it is made again when needed.")]


def cache(files: Files = None, *, clear: Clear = False, as_json: AsJson = False) -> None:
    """What is kept of snapshots so that the second command answers at once; --clear removes it."""
    from heapsnap.cli.output import write_json, write_lines
    from heapsnap.index.folder import forget, kept_indexes
    from heapsnap.render.cache import cache_json, render_cache

    wanted = {file.absolute() for file in files or ()}
    indexes = [index for index in kept_indexes() if not wanted or index.snapshot in wanted]
    if clear:
        for index in indexes:
            forget(index)
    if as_json:
        write_json(cache_json(indexes, is_cleared=clear))
    else:
        write_lines(render_cache(indexes, is_cleared=clear))
