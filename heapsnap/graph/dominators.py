"""What would go if an object went: the dominator tree.

Owns the exact tree over the whole heap; sums along it are ``subtrees``'. All strong references
count here: what makes paths readable, such as late edges, would make sizes wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.depth_first import DepthFirstTree
from heapsnap.graph.reachability import breadth_first_parents, reachable_from
from heapsnap.graph.references import NO_EDGE, ReferenceGraph, gather_edges
from heapsnap.graph.subtrees import NO_POSITION, DominatorTree, Subtrees
from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import CountArray, NodeArray

LEAST_POPULAR = 32
"""Referrers from which on a node is popular: a few hundred nodes, half of all edges."""
MOST_STEPS = 256
"""Up from a shared leaf's referrer: two or three, unless it stands at the end of a long list."""
FEWEST_PEELED = 256
"""Rounds of peeling that take fewer nodes than this cost more than they save."""


def dominator_tree(graph: ReferenceGraph, roots: NodeArray) -> DominatorTree:
    """Find the immediate dominator of every node that the roots reach.

    A node with a single referrer and no referents of its own is dominated by that referrer and
    takes no part in any other path. These are peeled off first, again and again as their
    referrers become such nodes. What is left goes through Lengauer and Tarjan's algorithm.

    Most objects could be peeled, were it not for two kinds of nodes that several refer to.
    A *shared leaf* refers to nothing: it hangs on the lowest common dominator of its referrers,
    found when all else is known. A *popular* node, such as a class, is first entered by one
    edge alone. If its dominator then dominates every other referrer of it as well, those edges
    change nothing; else the outermost of them are taken back in, and the tree is made again.

    Args:
        graph: ``n`` objects, ``m`` references.
        roots: ``(k,)`` integers, repeats allowed.

    Raises:
        ValueError: A root is no node of the graph.

    References:
        Lengauer and Tarjan, TOPLAS 1(1), 1979, doi:10.1145/357062.357071.
    """
    rooted = _with_virtual_root(graph, roots)
    in_degrees = np.bincount(rooted.referent_by_edge, minlength=rooted.node_count)
    is_shared_leaf = (np.diff(rooted.first_edge_by_node) == 0) & (in_degrees > 1)
    is_kept = _one_entry_of_popular(rooted, in_degrees) & ~is_shared_leaf[rooted.referent_by_edge]
    while True:
        tree = _exact_tree(rooted if is_kept.all() else rooted.keep_edges(is_kept).graph)
        subtrees = Subtrees.of_tree(tree)
        is_left_out = ~is_kept & ~is_shared_leaf[rooted.referent_by_edge]
        missing = _edges_that_matter(rooted, tree, subtrees, np.flatnonzero(is_left_out))
        if len(missing) == 0:
            leaves = np.flatnonzero(is_shared_leaf).astype(np.int32)
            dominators = _common_dominators(rooted, tree, subtrees, leaves)
            too_far = leaves[dominators == NO_NODE]
            if len(too_far) == 0:
                return _hang_leaves(tree, leaves, dominators)
            is_shared_leaf[too_far] = False
            missing = np.flatnonzero(~is_kept & ~is_shared_leaf[rooted.referent_by_edge])
        is_kept[missing] = True


def _exact_tree(rooted: ReferenceGraph) -> DominatorTree:
    """The dominator tree of a graph whose last node reaches all that has edges."""
    dominator_by_node = np.full(rooted.node_count, NO_NODE, dtype=np.int32)
    is_core, layers = _peel(rooted)
    peeled = np.concatenate([np.empty(0, np.int32), *layers])
    first_entry = rooted.referrers.graph.first_edge_by_node
    dominator_by_node[peeled] = rooted.referrers.graph.referent_by_edge[first_entry[peeled]]

    tree = DepthFirstTree.of_part(rooted, is_core, root=rooted.node_count - 1)
    dominators = _lengauer_tarjan(tree)
    dominator_by_node[tree.nodes[1:]] = tree.nodes[dominators[1:]]
    lengths = [len(tree.nodes), *(len(layer) for layer in layers)]
    return DominatorTree(
        dominator_by_node,
        np.concatenate([tree.nodes, *layers]),
        np.cumsum(lengths, dtype=np.int64),
    )


def _one_entry_of_popular(
    rooted: ReferenceGraph, in_degree_by_node: CountArray
) -> NDArray[np.bool_]:
    """``(m,) bool``: all edges, but of those into a popular node only the one that reaches it."""
    is_kept: NDArray[np.bool_] = in_degree_by_node[rooted.referent_by_edge] < LEAST_POPULAR
    dropped = np.flatnonzero(~is_kept)
    parent_by_node = breadth_first_parents(rooted, rooted.node_count - 1)
    referents = rooted.referent_by_edge[dropped]
    by_parent = dropped[rooted.referrer_by_edge[dropped] == parent_by_node[referents]]
    # Of several parallel edges the last one written stays: one for each node.
    entry_by_node = np.full(rooted.node_count, NO_EDGE, dtype=np.int64)
    entry_by_node[rooted.referent_by_edge[by_parent]] = by_parent
    is_kept[entry_by_node[entry_by_node != NO_EDGE]] = True
    return is_kept


def _edges_that_matter(
    rooted: ReferenceGraph, tree: DominatorTree, subtrees: Subtrees, edges: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of these left-out edges those from outside of what dominates their referent, two a node.

    The lowest common dominator of many nodes is that of the first and the last of them in
    preorder: these two edges move the referent up as far as all of them would.
    """
    referents = rooted.referent_by_edge[edges]
    positions = subtrees.position_by_node[rooted.referrer_by_edge[edges]]
    dominators = tree.dominator_by_node[referents]
    is_inside = subtrees.position_by_node[dominators] <= positions
    is_inside &= positions < subtrees.end_by_node[dominators]
    edges, referents, positions = edges[~is_inside], referents[~is_inside], positions[~is_inside]
    order = np.argsort(positions, kind="stable")
    first = np.full(rooted.node_count, NO_EDGE, dtype=np.int64)
    last = first.copy()
    # Of several writes to one cell the last stays.
    last[referents[order]] = edges[order]
    first[referents[order[::-1]]] = edges[order[::-1]]
    both = np.append(first, last)
    outermost: NDArray[np.int64] = both[both != NO_EDGE]
    return outermost


def _common_dominators(
    rooted: ReferenceGraph, tree: DominatorTree, subtrees: Subtrees, leaves: NodeArray
) -> NodeArray:
    """The lowest common dominator of each leaf's referrers: ``(k,) int32``.

    ``NO_NODE`` where it is too far above them: a walk of a million steps is for the algorithm.
    """
    if len(leaves) == 0:
        return leaves
    entries = rooted.referrers.graph
    first_entries = entries.first_edge_by_node[leaves]
    # One more, because the last slice may end at the end.
    positions = np.append(subtrees.position_by_node[entries.referent_by_edge], NO_POSITION)
    bounds = np.stack([first_entries, entries.first_edge_by_node[leaves + 1]], axis=1)
    # Every second slice is what lies between two leaves' entries.
    lowest = np.minimum.reduceat(positions, bounds.reshape(-1))[::2]
    highest = np.maximum.reduceat(positions, bounds.reshape(-1))[::2]
    node_by_position = np.empty(int(subtrees.end_by_node[-1]), dtype=np.int32)
    node_by_position[subtrees.position_by_node[tree.nodes_top_down]] = tree.nodes_top_down
    common = node_by_position[lowest]
    climbing = np.flatnonzero(subtrees.end_by_node[common] <= highest)
    for _ in range(MOST_STEPS):
        if len(climbing) == 0:
            break
        common[climbing] = tree.dominator_by_node[common[climbing]]
        climbing = climbing[subtrees.end_by_node[common[climbing]] <= highest[climbing]]
    common[climbing] = NO_NODE
    return common


def _hang_leaves(tree: DominatorTree, leaves: NodeArray, dominators: NodeArray) -> DominatorTree:
    dominator_by_node = tree.dominator_by_node
    dominator_by_node[leaves] = dominators
    return DominatorTree(
        dominator_by_node,
        np.append(tree.nodes_top_down, leaves),
        np.append(tree.first_position_by_layer, len(tree.nodes_top_down) + len(leaves)),
    )


def _with_virtual_root(graph: ReferenceGraph, roots: NodeArray) -> ReferenceGraph:
    """Add node ``n``, which refers to the roots; drop unreached edges and self-references."""
    is_reached = reachable_from(graph, roots)
    referrers, referents = graph.referrer_by_edge, graph.referent_by_edge
    part = graph.keep_edges(is_reached[referrers] & (referrers != referents)).graph
    first_edge_by_node = np.append(part.first_edge_by_node, part.edge_count + len(roots))
    referent_by_edge = np.append(part.referent_by_edge, roots).astype(np.int32, copy=False)
    return ReferenceGraph(graph.node_count + 1, first_edge_by_node, referent_by_edge)


def _peel(rooted: ReferenceGraph) -> tuple[NDArray[np.bool_], list[NodeArray]]:
    """Take off nodes that refer to nothing that is left and have a single referrer.

    Returns:
        ``(n + 1,) bool``, the nodes that are left (reached ones only); and the peeled nodes
        in layers ``int32``, each after its referrers' layer: the reverse of how they fell.
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
    fallen: list[NodeArray] = []
    while len(falling) >= FEWEST_PEELED:
        is_left[falling] = False
        fallen.append(falling)
        referrers = entries.referent_by_edge[gather_edges(entries.first_edge_by_node, falling)]
        np.subtract.at(edges_left, referrers, 1)
        # Not numpy.unique: sorting or hashing takes as long as all the rest.
        is_touched = np.zeros(rooted.node_count, dtype=np.bool_)
        is_touched[referrers] = True
        referrers = np.flatnonzero(is_touched).astype(np.int32)
        falling = referrers[has_one_referrer[referrers] & (edges_left[referrers] == 0)]
    return is_left, fallen[::-1]


def _lengauer_tarjan(tree: DepthFirstTree) -> NodeArray:
    """Return the immediate dominator of each number of the tree, ``int32``, -1 for number 0.

    The simple version with path compression, O(edges · log nodes). A node that is not
    linked yet has its own number as semidominator, so entries from smaller numbers need
    no evaluation: the smallest of them stands in ``tree.smallest_entries``.
    """
    # Views of the arrays' memory: a list would take ten times as much, for a fifth of the time.
    parent, semi = tree.parents.data, tree.smallest_entries.copy().data
    first_back_entry, back_entries = tree.first_back_entry.data, tree.back_entries.data
    ancestor = np.full(len(parent), -1, dtype=np.int32).data
    evaluate = _evaluator(ancestor, semi)
    found = tree.parents.copy()
    dominator = found.data
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
    return found


def _evaluator(ancestor: memoryview, semi: memoryview) -> Callable[[int], int]:
    """Return the paper's EVAL with COMPRESS, over the links in ``ancestor`` as they grow.

    It takes a linked number, and gives that one of smallest semidominator between it
    and the top of its linked tree, the top left out.
    """
    label = np.arange(len(ancestor), dtype=np.int32).data

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
