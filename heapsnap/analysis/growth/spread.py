"""How growth is spread over the holders of one kind: a little in each is a leak at a small load.

What comes and goes, as the rows of each connection's last result do, rises here and falls there.
Owns the comparison holder by holder, which needs all snapshots to be of one process.
"""

from __future__ import annotations

from itertools import pairwise
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.series.lay_over import are_of_one_process
from heapsnap.analysis.series.place_tree import NO_PLACE
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from heapsnap.analysis.series.series import Series

CHANCES = 1000
"""Once in so many times, at most, may it be chance that as many holders rose."""
MOST_RISE = 0.9
"""Of the holders that changed, the part that must have risen."""
MANY_RISE = 0.5
"""Of all holders, likewise."""


def rises_in_most(series: Series, place: int) -> bool:
    """Whether nearly every holder has more objects at a place than before, without a fall between.

    Holders are told by their addresses, so only those count that are at the same place in all
    heaps; where an address was used again, its new owner starts from nothing, as any other.
    Of ``h`` numbers drawn by chance, each is larger than the one before once in ``h!`` times, and
    the last larger than the first in half of them.
    """
    above = series.tree.parent[place]
    if above == NO_PLACE or not are_of_one_process(series.heaps):
        return False
    steps = [_objects_by_holder(series, n, place, above) for n in range(len(series.heaps))]
    shared = set(steps[0]).intersection(*steps[1:])
    changes = [[after[h] - before[h] for before, after in pairwise(steps)] for h in shared]
    falls = sum(min(change) < 0 for change in changes)
    rises = sum(min(change) >= 0 < max(change) for change in changes)
    in_every_step = sum(min(change) > 0 for change in changes)
    return (
        factorial(len(steps)) ** in_every_step * 2 ** (rises - in_every_step) >= CHANCES
        and rises >= MOST_RISE * (rises + falls)
        and rises >= MANY_RISE * len(shared)
    )


def _objects_by_holder(series: Series, number: int, place: int, above: int) -> dict[int, int]:
    """Address of each holder → objects that it holds at the place."""
    heap = series.heaps[number]
    holders = series.nodes_at(number, above)
    edges = heap.paths.parent_edge_by_node[series.nodes_at(number, place)]
    referrers = heap.graph.referrer_by_edge[edges[edges != NO_EDGE]]
    counts = np.bincount(referrers, minlength=heap.snapshot.node_count)[holders]
    addresses = heap.snapshot.address_by_node[holders]
    return dict(zip(addresses.tolist(), counts.tolist(), strict=True))
