"""A heap seen through a filter: only what some objects hold, or what is left without others.

Owns what ``--through`` and ``--not-through`` mean. Verdicts and sizes are those of the whole
heap: a filter chooses paths, it lets nothing go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import chain_to, root_of
from heapsnap.analysis.heap.find import find_nodes
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.heap.roots import RootSet
from heapsnap.analysis.series.place_tree import NO_PLACE
from heapsnap.analysis.series.series import Series
from heapsnap.errors import UnknownTypeError
from heapsnap.graph.levels import LevelResult, levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.heap.labels import EdgeLabels
    from heapsnap.analysis.heap.roots import RootGroups
    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.graph.verdicts import Verdicts
    from heapsnap.snapshot.model import NodeArray


@dataclass(frozen=True, eq=False)
class FilteredPlaces(Places):
    """The places of a heap along the paths that a filter lets through.

    Attributes:
        whole: The same heap unfiltered.
        avoided_nodes: ``(k,) int32``, objects on which no path steps.
        starts: Where paths begin in place of the roots; None: at the roots.
    """

    whole: Places
    avoided_nodes: NodeArray
    starts: RootSet | None = None

    @property
    def index(self) -> None:
        """Nothing is kept: the index is of the heap unfiltered."""

    @cached_property
    def graph(self) -> ReferenceGraph:
        """The references of the whole heap."""
        return self.whole.graph

    @cached_property
    def roots(self) -> RootGroups:
        """The roots of the whole heap."""
        return self.whole.roots

    @cached_property
    def verdicts(self) -> Verdicts:
        """The verdicts on the whole heap."""
        return self.whole.verdicts

    @cached_property
    def edge_labels(self) -> EdgeLabels:
        """The names of the whole heap's references."""
        return self.whole.edge_labels

    @cached_property
    def root_sets(self) -> tuple[RootSet, ...]:
        """The roots, or what is looked through, which then has the interpreter's place."""
        if self.starts is None:
            return self.whole.root_sets
        return (RootSet(), RootSet(), self.starts, RootSet(), RootSet())

    @cached_property
    def levels(self) -> LevelResult:
        """In what order the starts reach the objects, around what is avoided."""
        return levels(
            self.graph,
            [roots.nodes() for roots in self.root_sets],
            late_by_edge=self.edge_labels.is_late_by_edge,
            avoided_nodes=self.avoided_nodes,
        )

    def whole_chain(self, node: int) -> tuple[int, Sequence[int]]:
        """The object's root, and the edges from there on: to what is looked through, and beyond."""
        start, edges = root_of(self, node), chain_to(self, node)
        if self.starts is None:
            return start, edges
        return root_of(self.whole, start), [*chain_to(self.whole, start), *edges]


def look(series: Series, *, through: Sequence[str] = (), not_through: Sequence[str] = ()) -> Series:
    """See a series of heaps through a filter.

    Args:
        series: Unfiltered.
        through: Names of what every path must lead through: types, objects' own names,
            addresses, or paths as ``diff`` and ``why`` print them.
        not_through: Names of what no path may lead through.

    Raises:
        UnknownTypeError: Nothing in the last heap answers to a name.
    """
    for name in (*through, *not_through):
        _find(series, len(series.heaps) - 1, name)
    if not_through:
        avoided = [_find_all(series, number, not_through) for number in range(len(series.heaps))]
        pairs = zip(series.heaps, avoided, strict=True)
        series = Series(tuple(FilteredPlaces(h.snapshot, h, nodes) for h, nodes in pairs))
    if through:
        series = Series(
            tuple(_start_at(series, number, through) for number in range(len(series.heaps)))
        )
    return series


def _start_at(series: Series, number: int, through: Sequence[str]) -> FilteredPlaces:
    """One heap, seen from the named objects."""
    heap = series.heaps[number]
    starts = RootSet()
    places = series.places_of_nodes(number)
    for node in _find_all(series, number, through).tolist():
        if (place := int(places[node])) != NO_PLACE:
            starts.label_by_node[node] = series.path_text(place, series.verdict_of_place(place))
    avoided = heap.avoided_nodes if isinstance(heap, FilteredPlaces) else _no_nodes()
    return FilteredPlaces(heap.snapshot, heap, avoided, starts)


def _find_all(series: Series, number: int, names: Sequence[str]) -> NodeArray:
    """``(k,) int32``: the nodes of one heap that answer to any of the names."""
    found = [_find_if_known(series, number, name) for name in names]
    return np.unique(np.concatenate(found)).astype(np.int32)


def _find_if_known(series: Series, number: int, name: str) -> NodeArray:
    try:
        return _find(series, number, name)
    except UnknownTypeError:
        return _no_nodes()  # of several heaps only the last one must know it


def _find(series: Series, number: int, name: str) -> NodeArray:
    """The nodes of one heap that answer to a name: by type, own name, address or path."""
    at_path = _nodes_at(series, number, name)
    if len(at_path):
        return at_path
    try:
        return find_nodes(series.heaps[number].snapshot, name).astype(np.int32)
    except UnknownTypeError as error:
        raise UnknownTypeError(
            error.message.replace("no type named", "nothing named", 1), hint=error.hint
        ) from error


def _nodes_at(series: Series, number: int, path: str) -> NodeArray:
    """The nodes that stand at a path as it is printed: ``app.cache.SESSIONS``."""
    tree = series.tree
    wanted = [
        place
        for place, reference in enumerate(tree.reference)
        if path.endswith(reference)
        and series.path_text(place, series.verdict_of_place(place)) == path
    ]
    if not wanted:
        return _no_nodes()
    is_there = np.isin(series.places_of_nodes(number), wanted)
    return np.flatnonzero(is_there).astype(np.int32)


def _no_nodes() -> NodeArray:
    return np.empty(0, dtype=np.int32)
