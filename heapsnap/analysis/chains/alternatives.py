"""Further ways in which an object is held, beside its chosen path.

Owns the explanation graph: the referrers of one object, level after level, as far as the
roots, with the chosen path taken out; networkx finds the shortest chain that is left.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import describe_chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx

    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.results import Chain
    from heapsnap.snapshot.model import NodeArray

MOST_OBJECTS = 3000
"""Objects in the explanation graph: who holds an object is told by its neighbourhood, and a
dict of all modules refers to everything."""
ROOT = -1


def find_alternatives(
    places: Places, node: int, first_chain: Sequence[int], *, most: int
) -> list[Chain]:
    """Chains to the object that share no holder with the first one, nor with each other.

    Args:
        places: The heap.
        node: The object.
        first_chain: Edges of its chosen path, root first.
        most: How many to look for.
    """
    if most <= 0 or not first_chain:
        return []
    import networkx as nx

    explanation = _explanation_graph(places, node)
    nodes = np.array([n for n in explanation if n != ROOT], dtype=np.int64)
    explanation.remove_nodes_from(nodes[np.isin(nodes, _holders(places, first_chain))].tolist())
    chains: list[Chain] = []
    while len(chains) < most and explanation.has_node(ROOT):
        try:
            path = nx.shortest_path(explanation, ROOT, node)
        except nx.NetworkXNoPath:
            break
        edges = [explanation.edges[tail, head]["edge"] for tail, head in pairwise(path[1:])]
        chains.append(describe_chain(places, path[1], edges))
        explanation.remove_nodes_from(path[1:-1])
        if len(path) <= 2:  # noqa: PLR2004 - the object is a root itself
            break
    return chains


def _holders(places: Places, chain: Sequence[int]) -> NodeArray:
    """The objects on the chain but for its end; of a chain from a named module all but the root."""
    holders = places.graph.referrer_by_edge[np.array(chain, dtype=np.int64)]
    is_shared = len(holders) > 2 and int(holders[0]) in places.roots.modules.label_by_node  # noqa: PLR2004
    # A module and its namespace hold much that has nothing to do with each other.
    return holders[2:] if is_shared else holders


def _explanation_graph(places: Places, node: int) -> nx.DiGraph:
    """The object's referrers of referrers, roots tied to one virtual root."""
    import networkx as nx

    explanation = nx.DiGraph()
    explanation.add_node(node)
    reversed_graph = places.graph.referrers
    is_late = places.edge_labels.is_late_by_edge
    frontier = [node]
    while frontier and explanation.number_of_nodes() < MOST_OBJECTS:
        following = []
        for target in frontier:
            if target != node and _is_root(places, target):
                explanation.add_edge(ROOT, target, edge=-1)
                continue
            first = int(reversed_graph.graph.first_edge_by_node[target])
            end = int(reversed_graph.graph.first_edge_by_node[target + 1])
            for position in range(first, min(end, first + MOST_OBJECTS)):
                edge = int(reversed_graph.original_edge_by_edge[position])
                holder = int(reversed_graph.graph.referent_by_edge[position])
                if is_late[edge] or explanation.has_edge(holder, target):
                    continue
                if not explanation.has_node(holder):
                    following.append(holder)
                explanation.add_edge(holder, target, edge=edge)
        frontier = following
    if _is_root(places, node):
        explanation.add_edge(ROOT, node, edge=-1)
    return explanation


def _is_root(places: Places, node: int) -> bool:
    return any(node in roots.label_by_node for roots in places.root_sets[:3])
