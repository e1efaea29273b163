"""One path for each node, chosen so that the same heap always gives the same paths.

Owns the choice among the shortest paths that ``levels`` left open, and the walk
back along the chosen one. What a path is called is the business of ``signatures``;
labels are ranks that the caller gives to names.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.references import NO_EDGE, group_items
from heapsnap.graph.signatures import (
    NO_SIGNATURE,
    SignatureBook,
    SignatureTable,
    Steps,
    number_values,
)
from heapsnap.graph.single_file import find_runs, sign_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.graph.levels import LevelResult
    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import NodeArray

NARROW_CANDIDATES = 96
"""Levels with up to as many candidate edges are settled edge by edge: array operations cost 75 us a
level at least (measured)."""

BLOCK_LENGTH = 1 << 21
"""Candidates that are compared at once: a level may have thirty million, each of which takes 24
bytes meanwhile. Where there are more, their keys are computed twice instead."""

NO_KEY = 2**63 - 1
"""Greater than every key."""


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalPaths:
    """The chosen path of every reached node.

    Attributes:
        signature_by_node: ``(n,) int32``, ``NO_SIGNATURE`` where unreached.
        parent_edge_by_node: ``(n,)``, ``int32`` where that holds all edges, else ``int64``:
            the path's last edge; ``NO_EDGE`` for the roots and where unreached.
        signatures: What the signature numbers stand for.
    """

    signature_by_node: NDArray[np.int32]
    parent_edge_by_node: NDArray[np.int32] | NDArray[np.int64]
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
        if level in choice.runs:
            level = choice.settle_run(level, choice.runs[level])
        elif candidate_count == 0:
            level = choice.settle_roots(level, label_by_node, root_label_by_node)
        elif candidate_count <= NARROW_CANDIDATES:
            level = choice.settle_narrow(level)
        else:
            level = choice.settle_wide(level)
    return choice.result()


def edge_number_kind(graph: ReferenceGraph) -> type[np.signedinteger]:
    """The narrower kind of integer that holds every edge number."""
    return np.int32 if graph.edge_count <= np.iinfo(np.int32).max else np.int64


def find_chain(
    graph: ReferenceGraph, parent_edge_by_node: NDArray[np.signedinteger], node: int
) -> Sequence[int]:
    """List the edges of a node's chosen path, root first; none for a root.

    Args:
        graph: ``n`` objects, ``m`` references.
        parent_edge_by_node: ``(n,)`` integers, as in ``CanonicalPaths``.
        node: Where the path ends.
    """
    # Views and an array, not lists: a path may have ten million edges.
    referrer_of, parent_edge_of = graph.referrer_by_edge.data, parent_edge_by_node.data
    chain = array("q")
    while (edge := parent_edge_of[node]) != NO_EDGE:
        chain.append(edge)
        node = referrer_of[edge]
    chain.reverse()
    return chain


class _Choice:
    """The state of the choice.

    The candidate columns hold, for each of ``k`` candidate edges, grouped by the level of its
    referent and ascending within: its number ``(k,)`` and its step ``(k,) int32``.
    """

    def __init__(
        self,
        graph: ReferenceGraph,
        levels: LevelResult,
        label_by_edge: NDArray[np.int32],
        label_by_node: NDArray[np.int32],
    ) -> None:
        self.nodes: NodeArray = levels.node_by_position
        # Views, not lists: a linked list of ten million nodes has as many levels.
        self.first_positions = levels.first_position_by_level.data
        number_kind = edge_number_kind(graph)
        edges = np.flatnonzero(levels.is_candidate_by_edge).astype(number_kind, copy=False)
        first_candidate_by_level, self.candidate_edges = group_items(
            edges,
            levels.level_by_node[graph.referent_by_edge[edges]],
            group_count=len(self.first_positions) - 1,
        )
        self.first_candidate_by_level = first_candidate_by_level.data
        self.runs = find_runs(graph, first_candidate_by_level, self.candidate_edges)
        del edges  # Each of these columns is four bytes an object: none lives longer than needed.
        self.graph = graph
        steps = Steps.of_edges(
            self.candidate_edges,
            label_by_edge=label_by_edge,
            referent_by_edge=graph.referent_by_edge,
            label_by_node=label_by_node,
        )
        self.candidate_steps = steps.step_by_item
        self.book = SignatureBook(steps)
        self.signature_by_node = np.full(graph.node_count, NO_SIGNATURE, dtype=np.int32)
        self.parent_edge_by_node = np.full(graph.node_count, NO_EDGE, dtype=number_kind)
        self._smallest_by_node = np.full(graph.node_count, NO_KEY, dtype=np.int64)

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
        candidate_edges, steps = self.candidate_edges.data, self.candidate_steps.data
        referrer_of = self.graph.referrer_by_edge.data
        referent_of = self.graph.referent_by_edge.data
        signature_of = self.signature_by_node.data
        parent_edge_of = self.parent_edge_by_node.data
        known, step_count = self.book.signature_by_key, self.book.step_count
        first_of_level = self.first_candidate_by_level
        while level < len(first_of_level) - 1:
            start, end = first_of_level[level], first_of_level[level + 1]
            if not 0 < end - start <= NARROW_CANDIDATES or level in self.runs:
                break
            smallest: dict[int, int] = {}
            for candidate in range(start, end):
                edge = candidate_edges[candidate]
                key = signature_of[referrer_of[edge]] * step_count + steps[candidate]
                node = referent_of[edge]
                if key < smallest.get(node, NO_KEY):
                    smallest[node] = key
                    parent_edge_of[node] = edge
            new_keys = [key for key in smallest.values() if key not in known]
            for key in sorted(new_keys):
                self.book.of_key(key)
            for node, key in smallest.items():
                signature_of[node] = known[key]
            level += 1
        return level

    def settle_run(self, level: int, end_level: int) -> int:
        """Settle levels with one candidate each all at once; return the next level."""
        start, end = self.first_candidate_by_level[level], self.first_candidate_by_level[end_level]
        edges, book = self.candidate_edges[start:end], self.book
        self.signature_by_node[self.graph.referent_by_edge[edges]] = sign_run(
            self.candidate_steps[start:end],
            int(self.signature_by_node[self.graph.referrer_by_edge[edges[0]]]),
            lambda parent, step: book.of_key(parent * book.step_count + step),
        )
        self.parent_edge_by_node[self.graph.referent_by_edge[edges]] = edges
        return end_level

    def settle_wide(self, level: int) -> int:
        """Choose for a level with array operations; return the next one."""
        first, end = self.first_candidate_by_level[level : level + 2]
        starts = range(first, end, BLOCK_LENGTH)
        blocks = [slice(start, min(start + BLOCK_LENGTH, end)) for start in starts]
        keys: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        for block in blocks:
            referents, keys = self._referents_and_keys(block)
            np.minimum.at(self._smallest_by_node, referents, keys)
        found = []
        for block in blocks:
            if len(blocks) > 1:  # Of one block the keys are still there.
                referents, keys = self._referents_and_keys(block)
            is_smallest = keys == self._smallest_by_node[referents]
            found.append(self.candidate_edges[block][is_smallest])
        del referents, keys, is_smallest
        edges = np.concatenate(found)
        referents = self.graph.referent_by_edge[edges]
        distinct, number_by_key = number_values(self._smallest_by_node[referents])
        signatures = np.array([self.book.of_key(key) for key in distinct.tolist()], dtype=np.int32)
        self.signature_by_node[referents] = signatures[number_by_key]
        # Backwards: of several writes for one node the last stays, its smallest edge.
        self.parent_edge_by_node[referents[::-1]] = edges[::-1]
        return level + 1

    def _referents_and_keys(self, block: slice) -> tuple[NodeArray, NDArray[np.int64]]:
        """``(k,)`` each: where candidates lead, and what they are compared by."""
        edges = self.candidate_edges[block]
        keys = self.signature_by_node[self.graph.referrer_by_edge[edges]].astype(np.int64)
        keys *= self.book.step_count
        keys += self.candidate_steps[block]
        return self.graph.referent_by_edge[edges], keys

    def result(self) -> CanonicalPaths:
        """Freeze what was chosen."""
        return CanonicalPaths(self.signature_by_node, self.parent_edge_by_node, self.book.table())
