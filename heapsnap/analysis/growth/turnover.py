"""How much of what stood at a place stands there still: a leak keeps, a queue lets go.

Counts do not tell a leak from sessions, batches and windows that happen to be fuller than they
were. Owns the comparison object by object, which needs both snapshots to be of one process.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from heapsnap.analysis.growth.kept_items import Collections
from heapsnap.analysis.heap.labels import ITEMS
from heapsnap.analysis.series.lay_over import are_of_one_process
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.growth.kept_items import Holding
    from heapsnap.analysis.series.series import Series

MANY_GO = 0.2
"""For each object that came, those that went, from which on a place is one where things come and
go: a pool, sessions, a window. Nothing leaves a leak."""
FEW_GO = 0.05
"""The same, up to which a collection is one that only gathers."""
MOST = 0.9
"""Of what stood there: if as much goes, it does not matter how many came; if as much stays, that
is what was gathered."""
EMPTIED = 0.5
"""A holder that lost more than that of what it held was emptied, and filled again."""
FEW_EMPTIED = 0.1
"""Of all holders, those that may have been emptied where the others gather."""
BACKLOG = 1000
"""Growth of what is more than twice as much as before: so long does no queue get by chance."""


class Turnover(NamedTuple):
    """Of the objects at a place, over all steps: how many went, and how many came.

    Attributes:
        before: In the first heap.
        gone: In all steps.
        new: In all steps.
        emptied: The share of holders that had lost most of theirs.
        known: In all heaps but the last: those that could go.
        settles: Three heaps or more: what stays for a step stays for good, and becomes more.
    """

    before: int
    gone: int
    new: int
    emptied: float
    known: int
    settles: bool

    @property
    def comes_and_goes(self) -> bool:
        """Whether so much went that the growth is no leak, as far as the snapshots tell."""
        growth = self.new - self.gone
        if not self.gone or (growth >= BACKLOG and growth >= self.before):
            return False
        return not self.settles and (
            self.gone >= MANY_GO * self.new
            or self.gone >= MOST * self.known
            or self.emptied > FEW_EMPTIED
        )


def find_turnover(series: Series, place: int, by: Holding | None = None) -> Turnover | None:
    """Compare each heap with the next; None where the snapshots cannot tell.

    So it is with attributes, of which an object has one each, and with the nodes of a linked list.

    Args:
        series: The heaps.
        place: Where the objects stand.
        by: Another collection in which they are looked for; None: that of their chosen path.
    """
    tree = series.tree
    above = tree.parent[place]
    can_tell = (
        above != NO_PLACE
        and tree.reference[place] in ITEMS
        and tree.entering[-1][place] == tree.counts[-1][place]
        and are_of_one_process(series.heaps)
    )
    if not can_tell:
        return None
    collections = Collections(series, place, by)
    counts = tree.counts[:, place].tolist()
    gone, new, emptied, stayed = 0, 0, 0.0, []
    for number, (before, after) in enumerate(pairwise(counts)):
        items = collections.sample(number)
        is_kept = collections.keep_their_order(items, number + 1)
        kept = round(before * int(is_kept.sum()) / collections.sample_size(number)) if before else 0
        gone += before - kept
        new += after - kept
        stayed.append(kept)
        emptied = max(emptied, _share_emptied(items["holder"], is_kept))
    settles = len(stayed) > 1 and collections.settle(stayed[-1] - stayed[0])
    return Turnover(counts[0], gone, new, emptied, sum(counts[:-1]), settles)


def gathers(series: Series, place: int) -> bool:
    """Whether what stands at a place is kept from heap to heap, and more is put beside it."""
    turnover = find_turnover(series, place)
    return turnover is not None and turnover.gone <= FEW_GO * turnover.new


def stay(series: Series, place: int) -> bool:
    """Whether nearly all objects of a place are there in the next heap too, however they are held.

    A timer that is set again and again has a new handle each time.
    """
    if not are_of_one_process(series.heaps):
        return False
    addresses = [
        heap.snapshot.address_by_node[series.nodes_at(number, place)]
        for number, heap in enumerate(series.heaps)
    ]
    return all(
        np.isin(before, after).sum() >= MOST * len(before) for before, after in pairwise(addresses)
    )


def _share_emptied(holders: NDArray[np.uint64], is_kept: NDArray[np.bool_]) -> float:
    if len(holders) == 0 or holders[-1] == 0:
        return 0.0
    _, holder_by_item = np.unique(holders, return_inverse=True)
    held = np.bincount(holder_by_item)
    kept = np.bincount(holder_by_item, weights=is_kept)
    return float(((held - kept) > EMPTIED * held).mean())
