"""A leak that every export has to show: a registry whose cursors grow, and what else there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.heaps import heap

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "evil\x1b[2J;=cmd|'/c calc'!A0"


def write_registry(path: Path, count: int, **keywords) -> Path:
    """A heap in which a registry holds so many cursors."""
    return heap(
        "module app -.__dict__-> space:dict -['REGISTRY']-> registry:Registry -.cache-> cache:dict",
        f"cache -[*]-> cursor*{count}:DictCursor -.fetch-> m*{count}:method -.__self__-> cursor*{count}",
        "module app -.odd-> odd:list -[#]-> text*3:str",
        f"module evil -.{HOSTILE}-> name:Evil",
        "knot:Node -.other-> tied:Node -.other-> knot",
        "job:Job -.rows-> rows:list",
        "trash:list -[#]-> rubbish*2:Rubbish",
        "held:Image -.pixels-> pixels:bytes",
        path=path,
        extra={"held": 1},
        sizes={"pixels": 5_000_000_000, "cursor": 200},
        threads={"MainThread": ["main (app.py:3) job=job"]},
        interpreter={"gc.garbage": "trash"},
        **keywords,
    )


def write_series(folder: Path, *counts: int) -> list[Path]:
    """Heaps of one process, one for each count: ``a.json``, ``b.json``, ..."""
    return [
        write_registry(folder / f"{letter}.json", count, header={"sequence": number})
        for number, (letter, count) in enumerate(zip("abcdef", counts), 1)
    ]
