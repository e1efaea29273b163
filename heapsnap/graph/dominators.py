"""What would go if an object went: the dominator tree and retained bytes.

Owns the exact tree over the whole heap and the sum along it. All strong references
count here: what makes paths readable, such as late edges, would make sizes wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.depth_first import DepthFirstTree
from heapsnap.graph.reachability import reachable_from
from heapsnap.graph.references import ReferenceGraph, gather_edges
from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import CountArray, NodeArray

FEWEST_PEELED = 256
"""Rounds of peeling that take fewer nodes than this cost more than they save."""


@dataclass(frozen=True, slots=True, eq=False)
class DominatorTree:
    """For each node the nearest other one that every path from the roots crosses.

    ``n`` objects and the virtual root, node ``n``, which refers to the roots.

    Attributes:
        dominator_by_node: ``(n + 1,) int32``; ``NO_NODE`` for the virtual root and for nodes
            that no root reaches.
        nodes_top_down: ``(r + 1,) int32``, the reached nodes, each after its dominator; the
            virtual root comes first.
    """

    dominator_by_node: NodeArray
    nodes_top_down: NodeArray


def dominator_tree(graph: ReferenceGraph, roots: NodeArray) -> DominatorTree:
    """Find the immediate dominator of every node that the roots reach.

    A node with a single referrer and no referents of its own is dominated by that
    referrer and takes no part in any other path. These are peeled off first, again and
    again as their referrers become such nodes: the greater part of most heaps. What is
    left goes through Lengauer and Tarjan's algorithm.

    Args:
        graph: ``n`` objects, ``m`` references.
        roots: ``(k,)`` integers, repeats allowed.

    Raises:
        ValueError: A root is no node of the graph.

    References:
        Lengauer and Tarjan, TOPLAS 1(1), 1979, doi:10.1145/357062.357071.
    """
    rooted = _with_virtual_root(graph, roots)
    dominator_by_node = np.full(rooted.node_count, NO_NODE, dtype=np.int32)
    is_core, peeled = _peel(rooted)
    first_entry = rooted.referrers.graph.first_edge_by_node
    dominator_by_node[peeled] = rooted.referrers.graph.referent_by_edge[first_entry[peeled]]

    tree = DepthFirstTree.of_part(rooted, is_core, root=graph.node_count)
    dominators = np.array(_lengauer_tarjan(tree), dtype=np.int64)
    dominator_by_node[tree.nodes[1:]] = tree.nodes[dominators[1:]]
    return DominatorTree(dominator_by_node, np.append(tree.nodes, peeled[::-1]))


def retained_bytes(tree: DominatorTree, shallow_bytes_by_node: CountArray) -> CountArray:
    """Sum up what each node keeps alive alone, itself included.

    Args:
        tree: Of ``n`` objects.
        shallow_bytes_by_node: ``(n,) int64``.

    Returns:
        ``(n + 1,) int64`` bytes; 0 where no root reaches; the virtual root has the sum of all
        that is reached.
    """
    reached = tree.nodes_top_down
    retained_by_node = np.zeros(len(tree.dominator_by_node), dtype=np.int64)
    retained_by_node[reached[1:]] = shallow_bytes_by_node[reached[1:]]
    retained, dominator_of = retained_by_node.data, tree.dominator_by_node.data
    for node in reached.data[:0:-1]:
        retained[dominator_of[node]] += retained[node]
    return retained_by_node


def _with_virtual_root(graph: ReferenceGraph, roots: NodeArray) -> ReferenceGraph:
    """Add node ``n``, which refers to the roots; drop unreached edges and self-references."""
    is_reached = reachable_from(graph, roots)
    referrers, referents = graph.referrer_by_edge, graph.referent_by_edge
    part = graph.keep_edges(is_reached[referrers] & (referrers != referents)).graph
    first_edge_by_node = np.append(part.first_edge_by_node, part.edge_count + len(roots))
    referent_by_edge = np.append(part.referent_by_edge, roots).astype(np.int32, copy=False)
    return ReferenceGraph(graph.node_count + 1, first_edge_by_node, referent_by_edge)


def _peel(rooted: ReferenceGraph) -> tuple[NDArray[np.bool_], NodeArray]:
    """Take off nodes that refer to nothing that is left and have a single referrer.

    Returns:
        ``(n + 1,) bool``, the nodes that are left (reached ones only); and the peeled nodes in
        the order in which they fell, each before its referrer.
    """
    entries = rooted.referrers.graph
    first, last = entries.first_edge_by_node[:-1], entries.first_edge_by_node[1:] - 1
    is_left = last >= first
    # A node's entries are in the order of their referrers: equal ends mean a single one.
    has_one_referrer = np.zeros(rooted.node_count, dtype=np.bool_)
    entered = np.flatnonzero(is_left)
    has_one_referrer[entered] = (
        entries.referent_by_edge[first[entered]] == entries.referent_by_edge[last[entered]]
    )
    is_left[-1] = True
    edges_left = np.diff(rooted.first_edge_by_node)
    falling = np.flatnonzero(has_one_referrer & (edges_left == 0)).astype(np.int32)
    fallen = [falling[:0]]
    while len(falling) >= FEWEST_PEELED:
        is_left[falling] = False
        fallen.append(falling)
        referrers = entries.referent_by_edge[gather_edges(entries.first_edge_by_node, falling)]
        np.subtract.at(edges_left, referrers, 1)
        referrers = np.unique(referrers)
        falling = referrers[has_one_referrer[referrers] & (edges_left[referrers] == 0)]
    return is_left, np.concatenate(fallen)


def _lengauer_tarjan(tree: DepthFirstTree) -> list[int]:
    """Return the immediate dominator of each number of the tree, -1 for number 0.

    The simple version with path compression, O(edges · log nodes). A node that is not
    linked yet has its own number as semidominator, so entries from smaller numbers need
    no evaluation: the smallest of them stands in ``tree.smallest_entries``.
    """
    parent, semi = tree.parents, tree.smallest_entries.copy()
    first_back_entry, back_entries = tree.first_back_entry, tree.back_entries
    ancestor = [-1] * len(parent)
    evaluate = _evaluator(ancestor, semi)
    dominator = parent.copy()
    waiting_at: dict[int, list[int]] = {}
    for node in range(len(parent) - 1, 0, -1):
        lowest = semi[node]
        for entry in range(first_back_entry[node], first_back_entry[node + 1]):
            lowest = min(lowest, semi[evaluate(back_entries[entry])])
        semi[node] = lowest
        above = parent[node]
        ancestor[node] = above
        if lowest != above:
            waiting_at.setdefault(lowest, []).append(node)
        for waiting in waiting_at.pop(above, ()):
            best = evaluate(waiting)
            dominator[waiting] = best if semi[best] < semi[waiting] else above
    for node in range(1, len(parent)):
        if dominator[node] != semi[node]:
            dominator[node] = dominator[dominator[node]]
    return dominator


def _evaluator(ancestor: list[int], semi: list[int]) -> Callable[[int], int]:
    """Return the paper's EVAL with COMPRESS, over the links in ``ancestor`` as they grow.

    It takes a linked number, and gives that one of smallest semidominator between it
    and the top of its linked tree, the top left out.
    """
    label = list(range(len(ancestor)))

    def evaluate(node: int) -> int:
        above = ancestor[node]
        if ancestor[above] < 0:
            return label[node]
        way = []
        while ancestor[above] >= 0:
            way.append(node)
            node, above = above, ancestor[above]
        while way:
            upper, node = node, way.pop()
            if semi[label[upper]] < semi[label[node]]:
                label[node] = label[upper]
            ancestor[node] = ancestor[upper]
        return label[node]

    return evaluate
