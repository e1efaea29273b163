"""The types of one snapshot."""

from __future__ import annotations

from heapsnap.analysis.answers.top import top
from heapsnap.analysis.results import TypeSummary
from tests.heaps import load_heap

SNAPSHOT = load_heap(
    "root -> big:app.Blob",
    "root -> small*3:app.Row",
    "root -> twin:app.Row#2",
    "root -> lost:str",
    sizes={"big": 5_000, "small": 100, "twin": 150, "module root": 10, "lost": 40},
)
BLOB = TypeSummary("app.Blob", 1, 5_000, 5_000)
ROW = TypeSummary("app.Row", 4, 450, 150)
STR = TypeSummary("str", 1, 40, 40)
MODULE = TypeSummary("module", 1, 10, 10)


def test_classes_of_the_same_name_are_counted_together_by_bytes() -> None:
    assert top(SNAPSHOT).types == (BLOB, ROW, STR, MODULE)


def test_by_count_ties_go_to_the_larger() -> None:
    assert top(SNAPSHOT, by="count").types == (ROW, BLOB, STR, MODULE)


def test_every_object_is_counted_once() -> None:
    result = top(SNAPSHOT)
    assert sum(row.count for row in result.types) == SNAPSHOT.node_count
    assert sum(row.bytes for row in result.types) == result.snapshot.python_bytes
