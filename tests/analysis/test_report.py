"""What a report gathers: the diff, and its culprits explained in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.report import report
from heapsnap.analysis.answers.why import why
from tests.heaps import load_heap

if TYPE_CHECKING:
    from heapsnap.snapshot.model import Snapshot


def service(count: int, number: int) -> Snapshot:
    return load_heap(
        f"module app -.SESSIONS-> sessions:dict -[*]-> s*{count}:app.Session -.data-> d*{count}:list",
        f"module app -.JOBS-> jobs:list -[#]-> job*{2 * count}:app.Job -.name-> n*{2 * count}:str",
        f"c*{3 * count}:app.Cursor -.fetch-> m*{3 * count}:method -.__self__-> c*{3 * count}",
        header={
            "sequence": number,
            "time": 1_700_000_000.0 + number,
            "gc": {"enabled": False, "threshold": [700, 10, 10], "freeze_count": 0, "garbage": 0},
        },
    )


HEAPS = [service(count, number) for number, count in enumerate((40, 80, 160), 1)]


def test_the_diff_is_that_of_the_command() -> None:
    before, between, after = HEAPS
    assert report(HEAPS).diff == diff(before=before, between=[between], after=after)


def test_every_culprit_is_explained_by_those_who_hold_it() -> None:
    result = report(HEAPS)
    assert [finding.culprit for finding in result.findings] == list(result.diff.culprits)
    assert {finding.culprit.type for finding in result.findings} == {
        "app.Session",
        "app.Job",
        "app.Cursor",
    }
    for finding in result.findings:
        culprit, group = finding.culprit, finding.group
        assert (group.count, group.growth) == (culprit.count_after, culprit.growth)
        assert group.verdict == culprit.verdict
        assert group.path == culprit.holder
        (same,) = why(HEAPS[-1], culprit.type, since=HEAPS[0]).groups
        assert same == group
        asked = [n for n in finding.picture.graph.nodes.values() if n["role"] == "asked"]
        assert [node["growth"] for node in asked] == [culprit.growth]


def test_only_the_first_are_explained() -> None:
    result = report(HEAPS, explained=1)
    assert len(result.diff.culprits) == 3
    assert len(result.findings) == 1
