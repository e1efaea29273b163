"""Levels of a graph that is very deep: a linked list of ten million nodes has ten million.

Owns the walk that takes no time for a level but that of one look into a table. ``levels`` asks for
it where its own steps, each of a microsecond and more, turn out to be too many.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import EdgeArray, NodeArray


def walk_deep(
    graph: ReferenceGraph, frontier: NodeArray, is_unreached: NDArray[np.bool_]
) -> tuple[NodeArray, EdgeArray]:
    """Reach all that a frontier reaches, breadth first.

    A compiled walk gives the nodes in the order in which they are met, and from which each was
    met. That order is one of levels, so that the children of the first ``x`` nodes are the next
    ones, and how many they are is a running sum: where a level ends, the table of these sums
    says where the next one ends.

    Args:
        graph: ``n`` objects, ``m`` references.
        frontier: ``(k,)`` integers, nodes that were reached last, each once.
        is_unreached: ``(n,) bool``: what may be reached.

    Returns:
        ``(j,) int32``, the new nodes, level after level; ``(l,) int64``, where each level ends.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    is_open = is_unreached.copy()
    is_open[frontier] = True
    rest = graph.keep_nodes(is_open)
    part, nodes = rest.graph, rest.original_node_by_node
    start = part.node_count
    starts = np.searchsorted(nodes, frontier).astype(np.int32)
    referents = np.append(part.referent_by_edge, starts)
    first_edge = np.append(part.first_edge_by_node, len(referents))
    weights = np.broadcast_to(1.0, len(referents))
    matrix = csr_matrix((weights, referents, first_edge), (start + 1, start + 1))
    order, parent_by_node = breadth_first_order(matrix, start)

    position_by_node = np.empty(start + 1, dtype=np.int32)
    position_by_node[order] = np.arange(len(order), dtype=np.int32)
    parents = position_by_node[parent_by_node[order[1:]]]
    children = np.bincount(parents, minlength=len(order))
    # The children of the first x nodes end here: the start itself is the first of all.
    end_behind = np.ones(len(order) + 1, dtype=np.int64)
    end_behind[1:] += np.cumsum(children)
    first = 1 + len(frontier)
    return nodes[order[first:]], _level_ends(end_behind.data, first)


def _level_ends(end_behind: memoryview, first: int) -> EdgeArray:
    """Follow the table from the end of the frontier on; ends are counted from there."""
    ends = array("q")
    append = ends.append
    end = first
    while (following := end_behind[end]) != end:
        append(following - first)
        end = following
    return np.array(ends, dtype=np.int64)
