"""References as arrays: the graph that every other file here walks.

Owns the compressed rows (one slice of edges for each node), the reversal, the
cut to a part of the edges, and the gather of many nodes' edges at once. Knows
nothing of addresses, types and names: those stay with ``heapsnap.snapshot``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.model import CountArray, EdgeArray, NodeArray, Snapshot

Edge = TypeVar("Edge", np.int32, np.int64)

NO_EDGE = -1
"""No reference: what leads to a root, or to a node that was not reached."""


@dataclass(frozen=True, eq=False)
class ReferenceGraph:
    """``n`` objects and ``m`` references; parallel references and self-references are legal.

    Attributes:
        node_count: ``n``.
        first_edge_by_node: ``(n + 1,) int64``: node ``v`` owns the edges
            ``first_edge_by_node[v]`` up to ``first_edge_by_node[v + 1]``.
        referent_by_edge: ``(m,) int32``, the node that the edge leads to.
    """

    node_count: int
    first_edge_by_node: EdgeArray
    referent_by_edge: NodeArray

    @classmethod
    def of_containers(
        cls, node_count: int, *, first_edge_by_container: EdgeArray, referent_by_edge: NodeArray
    ) -> ReferenceGraph:
        """Build the graph from rows that stop at the last container.

        Args:
            node_count: ``n``, leaves included; they own no edges.
            first_edge_by_container: ``(c + 1,) int64``, with ``c <= n``.
            referent_by_edge: ``(m,) int32``.
        """
        edge_count = len(referent_by_edge)
        first_edge_by_node = np.full(node_count + 1, edge_count, dtype=np.int64)
        first_edge_by_node[: len(first_edge_by_container)] = first_edge_by_container
        return cls(node_count, first_edge_by_node, referent_by_edge)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> ReferenceGraph:
        """Build the graph of a snapshot; nodes and edges keep their numbers."""
        return cls.of_containers(
            snapshot.node_count,
            first_edge_by_container=snapshot.first_edge_by_node,
            referent_by_edge=snapshot.referent_by_edge,
        )

    @property
    def edge_count(self) -> int:
        """``m``."""
        return len(self.referent_by_edge)

    @cached_property
    def referrer_by_edge(self) -> NodeArray:
        """``(m,) int32``, the node that owns the edge."""
        nodes = np.arange(self.node_count, dtype=np.int32)
        return np.repeat(nodes, np.diff(self.first_edge_by_node))

    @property
    def in_degree_by_node(self) -> CountArray:
        """``(n,) int64``, how many edges lead to the node: parallel ones and its own count."""
        return np.bincount(self.referent_by_edge, minlength=self.node_count).astype(
            np.int64, copy=False
        )

    @cached_property
    def referrers(self) -> DerivedGraph:
        """The same graph with every edge turned round; a node's edges keep their order."""
        first_edge_by_node, referrer_by_edge, original = group_edges_by_target(
            self.first_edge_by_node, self.referent_by_edge, target_count=self.node_count
        )
        reversed_graph = ReferenceGraph(self.node_count, first_edge_by_node, referrer_by_edge)
        return DerivedGraph(reversed_graph, original)

    def keep_edges(self, edge_is_kept: NDArray[np.bool_]) -> DerivedGraph:
        """Cut the graph to some of its edges; all nodes stay.

        Args:
            edge_is_kept: ``(m,) bool``.
        """
        kept = np.flatnonzero(edge_is_kept).astype(np.int64, copy=False)
        kept_before_edge = np.zeros(self.edge_count + 1, dtype=np.int64)
        np.cumsum(edge_is_kept, out=kept_before_edge[1:])
        first_edge_by_node = kept_before_edge[self.first_edge_by_node]
        graph = ReferenceGraph(self.node_count, first_edge_by_node, self.referent_by_edge[kept])
        return DerivedGraph(graph, kept)

    def keep_nodes(self, node_is_kept: NDArray[np.bool_]) -> InducedGraph:
        """Cut the graph to some of its nodes and the edges between them; both keep their order.

        Args:
            node_is_kept: ``(n,) bool``.
        """
        kept = np.flatnonzero(node_is_kept).astype(np.int32)
        new_node_by_node = np.full(self.node_count, NO_NODE, dtype=np.int32)
        new_node_by_node[kept] = np.arange(len(kept), dtype=np.int32)
        edges, referrers = self.edges_of(kept)
        referents = new_node_by_node[self.referent_by_edge[edges]]
        stays = referents != NO_NODE
        first_edge_by_node = np.zeros(len(kept) + 1, dtype=np.int64)
        degrees = np.bincount(new_node_by_node[referrers[stays]], minlength=len(kept))
        np.cumsum(degrees, out=first_edge_by_node[1:])
        return InducedGraph(ReferenceGraph(len(kept), first_edge_by_node, referents[stays]), kept)

    def edges_of(self, nodes: NodeArray) -> tuple[EdgeArray, NodeArray]:
        """List the edges of many nodes, node after node in the given order.

        Args:
            nodes: ``(k,)`` integers.

        Returns:
            ``(j,) int64`` edge numbers, and ``(j,) int32``, the referrer of each.
        """
        edges = gather_edges(self.first_edge_by_node, nodes)
        degrees = self.first_edge_by_node[nodes + 1] - self.first_edge_by_node[nodes]
        return edges, np.repeat(nodes.astype(np.int32, copy=False), degrees)

    def check_nodes(self, nodes: NodeArray) -> None:
        """Refuse numbers that are no nodes, ``NO_NODE`` among them.

        Args:
            nodes: ``(k,)`` integers.

        Raises:
            ValueError: One of them is below 0 or not below ``n``. scipy and numpy would read
                another node, or another's memory, instead.
        """
        if len(nodes) and not 0 <= nodes.min() <= nodes.max() < self.node_count:
            lowest, highest = nodes.min(), nodes.max()
            message = f"nodes {lowest} to {highest}, expected 0 to {self.node_count - 1}"
            raise ValueError(message)


@dataclass(frozen=True, eq=False)
class DerivedGraph:
    """A graph made of another one's edges.

    Attributes:
        graph: The new graph, over the same nodes.
        original_edge_by_edge: ``(j,) int64``: new edge → edge of the graph that it was made from.
    """

    graph: ReferenceGraph
    original_edge_by_edge: EdgeArray


@dataclass(frozen=True, eq=False)
class InducedGraph:
    """A graph of some of another one's nodes, numbered anew.

    Attributes:
        graph: The new graph, of ``k`` nodes.
        original_node_by_node: ``(k,) int32``, ascending: new node → node of the graph that it
            was made from.
    """

    graph: ReferenceGraph
    original_node_by_node: NodeArray


def gather_edges(first_edge_by_node: NDArray[Edge], nodes: NodeArray) -> NDArray[Edge]:
    """List the edge numbers of many nodes, node after node.

    Args:
        first_edge_by_node: ``(n + 1,)`` integers, as in ``ReferenceGraph``.
        nodes: ``(k,)`` integers.

    Returns:
        ``(j,)`` integers of the same kind.
    """
    starts = first_edge_by_node[nodes]
    degrees = first_edge_by_node[nodes + 1] - starts
    ends_in_result = np.cumsum(degrees, dtype=degrees.dtype)
    edge_count = int(ends_in_result[-1]) if len(ends_in_result) else 0
    edges = np.arange(edge_count, dtype=degrees.dtype)
    edges += np.repeat(starts - (ends_in_result - degrees), degrees)
    return edges


def group_edges_by_target(
    first_edge_by_source: EdgeArray, target_by_edge: NodeArray, *, target_count: int
) -> tuple[EdgeArray, NodeArray, EdgeArray]:
    """Turn rows by source into rows by target: a counting sort, stable, O(nodes + edges).

    Args:
        first_edge_by_source: ``(s + 1,) int64``.
        target_by_edge: ``(m,) int32``, each below ``target_count``.
        target_count: ``t``.

    Returns:
        ``(t + 1,) int64`` first entry of each target; ``(m,) int32`` the source of each
        entry; ``(m,) int64`` its edge number, ascending within a target.

    References:
        Gustavson, Two fast algorithms for sparse matrices, TOMS 4(3), 1978,
        doi:10.1145/355791.355796; scipy's ``csr_matrix.tocsc`` is that.
    """
    from scipy.sparse import csr_matrix

    edge_numbers = np.arange(len(target_by_edge), dtype=np.int64)
    shape = (len(first_edge_by_source) - 1, target_count)
    # tocsc() moves parallel entries without adding them up: the edge numbers survive as they are.
    by_target = csr_matrix((edge_numbers, target_by_edge, first_edge_by_source), shape).tocsc()
    return (
        by_target.indptr.astype(np.int64, copy=False),
        by_target.indices.astype(np.int32, copy=False),
        by_target.data,
    )


def group_items(
    items: NDArray[Edge], group_by_item: NDArray[np.int32], *, group_count: int
) -> tuple[EdgeArray, NDArray[Edge]]:
    """Order items by group: the same counting sort as ``group_edges_by_target``.

    Args:
        items: ``(k,)`` integers.
        group_by_item: ``(k,) int32``, each below ``group_count``.
        group_count: ``g``.

    Returns:
        ``(g + 1,) int64`` first entry of each group; ``(k,)`` the items, group after group,
        within a group in their order.
    """
    from scipy.sparse import csr_matrix

    one_row = np.array([0, len(items)], dtype=np.int64)
    by_group = csr_matrix((items, group_by_item, one_row), (1, group_count)).tocsc()
    return by_group.indptr.astype(np.int64, copy=False), by_group.data
