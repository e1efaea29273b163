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


def has_parent_elsewhere(places: Places, node: int, edges: Sequence[int]) -> bool:
    """Whether an object refers to a parent of its own package that is not what holds it.

    Args:
        places: The heap.
        node: The object.
        edges: The chain that leads to it, root first.
    """
    package = _package(places, node)
    if not package:
        return False
    parents = [p for p in _parents(places, node) if _package(places, p) == package]
    if not parents:
        return False
    holders = places.graph.referrer_by_edge[np.asarray(edges, dtype=np.int64)]
    return not np.isin(parents, holders).all()


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
