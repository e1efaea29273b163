"""Which nodes can be reached from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import NodeArray


def reachable_from(
    graph: ReferenceGraph,
    start_nodes: NodeArray,
    *,
    edge_is_followed: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Mark every node that a path leads to, the start nodes included.

    Args:
        graph: ``n`` objects, ``m`` references.
        start_nodes: ``(k,)`` integers, repeats allowed.
        edge_is_followed: ``(m,) bool``, the edges that count; all of them if left out.

    Returns:
        ``(n,) bool``.

    Raises:
        ValueError: A start node is no node of the graph.
    """
    graph.check_nodes(start_nodes)
    if edge_is_followed is not None:
        graph = graph.keep_edges(edge_is_followed).graph
    # One more node, n, that refers to the start nodes: scipy starts from a single node.
    first_edge_by_node = np.append(graph.first_edge_by_node, graph.edge_count + len(start_nodes))
    referent_by_edge = np.append(graph.referent_by_edge, start_nodes).astype(np.int32, copy=False)
    weight_by_edge = np.ones(len(referent_by_edge))
    shape = (graph.node_count + 1, graph.node_count + 1)
    matrix = csr_matrix((weight_by_edge, referent_by_edge, first_edge_by_node), shape)
    reached = breadth_first_order(matrix, graph.node_count, return_predecessors=False)
    is_reached = np.zeros(graph.node_count + 1, dtype=np.bool_)
    is_reached[reached] = True
    return is_reached[: graph.node_count]
