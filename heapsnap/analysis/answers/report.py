"""All that a report says of two or more snapshots: the diff, and its first culprits explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.analysis.answers.diff import diff_of, lay_out
from heapsnap.analysis.answers.why import explain_place
from heapsnap.analysis.growth.steps import sort_entries
from heapsnap.analysis.pictures.chain_pictures import picture_group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heapsnap.analysis.pictures.picture import Picture
    from heapsnap.analysis.results import Culprit, Diff, HoldingGroup
    from heapsnap.snapshot.model import Snapshot

EXPLAINED = 5
"""Culprits that are explained and drawn; a walk over the heap and a picture each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A culprit with who holds it: ``group`` are the objects at its place, ``picture`` draws it."""

    culprit: Culprit
    group: HoldingGroup
    picture: Picture


@dataclass(frozen=True, slots=True)
class Report:
    """The diff, and its first culprits with their explanations, in the same order."""

    diff: Diff
    findings: tuple[Finding, ...]


def report(
    snapshots: Sequence[Snapshot],
    *,
    explained: int = EXPLAINED,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Compare snapshots and explain what grew.

    Args:
        snapshots: Two or more, in the order of time.
        explained: How many culprits to explain.
        progress: Called with the name of each step before it is done.
    """
    tell = progress or (lambda step: None)
    series = lay_out(snapshots, tell)
    tell("growth")
    growth = sort_entries(series)
    result = diff_of(series, growth)
    findings = []
    file = series.after.snapshot.path.name
    for culprit, entry in zip(result.culprits[:explained], growth.steady, strict=False):
        tell(f"who holds {culprit.type}")
        group = explain_place(series, entry.blamed)
        findings.append(Finding(culprit, group, picture_group(culprit.type, group, file)))
    return Report(result, tuple(findings))
