"""Further ways in which an object is held, beside its chosen path.

Owns the explanation graph: the referrers of one object, level after level, as far as the
roots, with the chosen path taken out; networkx finds the shortest chain that is left.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import describe_chain
from heapsnap.analysis.heap.labels import ATTRIBUTES

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
OWNERS = frozenset({"type", "module"})
"""Built-in types whose objects have attributes, as instances of classes do."""


def find_alternatives(
    places: Places, node: int, first_chain: Sequence[int], *, most: int
) -> list[Chain]:
    """Further chains to the object: first those that share no holder with the others.

    Then those that share a class or an instance, and lead on from another attribute of it: to
    free the object, both attributes must let go.

    Args:
        places: The heap.
        node: The object.
        first_chain: Edges of its chosen path, root first.
        most: How many to look for.
    """
    if most <= 0 or not first_chain:
        return []
    explanation = _explanation_graph(places, node)
    shared = explanation.copy()
    explanation.remove_nodes_from(_known(explanation, _holders(places, first_chain)))
    paths: list[tuple[int, Sequence[int]]] = []
    while len(paths) < most and (path := _shortest(explanation, node)):
        paths.append((path[1], _edges(explanation, path)))
        explanation.remove_nodes_from(path[1:-1])
        if len(path) <= 2:  # noqa: PLR2004 - the object is a root itself
            break
    for chain in (first_chain, *(chain for _, chain in paths)):
        _let_go(places, shared, chain)
    while len(paths) < most and (path := _shortest(shared, node)):
        paths.append((path[1], _edges(shared, path)))
        if not _let_go(places, shared, paths[-1][1]):
            break
    return [describe_chain(places, start, chain) for start, chain in paths]


def _shortest(explanation: nx.DiGraph, node: int) -> list[int]:
    """The nodes of the shortest path from the virtual root; none where there is no path."""
    import networkx as nx

    if not explanation.has_node(ROOT):
        return []
    try:
        return list(nx.shortest_path(explanation, ROOT, node))
    except nx.NetworkXNoPath:
        return []


def _edges(explanation: nx.DiGraph, path: Sequence[int]) -> list[int]:
    return [explanation.edges[tail, head]["edge"] for tail, head in pairwise(path[1:])]


def _known(explanation: nx.DiGraph, nodes: NodeArray) -> list[int]:
    return [node for node in nodes.tolist() if explanation.has_node(node)]


def _let_go(places: Places, explanation: nx.DiGraph, chain: Sequence[int]) -> bool:
    """Take the reference out of the graph that must go for the chain to end; whether one did.

    Without an attribute that could let go all holders are taken out.
    """
    position = _attribute_to_let_go(places, chain)
    if position < 0:
        holders = places.graph.referrer_by_edge[np.array(chain, dtype=np.int64)]
        known = _known(explanation, holders)
        explanation.remove_nodes_from(known)
        return bool(known)
    edge = chain[position]
    owner, referent = (
        int(places.graph.referrer_by_edge[edge]),
        int(places.graph.referent_by_edge[edge]),
    )
    if not explanation.has_edge(owner, referent):
        return False
    data = explanation.edges[owner, referent]
    others = [other for other in (data["edge"], *data["others"]) if other != edge]
    explanation.remove_edge(owner, referent)
    if others:  # the owner has the same thing under a second name
        explanation.add_edge(owner, referent, edge=others[0], others=others[1:])
    return True


def _attribute_to_let_go(places: Places, chain: Sequence[int]) -> int:
    """Position of the attribute of a class, an instance or a module that holds the last container.

    That of the object itself where the chain leads through no container; -1 for none.
    """
    snapshot = places.snapshot
    names = [snapshot.edge_names[int(snapshot.name_by_edge[edge])] for edge in chain]
    # Before the first reference stands none; what is in a dict of attributes is no item.
    in_attributes = [name == ATTRIBUTES for name in ["", *names]]
    items = [
        position
        for position, name in enumerate(names)
        if not name.startswith(".") and not in_attributes[position]
    ]
    for position in range(items[-1] if items else len(chain) - 1, -1, -1):
        if in_attributes[position]:
            return position
        owner = int(places.graph.referrer_by_edge[chain[position]])
        kind = snapshot.types[int(snapshot.type_by_node[owner])]
        has_attributes = kind.is_heap_type or kind.layout in OWNERS
        if has_attributes and names[position].startswith(".") and names[position] != ATTRIBUTES:
            return position
    return -1


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
                if is_late[edge]:
                    continue
                if explanation.has_edge(holder, target):
                    explanation.edges[holder, target]["others"].append(edge)
                    continue
                if not explanation.has_node(holder):
                    following.append(holder)
                explanation.add_edge(holder, target, edge=edge, others=[])
        frontier = following
    if _is_root(places, node):
        explanation.add_edge(ROOT, node, edge=-1)
    return explanation


def _is_root(places: Places, node: int) -> bool:
    return any(node in roots.label_by_node for roots in places.root_sets[:3])
