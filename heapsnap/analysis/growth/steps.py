"""How growth goes on from snapshot to snapshot: in every step, in some, or slower and slower.

Owns what that says of a leak. Garbage that a running collector will come for is none.
"""

from __future__ import annotations

from dataclasses import replace
from math import factorial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from heapsnap.analysis.growth.companions import fold
from heapsnap.analysis.growth.entries import entries_of
from heapsnap.analysis.growth.limits import is_below_its_limit
from heapsnap.analysis.growth.spread import rises_in_most
from heapsnap.analysis.growth.tree_growth import TreeGrowth
from heapsnap.analysis.growth.warming import (
    FEW,
    LEAK,
    WARMING,
    comes_and_goes,
    is_among_many,
    is_one_for_each,
    was_replaced,
)
from heapsnap.analysis.heap.collector import collects
from heapsnap.analysis.series.lay_over import are_of_one_process

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.growth.entry import Entry
    from heapsnap.analysis.series.series import Series

SLOWING = 0.1
"""What grows in its last step at less than a tenth of its fastest is filling up."""
GOING_ON = 0.5
"""What grows in its last step at least half as fast as ever is no program that warms up."""
TELLING_STEPS = 2
CHANCES = 100
"""Once in so many times, at most, may it be chance that there was more each time."""


class Growth(NamedTuple):
    """Entries that grew as leaks do in every step; in some steps; and as a warming program's."""

    steady: list[Entry]
    sporadic: list[Entry]
    warming: list[Entry]


def sort_entries(series: Series) -> Growth:
    """Find where growth enters the heap, and how it goes on."""
    tree_growth = TreeGrowth(series, series.tree)
    entries = entries_of(tree_growth)
    if collects(series.after.snapshot):
        # The table of garbage shows it.
        entries = [e for e in entries if series.verdict_of_place(e.place) != "garbage"]
    if len(series.heaps) > TELLING_STEPS:
        entries = [_seen_over_time(tree_growth, entry) for entry in entries]
        entries.sort(key=lambda entry: entry.tier)
    leaks = [entry for entry in entries if entry.tier == LEAK]
    steady = [entry for entry in leaks if _is_steady(series, entry)]
    # What came along does not grow on its own, whatever its rate.
    told = fold(tree_growth, [*steady, *(entry for entry in leaks if entry not in steady)])
    steady_places = {entry.place for entry in steady}
    steady = [entry for entry in told if entry.place in steady_places]
    sporadic = [entry for entry in told if entry.place not in steady_places]
    return Growth(steady, sporadic, [entry for entry in entries if entry.tier != LEAK])


def rank_of_leaks(series: Series) -> dict[int, int]:
    """Place where growth enters as it does in leaks → its rank, 0 for the worst."""
    growth = sort_entries(series)
    ranked = enumerate([*growth.steady, *growth.sporadic])
    return {place: rank for rank, entry in ranked for place in (entry.place, *entry.along)}


def _seen_over_time(tree_growth: TreeGrowth, entry: Entry) -> Entry:
    """The entry; a leak after all, where it grows on in every step and does not slow down."""
    rates = _rates(tree_growth.series, entry)
    is_going_on = (rates > 0).all() and rates[-1] >= GOING_ON * rates.max()
    is_leak = (
        entry.tier == WARMING
        and entry.growth >= FEW
        and is_going_on
        and not was_replaced(tree_growth, entry.place)
        and not is_one_for_each(tree_growth, entry.place)
        and not is_below_its_limit(tree_growth, entry.place)
        and not _may_be_chance(tree_growth, entry)
    )
    return replace(entry, tier=LEAK) if is_leak else entry


def _may_be_chance(tree_growth: TreeGrowth, entry: Entry) -> bool:
    """Whether what comes and goes was more by chance each time.

    Three numbers rise once in six times.
    """
    series = tree_growth.series
    if comes_and_goes(series, entry.place, entry.blamed):
        return factorial(len(series.heaps)) < CHANCES
    return (
        tree_growth.rank_of(entry.blamed) > 0
        and is_among_many(tree_growth, entry.place)
        and are_of_one_process(series.heaps)
        and not rises_in_most(series, entry.place)
    )


def _is_steady(series: Series, entry: Entry) -> bool:
    """Whether each heap has more of it than the one before, the last one too."""
    rates = _rates(series, entry)
    return bool((rates > 0).all() and rates[-1] >= SLOWING * rates.max())


def _rates(series: Series, entry: Entry) -> NDArray[np.float64]:
    """``(h - 1,) float64``: objects a second more in each step, or else bytes.

    A step as such counts as a second where the clocks say nothing: of different processes, say.
    """
    tree = series.tree
    amounts = tree.counts if entry.growth > 0 else tree.sizes
    times = np.array([float(heap.snapshot.header["time"]) for heap in series.heaps])
    seconds = np.diff(times)
    if not (seconds > 0).all():
        seconds = np.ones_like(seconds)
    rates: NDArray[np.float64] = np.diff(amounts[:, entry.blamed]) / seconds
    return rates
