"""What is kept of snapshots, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.render.lines import QUIET, TITLE, line, table
from heapsnap.render.words import bytes_text, plural, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from heapsnap.index.folder import KeptIndex
    from heapsnap.render.lines import Part


def render_cache(indexes: Sequence[KeptIndex], *, is_cleared: bool) -> list[Text]:
    """Put the list into lines.

    Args:
        indexes: What is kept, or what was.
        is_cleared: It was removed just now.
    """
    size = bytes_text(sum(index.size_bytes for index in indexes))
    if is_cleared:
        return [line(f"removed the indexes of {plural(len(indexes), 'snapshot')}, {size}")]
    if not indexes:
        return [line("nothing is kept")]
    rows: list[list[Part]] = [[(title, TITLE) for title in ("bytes", "last used", "snapshot")]]
    rows += [
        [bytes_text(index.size_bytes), time_text(index.used), _snapshot_text(index)]
        for index in indexes
    ]
    return [
        *table(rows, right="rll", indent=0),
        line((f"{size} in all; heapsnap cache --clear removes it", QUIET)),
    ]


def _snapshot_text(index: KeptIndex) -> str:
    return f"{index.snapshot}{'' if index.snapshot.exists() else ' (gone)'}"


def cache_json(indexes: Sequence[KeptIndex], *, is_cleared: bool) -> dict[str, Any]:
    """``heapsnap cache --json``."""
    return {
        "schema": "heapsnap.cache/1",
        "cleared": is_cleared,
        "indexes": [
            {
                "snapshot": str(index.snapshot),
                "folder": str(index.folder),
                "bytes": index.size_bytes,
                "used": index.used,
            }
            for index in indexes
        ],
    }
