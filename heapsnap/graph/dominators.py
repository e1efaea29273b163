"""What would go if an object went: the dominator tree.

Owns the exact tree over the whole heap; sums along it are ``subtrees``'. All strong references
count here: what makes paths readable, such as late edges, would make sizes wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.climbing import climb_to_dominators, climb_until_covering
from heapsnap.graph.contraction import Contraction
from heapsnap.graph.depth_first import DepthFirstTree
from heapsnap.graph.lengauer_tarjan import lengauer_tarjan
from heapsnap.graph.preorder import Preorder
from heapsnap.graph.reachability import breadth_first_parents, reachable_from
from heapsnap.graph.references import NO_EDGE, ReferenceGraph, gather_edges
from heapsnap.graph.subtrees import NO_POSITION, DominatorTree, Subtrees
from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.model import CountArray, NodeArray

LEAST_POPULAR = 32
"""Referrers from which on a node is popular: a few hundred nodes, half of all edges."""
SHARED_SHARE = 0.125
"""From this share of all nodes on, of those that refer and that several refer to, all of them count
as popular: of two million slots that point at random and hang in one list none is left then,
and 6 seconds of processor time of 14 (measured). On records it would take 2.8 instead of 1."""
MOST_STEPS = 256
"""Up from a shared leaf's referrer: two or three, unless it stands at the end of a long list."""
FEWEST_PEELED = 256
"""Rounds of peeling that take fewer nodes than this cost more than they save."""


def dominator_tree(graph: ReferenceGraph, roots: NodeArray) -> DominatorTree:
    """Find the immediate dominator of every node that the roots reach.

    A node with a single referrer and no referents of its own is dominated by that referrer and
    takes no part in any other path. These are peeled off first, again and again as their
    referrers become such nodes. Runs of what is
    left become one node each. The rest climbs, or goes through Lengauer and Tarjan's algorithm.

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

    core = rooted.keep_nodes(is_core)
    nodes = core.original_node_by_node
    dominators, order = _core_dominators(core.graph, len(nodes) - 1)
    dominator_by_node[nodes] = nodes[dominators]
    dominator_by_node[-1] = NO_NODE
    core_nodes = nodes[order.node_by_position]
    lengths = [len(core_nodes), *(len(layer) for layer in layers)]
    return DominatorTree(
        dominator_by_node,
        np.concatenate([core_nodes, *layers]),
        np.cumsum(lengths, dtype=np.int64),
        order.end_by_node[order.node_by_position],
    )


def _core_dominators(core: ReferenceGraph, root: int) -> tuple[NodeArray, Preorder]:
    """The dominator of each node, ``NO_NODE`` for the root, and the preorder of their tree."""
    runs = Contraction.of_graph(core)
    if runs.graph.node_count < core.node_count:
        return runs.expand(*_core_dominators(runs.graph, int(runs.run_by_node[root])))
    climbed = climb_to_dominators(core, root)
    if climbed is not None:
        return climbed
    tree = DepthFirstTree.of_graph(core, root)
    dominators = np.full(core.node_count, NO_NODE, dtype=np.int32)
    dominators[tree.nodes[1:]] = tree.nodes[lengauer_tarjan(tree)[1:]]
    return dominators, Preorder.of_parents(dominators, root)


def _one_entry_of_popular(
    rooted: ReferenceGraph, in_degree_by_node: CountArray
) -> NDArray[np.bool_]:
    """``(m,) bool``: all edges, but of those into a popular node only the one that reaches it."""
    is_shared = (np.diff(rooted.first_edge_by_node) > 0) & (in_degree_by_node > 1)
    are_many = np.count_nonzero(is_shared) > SHARED_SHARE * rooted.node_count
    least = min(2, LEAST_POPULAR) if are_many else LEAST_POPULAR
    is_kept: NDArray[np.bool_] = in_degree_by_node[rooted.referent_by_edge] < least
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
    above, too_far = climb_until_covering(
        common,
        parent_by_node=tree.dominator_by_node,
        position_by_node=subtrees.position_by_node,
        end_by_node=subtrees.end_by_node,
        lowest=lowest,
        highest=highest,
        most_steps=MOST_STEPS,
    )
    above[too_far] = NO_NODE
    return above


def _hang_leaves(tree: DominatorTree, leaves: NodeArray, dominators: NodeArray) -> DominatorTree:
    dominator_by_node = tree.dominator_by_node
    dominator_by_node[leaves] = dominators
    return DominatorTree(
        dominator_by_node,
        np.append(tree.nodes_top_down, leaves),
        np.append(tree.first_position_by_layer, len(tree.nodes_top_down) + len(leaves)),
        tree.end_by_core_position,
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
