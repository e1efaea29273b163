"""Cycles: which objects keep each other alive, and the shortest way round.

Owns strong components of a part of the heap and the shortest cycle through a node.
Which component matters, and what it is called, is for the analysis to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import CountArray

NO_COMPONENT = -1
"""The component of a node outside the part that was asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class StrongComponents:
    """Sets of nodes in which each reaches each other; ``k`` of them.

    A node on no cycle is a component of its own. Components are numbered by their
    smallest node.

    Attributes:
        component_by_node: ``(n,) int32``, ``NO_COMPONENT`` outside the part.
        node_count_by_component: ``(k,) int64``.
        is_cyclic_by_component: ``(k,) bool``: more than one node, or one that refers to itself.
    """

    component_by_node: NDArray[np.int32]
    node_count_by_component: CountArray
    is_cyclic_by_component: NDArray[np.bool_]


def strong_components(graph: ReferenceGraph, *, within: NDArray[np.bool_]) -> StrongComponents:
    """Divide a part of the graph into strong components, as if the rest were not there.

    Args:
        graph: ``n`` objects, ``m`` references.
        within: ``(n,) bool``, the part.

    References:
        Pearce, An improved algorithm for finding the strongly connected components of a
        directed graph, 2005: scipy's ``connected_components``. Iterative.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    induced = graph.keep_nodes(within)
    part, nodes = induced.graph, induced.original_node_by_node
    weight_by_edge = np.ones(part.edge_count)
    shape = (part.node_count, part.node_count)
    rows = (weight_by_edge, part.referent_by_edge, part.first_edge_by_node)
    matrix = csr_matrix(rows, shape, copy=True)
    # scipy 1.11 to 1.17 never returns from two equal entries that stand side by side.
    matrix.sum_duplicates()
    count, found = connected_components(matrix, directed=True, connection="strong")
    component_by_part_node = _numbered_by_first(found, count)

    component_by_node = np.full(graph.node_count, NO_COMPONENT, dtype=np.int32)
    component_by_node[nodes] = component_by_part_node
    node_counts = np.bincount(component_by_part_node, minlength=count).astype(np.int64, copy=False)
    is_cyclic = node_counts > 1
    refers_to_itself = part.referent_by_edge[part.referrer_by_edge == part.referent_by_edge]
    is_cyclic[component_by_part_node[refers_to_itself]] = True
    return StrongComponents(component_by_node, node_counts, is_cyclic)


def _numbered_by_first(group_by_item: NDArray[np.int32], group_count: int) -> NDArray[np.int32]:
    """Number groups anew, in the order in which they occur first.

    Args:
        group_by_item: ``(k,) int32``, each group below ``group_count`` occurs.
        group_count: How many groups there are.
    """
    first_item_by_group = np.empty(group_count, dtype=np.int64)
    # Of several writes to one cell the last stays; backwards, that is the group's first item.
    first_item_by_group[group_by_item[::-1]] = np.arange(len(group_by_item))[::-1]
    is_first = np.zeros(len(group_by_item), dtype=np.int32)
    is_first[first_item_by_group] = 1
    number_by_item = np.cumsum(is_first, dtype=np.int32) - 1
    return number_by_item[first_item_by_group[group_by_item]]


def shortest_cycle_through(
    graph: ReferenceGraph,
    node: int,
    *,
    within: NDArray[np.bool_],
    label_by_edge: NDArray[np.int32] | None = None,
) -> list[int] | None:
    """Find the shortest way from a node back to itself.

    Of several shortest cycles the one is taken whose sequence of (label, edge number)
    is smallest. The cost is that of the neighbourhood from which the node is reached
    in fewer steps than the cycle has, not of the graph.

    Args:
        graph: ``n`` objects, ``m`` references.
        node: Where the cycle begins and ends.
        within: ``(n,) bool``, the nodes that the cycle may use; the node itself always.
        label_by_edge: ``(m,) int32``; all labels are equal if left out.

    Returns:
        Edge numbers, the first one the node's own; None if the node is on no cycle.
    """
    found = _distances_to(graph, node, within)
    if found is None:
        return None
    distance_to_node, cycle_length = found
    first_edge, referent = graph.first_edge_by_node.data, graph.referent_by_edge.data

    def rank(edge: int) -> tuple[int, int]:
        return (0 if label_by_edge is None else int(label_by_edge[edge])), edge

    cycle: list[int] = []
    at = node
    for distance in reversed(range(cycle_length)):
        edges = range(first_edge[at], first_edge[at + 1])
        nearer = (edge for edge in edges if distance_to_node.get(referent[edge]) == distance)
        cycle.append(min(nearer, key=rank))
        at = referent[cycle[-1]]
    return cycle


def _distances_to(
    graph: ReferenceGraph, node: int, within: NDArray[np.bool_]
) -> tuple[dict[int, int], int] | None:
    """Walk back from a node until it is met again.

    Returns:
        How far it is from other nodes to this one, for all that are nearer than the shortest
        cycle is long, and the cycle's length; None if the node is on no cycle.
    """
    reversed_graph = graph.referrers.graph
    first_edge = reversed_graph.first_edge_by_node.data
    referrer = reversed_graph.referent_by_edge.data
    is_within = within.data
    distance_to_node = {node: 0}
    level = [node]
    for distance in range(1, graph.node_count + 1):
        next_level = []
        for referent in level:
            for edge in range(first_edge[referent], first_edge[referent + 1]):
                at = referrer[edge]
                if at == node:
                    return distance_to_node, distance
                if is_within[at] and at not in distance_to_node:
                    distance_to_node[at] = distance
                    next_level.append(at)
        level = next_level
    return None
