"""A graph whose runs of nodes one behind the other are one node each, and the way back.

Owns the contraction for dominators: of two nodes of which the first refers to nothing but the
second, and nothing else refers to the second, the first dominates the second, and whatever leaves
them leaves from the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.preorder import Preorder, walk_children_first
from heapsnap.graph.references import ReferenceGraph
from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from heapsnap.snapshot.model import EdgeArray, NodeArray


@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """``n`` nodes in ``k`` runs; runs are numbered in the order of their first nodes.

    Attributes:
        graph: ``k`` nodes.
        nodes: ``(n,) int32``, run after run, each from its first node to its last.
        start_by_run: ``(k + 1,) int64``, positions in ``nodes``.
        run_by_node: ``(n,) int32``.
    """

    graph: ReferenceGraph
    nodes: NodeArray
    start_by_run: EdgeArray
    run_by_node: NodeArray

    @classmethod
    def of_graph(cls, graph: ReferenceGraph) -> Contraction:
        """Find the runs.

        Args:
            graph: ``n`` nodes, all of them reached from one to which no edge leads.
        """
        out_degrees = np.diff(graph.first_edge_by_node)
        in_degrees = np.bincount(graph.referent_by_edge, minlength=graph.node_count)
        leading = np.flatnonzero(out_degrees == 1)
        referents = graph.referent_by_edge[graph.first_edge_by_node[leading]]
        is_alone = in_degrees[referents] == 1
        following = np.full(graph.node_count, NO_NODE, dtype=np.int32)
        following[leading[is_alone]] = referents[is_alone]
        is_first = np.ones(graph.node_count, dtype=np.bool_)
        is_first[referents[is_alone]] = False
        del out_degrees, in_degrees, leading, referents, is_alone

        firsts = np.flatnonzero(is_first).astype(np.int32)
        next_first = np.full(graph.node_count, NO_NODE, dtype=np.int32)
        next_first[firsts[:-1]] = firsts[1:]
        nodes = walk_children_first(following, next_first, int(firsts[0]))
        del following, next_first
        starts = np.append(np.flatnonzero(is_first[nodes]), len(nodes))
        run_by_node = np.empty(graph.node_count, dtype=np.int32)
        run_by_node[nodes] = np.repeat(np.arange(len(firsts), dtype=np.int32), np.diff(starts))
        lasts = nodes[starts[1:] - 1]
        edges, _ = graph.edges_of(lasts)
        first_edge = np.zeros(len(lasts) + 1, dtype=np.int64)
        degrees = graph.first_edge_by_node[lasts + 1] - graph.first_edge_by_node[lasts]
        np.cumsum(degrees, out=first_edge[1:])
        referents = run_by_node[graph.referent_by_edge[edges]]
        return cls(ReferenceGraph(len(lasts), first_edge, referents), nodes, starts, run_by_node)

    def expand(self, dominator_by_run: NodeArray, order: Preorder) -> tuple[NodeArray, Preorder]:
        """Bring a dominator tree of the runs back to the nodes.

        Args:
            dominator_by_run: ``(k,) int32``, ``NO_NODE`` for the root.
            order: The preorder of that tree.

        Returns:
            ``(n,) int32``, ``NO_NODE`` for the root, and the preorder of the nodes.
        """
        starts, nodes = self.start_by_run, self.nodes
        dominator_by_node = np.empty(len(nodes), dtype=np.int32)
        dominator_by_node[nodes[1:]] = nodes[:-1]
        last_by_run = np.append(nodes[starts[1:] - 1], np.int32(NO_NODE))
        dominator_by_node[nodes[starts[:-1]]] = last_by_run[dominator_by_run]

        lengths = np.diff(starts)[order.node_by_position]
        position_by_place = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=position_by_place[1:])
        moved_by = position_by_place[order.position_by_node] - starts[:-1]
        position = np.empty(len(nodes), dtype=np.int32)
        position[nodes] = np.arange(len(nodes)) + np.repeat(moved_by, np.diff(starts))
        node_by_position = np.empty(len(nodes), dtype=np.int32)
        node_by_position[position] = np.arange(len(nodes), dtype=np.int32)
        end = position_by_place[order.end_by_node].astype(np.int32)[self.run_by_node]
        return dominator_by_node, Preorder(node_by_position, position, end)
