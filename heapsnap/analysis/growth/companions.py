"""What came along with a culprit into other places: one event, told once.

An ORM's session notes the state of every object that it hands out, a library's router keeps each
route in three tables, a weak reference stands wherever somebody looked at the object. Each of
these grows by itself and leaks by no fault of its own. Owns which entries are folded under which;
what the program keeps of its own classes in two places is two leaks, and told twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.garbage import WRAPPER
from heapsnap.analysis.heap.labels import ATTRIBUTES, KEY
from heapsnap.analysis.heap.origins import Origin
from heapsnap.analysis.heap.places import C_ROOT, GARBAGE_ROOT
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.growth.entry import Entry
    from heapsnap.analysis.growth.tree_growth import TreeGrowth
    from heapsnap.analysis.series.series import Series
    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import NodeArray

MOST_FOR_EACH = 4
"""Objects that one event leaves at one place, or the events for which it leaves one."""
WEAK_REFERENCES = frozenset({"weakref.ReferenceType", "ReferenceType", "weakref.KeyedRef"})
SAMPLE, FEWEST = 200, 10
"""Objects of which is asked to whom they belong."""
MOST_BELONG = 0.8
MOSTLY = 0.5
"""Of a container's entries, the part that must be the culprit's objects."""
STEPS = 6
"""From a session by its connector, each with a dict of attributes, to the timer that it set."""
STEPS_TO_A_PART = 4
"""From an object by its dict and a list to the strings in it."""
SHARED = 2
"""What is reached from more objects than that belongs to none of them."""
MOST_REACHED = 200_000


def fold(tree_growth: TreeGrowth, entries: Sequence[Entry]) -> list[Entry]:
    """Fold entries under those before them that they came along with.

    Args:
        tree_growth: What grew.
        entries: Leaks, the worst first.
    """
    kept: list[Entry] = []
    for entry in entries:
        for number, culprit in enumerate(kept):
            if _holds_its_parts(tree_growth, entry, culprit):
                kept[number] = replace(entry, along=(*entry.along, culprit.place, *culprit.along))
                break
            if _came_along(tree_growth, culprit, entry):
                kept[number] = replace(culprit, along=(*culprit.along, entry.place, *entry.along))
                break
        else:
            kept.append(entry)
    return kept


def _came_along(tree_growth: TreeGrowth, culprit: Entry, entry: Entry) -> bool:
    """Whether one event left both."""
    tree = tree_growth.tree
    roots = {tree.reference[tree_growth.root_by_place[e.place]] for e in (culprit, entry)}
    if culprit.growth <= 0 or GARBAGE_ROOT in roots:
        return False
    if entry.growth <= 0:
        return _holds_the_same(tree_growth.series, culprit.blamed, entry.place)
    if not 1 / MOST_FOR_EACH <= entry.growth / culprit.growth <= MOST_FOR_EACH:
        return False
    kinds = tree.type[culprit.blamed], tree.type[entry.blamed]
    if tree.parent[entry.place] == tree.parent[culprit.place] != NO_PLACE:
        # Keys and their values, or objects of one class on two ways from one dict.
        is_key = KEY in (tree.reference[entry.place], tree.reference[culprit.place])
        if is_key or kinds[0] == kinds[1]:
            return True
    if kinds[1] in WEAK_REFERENCES:
        return kinds[0] not in WEAK_REFERENCES
    return _is_bookkeeping(tree_growth, culprit, entry)


def _holds_its_parts(tree_growth: TreeGrowth, whole: Entry, parts: Entry) -> bool:
    """Whether plain values, though they keep more bytes, are but what objects beside them hold.

    A pickler's memo, or a set of all that was seen, has the message and each of its strings.
    """
    tree = tree_growth.tree
    if tree.parent[whole.place] != tree.parent[parts.place] or whole.growth <= 0:
        return False
    if tree_growth.rank_of(whole.blamed) > 0 or tree_growth.rank_of(parts.blamed) == 0:
        return False
    return _leads_to_most(tree_growth.series, wholes=whole.blamed, parts=parts.blamed)


def _leads_to_most(series: Series, *, wholes: int, parts: int) -> bool:
    """Whether a few steps lead from the objects at one place to most of those at another."""
    last, heap = len(series.heaps) - 1, series.after
    is_reached = np.zeros(heap.snapshot.node_count, dtype=np.bool_)
    nodes = series.nodes_at(last, wholes)
    for _ in range(STEPS_TO_A_PART):
        if len(nodes) > MOST_REACHED:
            return False
        edges, _ = heap.graph.edges_of(nodes)
        # An instance's class leads to all of the program.
        edges = edges[~heap.edge_labels.is_late_by_edge[edges]]
        reached = np.unique(heap.graph.referent_by_edge[edges])
        nodes = reached[~is_reached[reached]]
        is_reached[nodes] = True
    return bool(is_reached[series.nodes_at(last, parts)].mean() >= MOST_BELONG)


def _is_bookkeeping(tree_growth: TreeGrowth, culprit: Entry, entry: Entry) -> bool:
    """Whether the entry is a note that somebody else's code took of the culprit's objects."""
    tree, is_plain = tree_growth.tree, tree_growth.rank_of(entry.blamed) > 0
    if not is_plain and tree_growth.origins.of_type(tree.type[entry.blamed]) == Origin.PROGRAM:
        return False
    owner = _common_owner(tree_growth, culprit.place, entry.place)
    if owner is not None and is_plain and _is_foreign_object(tree_growth, owner):
        return True
    if owner is None and not _is_in_foreign_table(tree_growth, entry.place):
        return False
    return belong_together(tree_growth.series, ours=culprit.blamed, theirs=entry.blamed)


def _common_owner(tree_growth: TreeGrowth, first: int, second: int) -> int | None:
    """The object below which both places are; None where they have but a module in common."""
    tree, namespaces = tree_growth.tree, tree_growth.series.namespace_types
    above = set(tree.path(first)[:-1])
    common = [place for place in tree.path(second)[:-1] if place in above]
    while common and tree.reference[common[-1]] == ATTRIBUTES:
        common.pop()
    return common[-1] if common and tree.type[common[-1]] not in namespaces else None


def _is_foreign_object(tree_growth: TreeGrowth, place: int) -> bool:
    """Whether an object of a library's or of Python's own stands there, and no mere container."""
    origin = tree_growth.origins.of_type(tree_growth.tree.type[place])
    return origin != Origin.PROGRAM and tree_growth.rank_of(place) <= WRAPPER


def _is_in_foreign_table(tree_growth: TreeGrowth, place: int) -> bool:
    """Whether a place is in what belongs to Python or a library: a module, an object, C code."""
    tree = tree_growth.tree
    if tree.reference[tree_growth.root_by_place[place]] == C_ROOT:
        return True
    if tree_growth.origin_of_root(place) in {Origin.PYTHON, Origin.LIBRARY}:
        return True
    namespaces = tree_growth.series.namespace_types
    objects = (p for p in reversed(tree.path(place)[:-1]) if tree_growth.rank_of(p) <= WRAPPER)
    nearest = next(objects, NO_PLACE)
    is_object = nearest != NO_PLACE and tree.type[nearest] not in namespaces
    return is_object and _is_foreign_object(tree_growth, nearest)


def belong_together(series: Series, *, ours: int, theirs: int) -> bool:
    """Whether nearly each object at one place leads to one at another, or is led to from it.

    Args:
        series: The heaps; the last one is looked at.
        ours: The place that explains.
        theirs: The place that is explained.
    """
    last, heap = len(series.heaps) - 1, series.after
    nodes = series.nodes_at(last, theirs)
    if len(nodes) < FEWEST:
        return False
    nodes = nodes[np.linspace(0, len(nodes) - 1, min(SAMPLE, len(nodes))).astype(np.int64)]
    is_ours = np.zeros(heap.snapshot.node_count, dtype=np.bool_)
    is_ours[series.nodes_at(last, ours)] = True
    leads = _leads_to(heap.graph, nodes, is_ours) | _leads_to(
        heap.graph.referrers.graph, nodes, is_ours
    )
    return bool(leads.mean() >= MOST_BELONG)


def _holds_the_same(series: Series, ours: int, theirs: int) -> bool:
    """Whether a container that got larger did so by objects that stand at another place."""
    last, heap = len(series.heaps) - 1, series.after
    is_ours = np.zeros(heap.snapshot.node_count, dtype=np.bool_)
    is_ours[series.nodes_at(last, ours)] = True
    edges, _ = heap.graph.edges_of(series.nodes_at(last, theirs))
    return len(edges) > 0 and bool(is_ours[heap.graph.referent_by_edge[edges]].mean() >= MOSTLY)


def _leads_to(
    graph: ReferenceGraph, starts: NodeArray, is_wanted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """For each start whether a few steps lead to a wanted node, by nodes of its own alone.

    Args:
        graph: The references, or the same turned round.
        starts: ``(k,) int32``.
        is_wanted: ``(n,) bool``.

    Returns:
        ``(k,) bool``.
    """
    found = np.zeros(len(starts), dtype=np.bool_)
    nodes, labels = starts, np.arange(len(starts), dtype=np.int64)
    for _ in range(STEPS):
        edges, _ = graph.edges_of(nodes)
        degrees = graph.first_edge_by_node[nodes + 1] - graph.first_edge_by_node[nodes]
        pairs = np.unique(
            np.stack([graph.referent_by_edge[edges], np.repeat(labels, degrees)]), axis=1
        )
        reached, labels = pairs[0].astype(np.int32), pairs[1]
        is_own = np.bincount(reached, minlength=graph.node_count)[reached] <= SHARED
        found[labels[is_own & is_wanted[reached]]] = True
        goes_on = is_own & ~found[labels]
        nodes, labels = reached[goes_on], labels[goes_on]
        if len(nodes) == 0 or len(nodes) > MOST_REACHED:
            break
    return found
