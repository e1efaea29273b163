"""The offline side as functions, under the names that ``import heapsnap`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import heapsnap
from tests.heaps import heap

if TYPE_CHECKING:
    from pathlib import Path


def write_pair(folder: Path) -> tuple[Path, Path]:
    before, after = (
        heap(f"module app -.JOBS-> jobs:list -[#]-> job*{count}:Job", path=folder / name)
        for name, count in (("a.json", 10), ("b.json", 60))
    )
    return before, after


def test_paths_texts_and_snapshots_give_the_same_answer(tmp_path: Path) -> None:
    before, after = write_pair(tmp_path)
    of_paths = heapsnap.diff(before, after)
    of_snapshots = heapsnap.diff(before=heapsnap.load(before), after=heapsnap.load(str(after)))
    assert of_paths == of_snapshots
    (culprit,) = of_paths.culprits
    assert (culprit.type, culprit.growth, culprit.holder) == ("app.Job", 50, "app.JOBS[*]")


def test_why_with_and_without_a_baseline(tmp_path: Path) -> None:
    before, after = write_pair(tmp_path)
    alone = heapsnap.why(after, "Job")
    assert (alone.count, alone.count_before, alone.groups[0].growth) == (60, None, None)
    since = heapsnap.why(heapsnap.load(after), "Job", since=before)
    assert (since.count, since.count_before, since.groups[0].growth) == (60, 10, 50)
