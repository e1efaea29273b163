"""Dominators by climbing: any spanning tree becomes the dominator tree, with array operations.

Owns the climb. Ordinary heaps take one to five rounds, a linked list none at all; a graph that is
deep and tangled takes many, and is left to ``lengauer_tarjan``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.preorder import Preorder
from heapsnap.graph.reachability import breadth_first_parents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import NodeArray

MOST_ROUNDS = 24
"""A random graph of two million nodes with two references each takes five."""
STEPS_A_ROUND = 256


def climb_to_dominators(graph: ReferenceGraph, root: int) -> tuple[NodeArray, Preorder] | None:
    """Find the immediate dominator of every node, and the preorder of their tree.

    In every round a node's parent becomes the lowest common ancestor of what it was and of all
    its referrers. Nothing that dominates the node is ever lost from above it: between any
    ancestor and the node lies a path that avoids whatever is above that ancestor, so that
    what dominates the node is the new parent or dominates it too. Where all parents are
    ancestors of all referrers of their nodes, they dominate them: the tree is the one.

    Args:
        graph: ``n`` objects, all of them reached from the root.
        root: Where all paths begin; no edge leads to it.

    Returns:
        ``(n,) int32``, ``NO_NODE`` for the root, and the preorder; None where ``MOST_ROUNDS`` were
        not enough.

    References:
        Georgiadis and Tarjan, Dominator tree certification and divergent spanning trees,
        TALG 12(1), 2016, doi:10.1145/2764913: the parent property.
    """
    parent_by_node = breadth_first_parents(graph, root)
    entries = graph.referrers.graph
    first_entry, referrers = entries.first_edge_by_node, entries.referent_by_edge
    shared = np.flatnonzero(np.diff(first_entry) > 1).astype(np.int32)
    bounds = np.stack([first_entry[shared], first_entry[shared + 1]], axis=1).reshape(-1)
    for _ in range(MOST_ROUNDS):
        order = Preorder.of_parents(parent_by_node, root)
        if len(shared) == 0:
            return parent_by_node, order
        # One more, because the last slice may end at the end.
        positions = np.append(order.position_by_node[referrers], np.int32(0))
        # Every second slice is what lies between two nodes' entries.
        lowest = np.minimum.reduceat(positions, bounds)[::2]
        highest = np.maximum.reduceat(positions, bounds)[::2]
        parents = parent_by_node[shared]
        above, _ = climb_until_covering(
            parents,
            parent_by_node=parent_by_node,
            position_by_node=order.position_by_node,
            end_by_node=order.end_by_node,
            lowest=lowest,
            highest=highest,
            most_steps=STEPS_A_ROUND,
        )
        if (above == parents).all():
            return parent_by_node, order
        parent_by_node[shared] = above
    return None


def climb_until_covering(
    nodes: NodeArray,
    *,
    parent_by_node: NodeArray,
    position_by_node: NodeArray,
    end_by_node: NodeArray,
    lowest: NodeArray,
    highest: NodeArray,
    most_steps: int,
) -> tuple[NodeArray, NDArray[np.int64]]:
    """Go up a tree from each node until its subtree holds a span of positions.

    The lowest common ancestor of many nodes is that of the first and the last of them in preorder.

    Args:
        nodes: ``(k,) int32``, where the climbs begin.
        parent_by_node: ``(n,) int32``.
        position_by_node: ``(n,) int32``, in preorder.
        end_by_node: ``(n,) int32``, where each node's subtree ends.
        lowest: ``(k,) int32``, the first position that is to be held.
        highest: ``(k,) int32``, the last one.
        most_steps: How far up.

    Returns:
        ``(k,) int32``, the nodes that were arrived at; ``(j,) int64``, which of the climbs have
        not come to an end.
    """
    arrived = nodes.copy()
    climbing = np.arange(len(nodes), dtype=np.int64)
    for step in range(most_steps + 1):
        if step:
            arrived[climbing] = parent_by_node[arrived[climbing]]
        here = arrived[climbing]
        is_covering = position_by_node[here] <= lowest[climbing]
        is_covering &= highest[climbing] < end_by_node[here]
        climbing = climbing[~is_covering]
        if len(climbing) == 0:
            break
    return arrived, climbing
