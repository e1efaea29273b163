"""What grew from one snapshot to the next, or over many: the answer, put together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from heapsnap.analysis.culprits import describe_culprit
from heapsnap.analysis.entries import Entry, find_entries
from heapsnap.analysis.facts import describe_snapshot
from heapsnap.analysis.places import Places
from heapsnap.analysis.results import Diff
from heapsnap.analysis.series import Series
from heapsnap.analysis.tables import container_growth, garbage_growth, type_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heapsnap.analysis.results import Culprit
    from heapsnap.snapshot.model import Snapshot

EXACT_RETAINED = 5
"""Culprits whose retained bytes are computed exactly; each costs a walk over both heaps."""
MOST_CULPRITS = 50
MOST_OTHERS = 10


def diff(
    *,
    before: Snapshot,
    after: Snapshot,
    between: Sequence[Snapshot] = (),
    progress: Callable[[str], None] | None = None,
) -> Diff:
    """Compare heaps by place, never by address.

    Args:
        before: The baseline.
        after: The heap that may have grown; of the same process or of another one.
        between: What was taken between the two, in the order of time. With it only what grew
            in every step is a culprit; what grew in some of them is shown apart.
        progress: Called with the name of each step before it is done.
    """
    tell = progress or (lambda step: None)
    series = lay_out((before, *between, after), tell)
    tell("growth")
    return diff_of(series, sort_entries(series))


def lay_out(snapshots: Sequence[Snapshot], tell: Callable[[str], None]) -> Series:
    """Find the paths of all heaps, side by side.

    Args:
        snapshots: In the order of time.
        tell: Called with the name of the step before it is done.
    """
    series = Series(tuple(Places(snapshot) for snapshot in snapshots))
    tell("verdicts and paths")
    # numpy lets go of the interpreter for most of this: two heaps of two million objects took
    # 1.9 s side by side, 3.2 s one after the other.
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda heap: heap.paths, series.heaps))
    return series


def diff_of(series: Series, growth: Growth) -> Diff:
    """Put what grew into words.

    Args:
        series: The heaps.
        growth: Where growth enters their tree; ``culprits`` has the order of ``steady``.
    """
    others = frozenset(entry.place for entries in growth for entry in entries)

    def describe(entries: Sequence[Entry], *, exact: int = 0) -> tuple[Culprit, ...]:
        return tuple(
            describe_culprit(series, entry, others=others, is_exact=number < exact)
            for number, entry in enumerate(entries)
        )

    before, *later = (heap.snapshot for heap in series.heaps)
    return Diff(
        snapshots=tuple(describe_snapshot(heap.snapshot, heap.verdicts) for heap in series.heaps),
        same_process=all(is_same_process(before, snapshot) for snapshot in later),
        culprits=describe(growth.steady[:MOST_CULPRITS], exact=EXACT_RETAINED),
        sporadic=describe(growth.sporadic[:MOST_OTHERS]),
        warming=describe(growth.warming[:MOST_OTHERS]),
        types=tuple(type_growth(series.before, series.after)),
        containers=tuple(container_growth(series)),
        garbage=tuple(garbage_growth(series)),
    )


def is_same_process(before: Snapshot, after: Snapshot) -> bool:
    """Whether both were taken of one process: same host and pid, and the pid was not reused."""
    keys = ("host", "pid", "argv", "executable")
    same = all(before.header.get(key) == after.header.get(key) for key in keys)
    order = (before.header.get("sequence", 0), after.header.get("sequence", 0))
    return same and order[0] != order[1]


def collects(snapshot: Snapshot) -> bool:
    """Whether the collector of that process would free its garbage by itself sooner or later."""
    state = snapshot.header["gc"]
    return bool(state["enabled"] and state["threshold"][0] > 0 and not state["freeze_count"])


class Growth(NamedTuple):
    """Entries that grew as leaks do in every step; in some steps; and as a warming program's."""

    steady: list[Entry]
    sporadic: list[Entry]
    warming: list[Entry]


def sort_entries(series: Series) -> Growth:
    """Find where growth enters the heap, and how it goes on."""
    entries = find_entries(series)
    if collects(series.after.snapshot):
        # Garbage that waits for its collection is no leak; the table of garbage shows it.
        entries = [e for e in entries if series.verdict_of_place(e.place) != "garbage"]
    leaks = [entry for entry in entries if entry.tier == 0]
    steady = [entry for entry in leaks if _grew_in_every_step(series, entry)]
    sporadic = [entry for entry in leaks if entry not in steady]
    return Growth(steady, sporadic, [entry for entry in entries if entry.tier > 0])


def _grew_in_every_step(series: Series, entry: Entry) -> bool:
    """Whether each heap has more of it than the one before: more objects, or else more bytes."""
    tree = series.tree
    amounts = tree.counts if entry.growth > 0 else tree.sizes
    return bool((np.diff(amounts[:, entry.blamed]) > 0).all())
