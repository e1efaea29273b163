"""The story's heaps as files: cursors in cycles that nothing else holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.documents import HEADER
from tests.heaps import heap

if TYPE_CHECKING:
    from pathlib import Path


def write_story(folder: Path) -> tuple[Path, Path]:
    """``a.json`` with 12 lost cursors, and ``b.json`` half an hour later with 746."""
    return (
        write_cursors(folder / "a.json", 12, time=1_700_000_000.5, sequence=1),
        write_cursors(folder / "b.json", 746, time=1_700_001_800.5, sequence=2),
    )


def write_cursors(path: Path, count: int, **header: Any) -> Path:
    """A heap with so many cursors, each kept by the bound method that is stored on it."""
    state = {**HEADER["gc"], "enabled": False}
    return heap(
        "module app -.fetchall_items-> fetch:function",
        "module app -.POOL-> pool:app.Pool -.idle-> idle:list",
        f"c*{count}:pymysql.cursors.DictCursor -.fetchall_items-> m*{count}:method",
        f"m*{count} -.__self__-> c*{count}",
        f"m*{count} -.__func__-> fetch",
        f"c*{count} -._rows-> rows*{count}:list",
        path=path,
        names={"fetch": "app.fetchall_items"},
        header={"gc": state, **header},
    )
