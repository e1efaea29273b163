"""Which nodes can be reached from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.snapshot.model import NO_NODE

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
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    graph.check_nodes(start_nodes)
    # One more node, n, that refers to the start nodes: scipy starts from a single node.
    start = np.int32(graph.node_count)
    referent_by_edge = graph.referent_by_edge
    if edge_is_followed is not None:
        # Back to where the walk began, which is nowhere new: no copy of the rows without them.
        referent_by_edge = np.where(edge_is_followed, referent_by_edge, start)
    referent_by_edge = np.append(referent_by_edge, start_nodes.astype(np.int32, copy=False))
    first_edge_by_node = np.append(graph.first_edge_by_node, len(referent_by_edge))
    # One number that stands for all: scipy asks for weights and does not read them.
    weight_by_edge = np.broadcast_to(1.0, len(referent_by_edge))
    shape = (graph.node_count + 1, graph.node_count + 1)
    matrix = csr_matrix((weight_by_edge, referent_by_edge, first_edge_by_node), shape)
    reached = breadth_first_order(matrix, graph.node_count, return_predecessors=False)
    is_reached = np.zeros(graph.node_count + 1, dtype=np.bool_)
    is_reached[reached] = True
    return is_reached[: graph.node_count]


def breadth_first_parents(graph: ReferenceGraph, start: int) -> NodeArray:
    """From which node a breadth-first walk meets each node first.

    Args:
        graph: ``n`` objects, ``m`` references.
        start: Where the walk begins.

    Returns:
        ``(n,) int32``, ``NO_NODE`` for the start and where unreached.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    weight_by_edge = np.broadcast_to(1.0, graph.edge_count)
    shape = (graph.node_count, graph.node_count)
    rows = (weight_by_edge, graph.referent_by_edge, graph.first_edge_by_node)
    _, parents = breadth_first_order(csr_matrix(rows, shape), start)
    parent_by_node: NodeArray = parents.astype(np.int32, copy=False)
    # scipy's own "no parent" is -9999.
    parent_by_node[parent_by_node < 0] = NO_NODE
    return parent_by_node


def reachable_too(
    graph: ReferenceGraph, is_reached: NDArray[np.bool_], start_nodes: NodeArray
) -> NDArray[np.bool_]:
    """Mark what further start nodes reach as well; walks only over what was not reached.

    Args:
        graph: ``n`` objects, ``m`` references.
        is_reached: ``(n,) bool``, as ``reachable_from`` gave it.
        start_nodes: ``(k,)`` integers, repeats allowed.

    Returns:
        ``(n,) bool``, the nodes reached before included.

    Raises:
        ValueError: A start node is no node of the graph.
    """
    graph.check_nodes(start_nodes)
    new_starts = start_nodes[~is_reached[start_nodes]]
    if len(new_starts) == 0:
        return is_reached
    rest = graph.keep_nodes(~is_reached)
    starts_in_rest = np.searchsorted(rest.original_node_by_node, new_starts).astype(np.int32)
    is_reached_too = is_reached.copy()
    is_reached_too[rest.original_node_by_node] = reachable_from(rest.graph, starts_in_rest)
    return is_reached_too
