"""One path for each node, chosen so that the same heap always gives the same paths.

Owns the choice among the shortest paths that ``levels`` left open, and the walk
back along the chosen one. What a path is called is the business of ``signatures``;
labels are ranks that the caller gives to names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.references import NO_EDGE, group_edges_by_target
from heapsnap.graph.signatures import NO_SIGNATURE, SignatureBook, SignatureTable, Steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.levels import LevelResult
    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import EdgeArray, NodeArray

NARROW_CANDIDATES = 96
"""Levels with up to as many candidate edges are settled edge by edge: array operations cost 75 us a
level at least (measured)."""


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalPaths:
    """The chosen path of every reached node.

    Attributes:
        signature_by_node: ``(n,) int32``, ``NO_SIGNATURE`` where unreached.
        parent_edge_by_node: ``(n,) int64``, the path's last edge; ``NO_EDGE`` for the roots
            and where unreached.
        signatures: What the signature numbers stand for.
    """

    signature_by_node: NDArray[np.int32]
    parent_edge_by_node: EdgeArray
    signatures: SignatureTable


def canonical_parents(
    graph: ReferenceGraph,
    levels: LevelResult,
    *,
    label_by_edge: NDArray[np.int32],
    label_by_node: NDArray[np.int32],
    root_label_by_node: NDArray[np.int32],
) -> CanonicalPaths:
    """Choose a parent for every reached node and name its path by a signature.

    Of a node's candidate edges the one is taken whose (referrer's signature, edge
    label) is smallest; among equal ones, which lead to the same signature, the
    smallest edge number. Level by level new signatures are numbered in the order of
    (parent's signature, edge label, node label). Two nodes have the same signature
    if and only if their paths read the same, after runs are collapsed: where the
    last one to three steps of a path repeat the steps before them, the node wears
    the signature from before the repetition.

    Args:
        graph: ``n`` objects, ``m`` references.
        levels: Of the same graph.
        label_by_edge: ``(m,) int32``, rank of the reference's name; not negative.
        label_by_node: ``(n,) int32``, rank of the type's name; not negative.
        root_label_by_node: ``(n,) int32``, rank of the root's name; read for roots alone.
    """
    choice = _Choice(graph, levels, label_by_edge, label_by_node)
    level, level_count = 0, len(levels.first_position_by_level) - 1
    while level < level_count:
        candidate_count = choice.candidate_count(level)
        if candidate_count == 0:
            level = choice.settle_roots(level, label_by_node, root_label_by_node)
        elif candidate_count <= NARROW_CANDIDATES:
            level = choice.settle_narrow(level)
        else:
            level = choice.settle_wide(level)
    return choice.result()


def find_chain(graph: ReferenceGraph, parent_edge_by_node: EdgeArray, node: int) -> list[int]:
    """List the edges of a node's chosen path, root first; none for a root.

    Args:
        graph: ``n`` objects, ``m`` references.
        parent_edge_by_node: ``(n,) int64``, as in ``CanonicalPaths``.
        node: Where the path ends.
    """
    referrer_by_edge = graph.referrer_by_edge
    chain = []
    while (edge := int(parent_edge_by_node[node])) != NO_EDGE:
        chain.append(edge)
        node = int(referrer_by_edge[edge])
    return chain[::-1]


class _Choice:
    """The state of the choice; works on queue positions, so that a level is a slice.

    ``first_candidate`` is ``(r + 1,) int64``; the three candidate columns beside it hold, for
    each candidate edge, grouped by the position of its referent and ascending within: its
    number ``(k,) int64``, its referrer ``(k,) int32``, its step ``(k,) int64``.
    """

    def __init__(
        self,
        graph: ReferenceGraph,
        levels: LevelResult,
        label_by_edge: NDArray[np.int32],
        label_by_node: NDArray[np.int32],
    ) -> None:
        nodes = levels.node_by_position
        position_by_node = np.empty(graph.node_count, dtype=np.int32)
        position_by_node[nodes] = np.arange(len(nodes), dtype=np.int32)
        edges = np.flatnonzero(levels.is_candidate_by_edge)
        positions = position_by_node[graph.referent_by_edge[edges]]
        one_row = np.array([0, len(edges)], dtype=np.int64)
        self.first_candidate, _, order = group_edges_by_target(
            one_row, positions, target_count=len(nodes)
        )
        self.candidate_edges = edges[order]
        self.candidate_referrers = graph.referrer_by_edge[self.candidate_edges]
        referents = graph.referent_by_edge[self.candidate_edges]
        steps = Steps.of_pairs(label_by_edge[self.candidate_edges], label_by_node[referents])
        self.candidate_steps = steps.step_by_item

        self.nodes: NodeArray = nodes
        self.book = SignatureBook(steps)
        self.signature_by_node = np.full(graph.node_count, NO_SIGNATURE, dtype=np.int32)
        self.parent_edge_by_node = np.full(graph.node_count, NO_EDGE, dtype=np.int64)
        self.first_positions: list[int] = levels.first_position_by_level.tolist()
        self.first_candidate_by_level: list[int] = self.first_candidate[
            levels.first_position_by_level
        ].tolist()

    def candidate_count(self, level: int) -> int:
        """Count the candidate edges that lead to the level's nodes; none lead to roots."""
        return self.first_candidate_by_level[level + 1] - self.first_candidate_by_level[level]

    def settle_roots(
        self, level: int, label_by_node: NDArray[np.int32], root_label_by_node: NDArray[np.int32]
    ) -> int:
        """Give a level of roots its signatures; return the next level."""
        nodes = self.nodes[self.first_positions[level] : self.first_positions[level + 1]]
        root_labels = root_label_by_node[nodes].tolist()
        labels = list(zip(root_labels, label_by_node[nodes].tolist(), strict=True))
        signature_of = {pair: self.book.of_root(*pair) for pair in sorted(set(labels))}
        self.signature_by_node[nodes] = [signature_of[pair] for pair in labels]
        return level + 1

    def settle_narrow(self, level: int) -> int:
        """Choose edge by edge, level after level while they stay narrow; return the next one."""
        # Reading one item from a view of the memory costs a third of numpy's indexing.
        first_candidate, node_at = self.first_candidate.data, self.nodes.data
        candidate_edges = self.candidate_edges.data
        referrers, steps = self.candidate_referrers.data, self.candidate_steps.data
        signature_of = self.signature_by_node.data
        parent_edge_of = self.parent_edge_by_node.data
        known, step_count = self.book.signature_by_key, self.book.step_count
        first_positions, first_of_level = self.first_positions, self.first_candidate_by_level
        level_count = len(first_positions) - 1
        while level < level_count:
            if not 0 < first_of_level[level + 1] - first_of_level[level] <= NARROW_CANDIDATES:
                break
            start, end = first_positions[level], first_positions[level + 1]
            keys = []
            for position in range(start, end):
                smallest = chosen = -1
                for candidate in range(first_candidate[position], first_candidate[position + 1]):
                    key = signature_of[referrers[candidate]] * step_count + steps[candidate]
                    if chosen < 0 or key < smallest:
                        smallest, chosen = key, candidate
                parent_edge_of[node_at[position]] = candidate_edges[chosen]
                keys.append(smallest)
            new_keys = [key for key in keys if key not in known]
            for key in sorted(new_keys):
                self.book.of_key(key)
            for position, key in enumerate(keys, start):
                signature_of[node_at[position]] = known[key]
            level += 1
        return level

    def settle_wide(self, level: int) -> int:
        """Choose for a level with array operations; return the next one."""
        start, end = self.first_positions[level], self.first_positions[level + 1]
        first = self.first_candidate[start : end + 1]
        candidates = slice(int(first[0]), int(first[-1]))
        parents = self.signature_by_node[self.candidate_referrers[candidates]].astype(np.int64)
        keys = parents * self.book.step_count + self.candidate_steps[candidates]
        segments = first[:-1] - first[0]
        smallest = np.minimum.reduceat(keys, segments)
        # Candidates that are not the smallest of their node are moved behind all others.
        ranks = np.arange(len(keys))
        ranks[keys != np.repeat(smallest, np.diff(first))] = len(keys)
        chosen = np.minimum.reduceat(ranks, segments) + candidates.start

        nodes = self.nodes[start:end]
        distinct = np.unique(smallest)
        signatures = np.array([self.book.of_key(key) for key in distinct.tolist()], dtype=np.int32)
        self.signature_by_node[nodes] = signatures[np.searchsorted(distinct, smallest)]
        self.parent_edge_by_node[nodes] = self.candidate_edges[chosen]
        return level + 1

    def result(self) -> CanonicalPaths:
        """Freeze what was chosen."""
        return CanonicalPaths(self.signature_by_node, self.parent_edge_by_node, self.book.table())
