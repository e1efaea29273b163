"""How growth is spread over the holders of one kind: a little in each is a leak at a small load.

What comes and goes, as the rows of each connection's last result do, rises here and falls there.
Owns the comparison holder by holder, which needs both snapshots to be of one process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.series.place_tree import NO_PLACE
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from heapsnap.analysis.series.series import Series

FEWEST_HOLDERS = 10
MOST_RISE = 0.9
"""Of the holders that changed, the part that must have risen."""
MANY_RISE = 0.5
"""Of all holders, likewise."""


def rises_in_most(series: Series, place: int) -> bool:
    """Whether nearly every holder has more objects at a place than it had before.

    Holders are told by their addresses, so only those count that are at the same place in both
    heaps; where an address was used again, its new owner starts from nothing, as any other.
    """
    above = series.tree.parent[place]
    if above == NO_PLACE or not _is_one_process(series):
        return False
    last = len(series.heaps) - 1
    before, after = (_objects_by_holder(series, number, place, above) for number in (0, last))
    shared = before.keys() & after.keys()
    rises = sum(after[holder] > before[holder] for holder in shared)
    falls = sum(after[holder] < before[holder] for holder in shared)
    return (
        len(shared) >= FEWEST_HOLDERS
        and rises >= MOST_RISE * (rises + falls)
        and rises >= MANY_RISE * len(shared)
    )


def _is_one_process(series: Series) -> bool:
    keys = ("host", "pid", "executable")
    headers = (series.before.snapshot.header, series.after.snapshot.header)
    return all(headers[0].get(key) == headers[1].get(key) for key in keys)


def _objects_by_holder(series: Series, number: int, place: int, above: int) -> dict[int, int]:
    """Address of each holder → objects that it holds at the place."""
    heap = series.heaps[number]
    holders = series.nodes_at(number, above)
    edges = heap.paths.parent_edge_by_node[series.nodes_at(number, place)]
    referrers = heap.graph.referrer_by_edge[edges[edges != NO_EDGE]]
    counts = np.bincount(referrers, minlength=heap.snapshot.node_count)[holders]
    addresses = heap.snapshot.address_by_node[holders]
    return dict(zip(addresses.tolist(), counts.tolist(), strict=True))
