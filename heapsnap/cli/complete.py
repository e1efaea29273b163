"""Completion of type names in the shell, from the snapshot that the command would read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heapsnap.cli.choose import choose_snapshot
from heapsnap.errors import HeapsnapError

MOST_BYTES = 40_000_000
"""A larger file takes so long to read that the shell would seem to hang."""


def complete_types(ctx: Any, incomplete: str) -> list[str]:
    """The type names that begin like this: full ones, and last components.

    Args:
        ctx: The context of the command so far.
        incomplete: What is typed already.
    """
    named = ctx.params.get("snapshot")
    try:
        path = choose_snapshot(Path(named) if named else None).snapshot
        if path.stat().st_size > MOST_BYTES:
            return []
        from heapsnap.analysis.heap.find import types_in_use
        from heapsnap.snapshot.reader import load

        full_names = types_in_use(load(path))
    except (HeapsnapError, OSError):
        return []
    names = {*full_names, *(name.rpartition(".")[2] for name in full_names)}
    # A shell would act on what does not print.
    return sorted(name for name in names if name.startswith(incomplete) and name.isprintable())
