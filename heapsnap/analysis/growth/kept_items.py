"""Which objects of a collection are in it in the next snapshot too, and in the same order.

Objects are told by their addresses. What goes leaves its address to what comes, so that a queue
may hold the same addresses all the time; but it holds them in another order, and whatever gathers
things keeps theirs. So those count as kept that stand in the old order: the longest increasing
subsequence of their new positions (Fredman, On computing the length of longest increasing
subsequences, Discrete Mathematics 11, 1975).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from heapsnap.analysis.heap.labels import ITEMS
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.series.series import Series
    from heapsnap.snapshot.model import NodeArray

    Items: TypeAlias = NDArray[np.void]

ITEM_ROW = np.dtype([("holder", np.uint64), ("object", np.uint64), ("position", np.int64)])
LOOKED_AT = 20_000
"""Objects whose order is compared, evenly spaced; all, where there are no more."""
NEARLY_ALL = 0.9
"""Of the objects at a place, those that must stand in another collection too."""
SETTLED = 0.95
"""Of what has stayed for a step, the part that stays in the next one too where a leak is mixed with
what comes and goes."""
MOST_SETTLE = 0.5
"""Of the growth, the part that must have settled."""


class Holding(NamedTuple):
    """One of the ways in which the objects at a place are held: from where, by which reference."""

    holders: int
    reference: str


class Collections:
    """What the containers at one place hold, in each heap.

    An item is the address of its container, 0 where that stands alone and may be replaced by a
    larger copy of itself; its own address; and where it stands, but in a set, which has no order.
    """

    def __init__(self, series: Series, place: int, by: Holding | None) -> None:
        self.series = series
        self.place = place
        self.by = by
        above = series.tree.parent[place] if by is None else by.holders
        self.is_alone = bool((series.tree.counts[:, above] <= 1).all())
        self.is_ordered = series.tree.type[above] not in series.unordered_types

    def sample(self, number: int) -> Items:
        """Some items of a heap, container after container; all, where there are not too many."""
        return self._items(number, self._sampled(number))

    def sample_size(self, number: int) -> int:
        """How many objects a sample is of; of another collection not all need to be in it."""
        return len(self._sampled(number))

    def _sampled(self, number: int) -> NodeArray:
        nodes = self.series.nodes_at(number, self.place)
        return nodes[:: max(1, -(-len(nodes) // LOOKED_AT))]

    def keep_their_order(self, items: Items, number: int) -> NDArray[np.bool_]:
        """``(k,) bool``: which of ``k`` items are in that heap too, and in the same order."""
        is_kept = np.zeros(len(items), dtype=np.bool_)
        wanted = np.sort(items["object"])
        nodes = self.series.nodes_at(number, self.place)
        addresses = self.series.heaps[number].snapshot.address_by_node[nodes]
        if not len(wanted) or not len(nodes):
            return is_kept
        nearest = np.minimum(np.searchsorted(wanted, addresses), len(wanted) - 1)
        found = self._items(number, nodes[wanted[nearest] == addresses])
        by_object = np.argsort(found["object"])
        where = np.searchsorted(found["object"], items["object"], sorter=by_object)
        positions = np.append(by_object, -1)[where]
        there = np.flatnonzero(positions >= 0)
        same = found[positions[there]][["holder", "object"]] == items[there][["holder", "object"]]
        there = there[same]
        is_kept[there[longest_increasing(positions[there].tolist())]] = True
        return is_kept

    def settle(self, growth: int) -> bool:
        """Whether what stayed in the last step but one stays in the last one, and became more.

        Args:
            growth: How much more has stayed in the last step than in the first one.
        """
        last = len(self.series.heaps) - 1
        items = self.sample(last - 2)
        stayed = items[self.keep_their_order(items, last - 1)]
        is_kept = self.keep_their_order(stayed, last)
        counts = self.series.tree.counts[:, self.place]
        is_settled = len(is_kept) > 0 and is_kept.mean() >= SETTLED
        return bool(is_settled and growth >= MOST_SETTLE * (counts[-1] - counts[0]))

    def _items(self, number: int, nodes: NodeArray) -> Items:
        heap = self.series.heaps[number]
        addresses = heap.snapshot.address_by_node
        if self.by is None:
            edges = heap.paths.parent_edge_by_node[nodes]
        else:
            nodes, edges = _edges_from(self.series, number, nodes, self.by)
        items = np.zeros(len(nodes), dtype=ITEM_ROW)
        items["object"] = addresses[nodes]
        if not self.is_alone:
            items["holder"] = addresses[heap.graph.referrer_by_edge[edges]]
        items["position"] = edges if self.is_ordered else np.argsort(np.argsort(addresses[nodes]))
        return np.sort(items, order=("holder", "position"))


def find_other_holding(series: Series, place: int) -> Holding | None:
    """Another collection that nearly all objects at a place stand in too.

    What is looked up by a name is gathered from where it was registered, and thrown away whenever
    more is: the collection on the chosen path is new, and the objects are not.
    """
    last = len(series.heaps) - 1
    heap = series.heaps[last]
    nodes = series.nodes_at(last, place)[-LOOKED_AT:]
    number_of, edges = _edges_into(heap, nodes)
    is_other = edges != heap.paths.parent_edge_by_node[nodes][number_of]
    is_other &= ~heap.edge_labels.is_late_by_edge[edges]
    number_of, edges = number_of[is_other], edges[is_other]
    holders = series.places_of_nodes(last)[heap.graph.referrer_by_edge[edges]]
    labels = heap.edge_labels.label_by_edge[edges]
    ways = np.unique(np.stack([holders, labels, number_of]), axis=1)
    kinds, counts = np.unique(ways[:2], axis=1, return_counts=True)
    for kind in np.argsort(-counts, kind="stable").tolist():
        holding = Holding(int(kinds[0, kind]), heap.edge_labels.texts[int(kinds[1, kind])])
        if counts[kind] < NEARLY_ALL * len(nodes):
            break
        if holding.holders != NO_PLACE and holding.reference in ITEMS:
            return holding
    return None


def _edges_from(
    series: Series, number: int, nodes: NodeArray, by: Holding
) -> tuple[NodeArray, NDArray[np.int64]]:
    """Those of the objects that are held so, and for each the first such reference."""
    heap = series.heaps[number]
    number_of, edges = _edges_into(heap, nodes)
    holders = series.places_of_nodes(number)[heap.graph.referrer_by_edge[edges]]
    labels = heap.edge_labels.label_by_edge[edges]
    is_named_so = np.array([text == by.reference for text in heap.edge_labels.texts])
    there = np.flatnonzero((holders == by.holders) & is_named_so[labels])
    held, first = np.unique(number_of[there], return_index=True)
    return nodes[held], edges[there[first]]


def _edges_into(heap: Places, nodes: NodeArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """References to the objects: of each the number of its object among them, and its own."""
    back = heap.graph.referrers
    places, _ = back.graph.edges_of(nodes)
    first = back.graph.first_edge_by_node
    number_of = np.repeat(np.arange(len(nodes)), first[nodes + 1] - first[nodes])
    return number_of, back.original_edge_by_edge[places]


def longest_increasing(numbers: Sequence[int]) -> list[int]:
    """Where the numbers of one longest increasing subsequence stand."""
    ends: list[int] = []  # the least number at which a subsequence of each length ends
    where: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(ends, number)
        if length == len(ends):
            ends.append(number)
            where.append(index)
        else:
            ends[length] = number
            where[length] = index
        before.append(where[length - 1] if length else -1)
    chosen: list[int] = []
    index = where[-1] if where else -1
    while index >= 0:
        chosen.append(index)
        index = before[index]
    return chosen[::-1]
