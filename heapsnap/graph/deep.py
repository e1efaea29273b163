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
    is_open = is_unreached.copy()
    is_open[frontier] = True
    rest = graph.keep_nodes(is_open)
    nodes = rest.original_node_by_node
    starts = np.searchsorted(nodes, frontier).astype(np.int32)
    order, parent_by_node = _walk(rest.graph, starts)
    del rest

    position_by_node = np.empty(len(nodes) + 1, dtype=np.int32)
    position_by_node[order] = np.arange(len(order), dtype=np.int32)
    parents = position_by_node[parent_by_node[order[1:]]]
    del position_by_node, parent_by_node
    # The children of the first x nodes end here: the start itself is the first of all.
    end_behind = np.ones(len(order) + 1, dtype=np.int64)
    np.cumsum(np.bincount(parents, minlength=len(order)), out=end_behind[1:])
    end_behind[1:] += 1
    first = 1 + len(frontier)
    return nodes[order[first:]], _level_ends(end_behind.data, first)


def _walk(graph: ReferenceGraph, starts: NodeArray) -> tuple[NodeArray, NodeArray]:
    """The nodes in the order in which they are met, and from which each was met, by node.

    One more node, the last, refers to all ``starts``. The matrix has half the memory of all this
    and is gone with the return.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    start = graph.node_count
    referents = np.append(graph.referent_by_edge, starts)
    first_edge = np.append(graph.first_edge_by_node, len(referents)).astype(referents.dtype)
    weights = np.broadcast_to(1.0, len(referents))
    matrix = csr_matrix((weights, referents, first_edge), (start + 1, start + 1))
    order, parent_by_node = breadth_first_order(matrix, start)
    return order, parent_by_node


def _level_ends(end_behind: memoryview, first: int) -> EdgeArray:
    """Follow the table from the end of the frontier on; ends are counted from there."""
    ends = array("q")
    append = ends.append
    end = first
    while (following := end_behind[end]) != end:
        append(following - first)
        end = following
    return np.array(ends, dtype=np.int64)
