"""Whether an object is a part of something larger: a node of a tree that knows its parent.

Owns the names by which parts know their wholes. No type is known here: parsers, schedulers and
scene graphs all call it so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.labels import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heapsnap.analysis.heap.places import Places

PARENTS = frozenset(
    f"{before}{name}{after}"
    for name in ("parent", "_parent", "__parent", "parentNode", "parent_node")
    for before, after in ((".", ""), ("['", "']"))
)


MOST_PARTS = 4
"""Kept parts for each parent from which on they are its members: a server's connections."""
MOST_SIBLINGS = 1000
"""Parts that are looked at; the rest of a large collection is alike."""


def has_parent_elsewhere(places: Places, node: int, edges: Sequence[int]) -> bool:
    """Whether an object keeps a parent of its own package that is not what holds it.

    A parent that most of the parts share, or that something else keeps as well, would be there
    without them; and one that is less than half of what the part keeps is no whole.

    Args:
        places: The heap.
        node: The object.
        edges: The chain that leads to it, root first.
    """
    package = _package(places, node)
    if not package:
        return False
    parents = _parents_of_package(places, node, package)
    if not parents:
        return False
    holders = places.graph.referrer_by_edge[np.asarray(edges, dtype=np.int64)]
    if np.isin(parents, holders).all():
        return False
    parts = _siblings(places, node, edges)
    seen = parts[-MOST_SIBLINGS:]
    wholes = {whole for part in seen for whole in _parents_of_package(places, part, package)}
    if len(wholes) * MOST_PARTS < len(seen):
        return False
    # Of a tree whose nodes are all of one class only the kept ones are taken away.
    kept = np.array([node, *(part for part in parts if part not in wholes)], dtype=np.int32)
    if not places.is_retained_by(kept)[parents].all():
        return False
    # A span's parent, say, is but a number by which it is told.
    of_part, of_whole = (
        places.retained_bytes(np.array(nodes, dtype=np.int32)) for nodes in ([node], parents)
    )
    return of_whole * 2 >= of_part


def _siblings(places: Places, node: int, edges: Sequence[int]) -> list[int]:
    """The objects of its type that the same object holds, else all of its type; itself among them.

    What an object holds alone may be its record, one for each part.
    """
    graph, type_by_node = places.graph, places.snapshot.type_by_node
    siblings = [node]
    if len(edges):
        holder = int(graph.referrer_by_edge[edges[-1]])
        first, end = (int(graph.first_edge_by_node[holder + step]) for step in (0, 1))
        held = np.unique(graph.referent_by_edge[first:end])
        siblings = held[type_by_node[held] == type_by_node[node]].tolist()
    if len(siblings) < 2:  # noqa: PLR2004 - one has no siblings
        siblings = np.flatnonzero(type_by_node == type_by_node[node]).tolist()
    return siblings


def _parents_of_package(places: Places, node: int, package: str) -> list[int]:
    return [p for p in _parents(places, node) if _package(places, p) == package]


def _parents(places: Places, node: int) -> Iterator[int]:
    """What it refers to as its parent: an attribute in a slot, or in its dict."""
    snapshot, graph = places.snapshot, places.graph
    for edge in range(int(graph.first_edge_by_node[node]), int(graph.first_edge_by_node[node + 1])):
        name = snapshot.edge_names[int(snapshot.name_by_edge[edge])]
        referent = int(graph.referent_by_edge[edge])
        if name in PARENTS:
            yield referent
        elif name == ATTRIBUTES:
            yield from _parents(places, referent)


def _package(places: Places, node: int) -> str:
    kind = places.snapshot.types[int(places.snapshot.type_by_node[node])]
    return kind.module.partition(".")[0] if kind.is_heap_type else ""
