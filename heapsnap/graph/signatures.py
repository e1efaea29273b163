"""Signatures: where an object lives, said without its identity.

Owns the table of signatures and the rule by which it grows: one entry for each
distinct sequence of steps from a root, runs collapsed. Which steps a node's path
takes is decided in ``paths``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_SIGNATURE = -1
"""The signature of a node that no root reaches, and the parent of a root's signature."""

LONGEST_PERIOD = 3
"""A linked list repeats after one step (``Node .next``), after two where a link object stands
between (``Node .link Link .node``), after three where that keeps its attributes in a dict."""

TABLE_CELLS_PER_VALUE = 16
"""A table of all possible values pays up to as many cells for each value that is given: 300 k
values of 5,000 kinds take 11 ms, of 64 cells each 59 ms, ``numpy.unique`` and a search 36 ms."""

BLOCK_LENGTH = 1 << 17

_ROOT_STEP = -1
"""Equals no step: a comparison of runs ends at the root at the latest."""


@dataclass(frozen=True, slots=True, eq=False)
class SignatureTable:
    """``s`` signatures, parents before children.

    Their numbers follow from labels and the graph's form alone, never from the
    numbers of nodes and edges: the same heap gives the same table.

    Attributes:
        parent_by_signature: ``(s,) int32``, ``NO_SIGNATURE`` for a root's.
        edge_label_by_signature: ``(s,) int32``, the label of the last reference; of the root
            itself for a root's.
        node_label_by_signature: ``(s,) int32``, the label of the nodes that wear it.
    """

    parent_by_signature: NDArray[np.int32]
    edge_label_by_signature: NDArray[np.int32]
    node_label_by_signature: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the signatures: ``s``."""
        return len(self.parent_by_signature)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The distinct pairs (label of a reference, label of its referent), numbered in their order.

    Attributes:
        edge_label_by_step: ``(t,) int64``.
        node_label_by_step: ``(t,) int64``.
        step_by_item: ``(k,) int32``, the step of each pair that was given.
    """

    edge_label_by_step: NDArray[np.int64]
    node_label_by_step: NDArray[np.int64]
    step_by_item: NDArray[np.int32]

    @classmethod
    def of_pairs(cls, edge_labels: NDArray[np.int32], node_labels: NDArray[np.int32]) -> Steps:
        """Number the pairs.

        Args:
            edge_labels: ``(k,) int32``, none negative.
            node_labels: ``(k,) int32``, none negative.
        """
        width = int(node_labels.max(initial=0)) + 1
        largest = (int(edge_labels.max(initial=0)) + 1) * width
        fits = largest <= np.iinfo(np.int32).max
        keys: NDArray[Any] = edge_labels.astype(np.int32 if fits else np.int64)
        keys *= width
        keys += node_labels
        distinct, step_by_item = number_values(keys)
        return cls(distinct // width, distinct % width, step_by_item)

    @classmethod
    def of_edges(
        cls,
        edges: NDArray[np.signedinteger],
        *,
        label_by_edge: NDArray[np.int32],
        referent_by_edge: NDArray[np.int32],
        label_by_node: NDArray[np.int32],
    ) -> Steps:
        """Number the pairs of many edges, block by block: a third of the memory.

        Args:
            edges: ``(k,)`` integers.
            label_by_edge: ``(m,) int32``, none negative.
            referent_by_edge: ``(m,) int32``.
            label_by_node: ``(n,) int32``, none negative.
        """
        width = int(label_by_node.max(initial=0)) + 1
        cell_count = (int(label_by_edge.max(initial=0)) + 1) * width
        if cell_count > TABLE_CELLS_PER_VALUE * len(edges):
            return cls.of_pairs(label_by_edge[edges], label_by_node[referent_by_edge[edges]])

        def keys_of(block: slice) -> NDArray[np.int64]:
            part = edges[block]
            keys: NDArray[np.int64] = label_by_edge[part] * np.int64(width)
            keys += label_by_node[referent_by_edge[part]]
            return keys

        starts = range(0, len(edges), BLOCK_LENGTH)
        blocks = [slice(start, start + BLOCK_LENGTH) for start in starts]
        is_used = np.zeros(cell_count, dtype=np.bool_)
        for block in blocks:
            is_used[keys_of(block)] = True
        number_by_key = np.cumsum(is_used, dtype=np.int32)
        number_by_key -= 1
        step_by_item = np.empty(len(edges), dtype=np.int32)
        for block in blocks:
            step_by_item[block] = number_by_key[keys_of(block)]
        distinct = np.flatnonzero(is_used)
        return cls(distinct // width, distinct % width, step_by_item)


def number_values(
    values: NDArray[np.signedinteger],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Number the distinct values in ascending order.

    Args:
        values: ``(k,)`` integers.

    Returns:
        ``(d,) int64``, the distinct values; ``(k,) int32``, the number of each value.
    """
    if len(values) == 0:
        return values.astype(np.int64), np.empty(0, dtype=np.int32)
    low = values.min()
    if values.max() - low > TABLE_CELLS_PER_VALUE * len(values):
        distinct = np.unique(values)
        return distinct.astype(np.int64), np.searchsorted(distinct, values).astype(np.int32)
    offsets = values - low
    is_used = np.zeros(int(offsets.max()) + 1, dtype=np.bool_)
    is_used[offsets] = True
    number_by_offset = np.cumsum(is_used, dtype=np.int32)
    number_by_offset -= 1
    return np.flatnonzero(is_used) + np.int64(low), number_by_offset[offsets]


class SignatureBook:
    """The table in the making; it knows a signature by its parent and its last step."""

    def __init__(self, steps: Steps) -> None:
        """Start empty, for paths made of these steps."""
        self._steps = steps
        self.step_count = len(steps.edge_label_by_step)
        self._parents: list[int] = []
        self._last_steps: list[int] = []
        self._root_labels: dict[int, tuple[int, int]] = {}
        self._signature_of_root: dict[tuple[int, int], int] = {}
        self.signature_by_key: dict[int, int] = {}
        """``parent * step_count + step`` → signature, collapsed ones included."""

    def of_root(self, root_label: int, node_label: int) -> int:
        """Return the signature of a root with these labels, new or known."""
        labels = root_label, node_label
        signature = self._signature_of_root.get(labels)
        if signature is None:
            signature = self._append(NO_SIGNATURE, _ROOT_STEP)
            self._signature_of_root[labels] = signature
            self._root_labels[signature] = labels
        return signature

    def of_key(self, key: int) -> int:
        """Return the signature one step below another, new or known.

        Args:
            key: ``parent * step_count + step``.
        """
        signature = self.signature_by_key.get(key)
        if signature is None:
            parent, step = divmod(key, self.step_count)
            signature = self._where_a_run_repeats(parent, step)
            if signature == NO_SIGNATURE:
                signature = self._append(parent, step)
            self.signature_by_key[key] = signature
        return signature

    def table(self) -> SignatureTable:
        """Freeze what was collected."""
        last_steps = np.array(self._last_steps, dtype=np.int64)
        is_step = last_steps != _ROOT_STEP
        edge_labels = np.empty(len(last_steps), dtype=np.int32)
        node_labels = np.empty(len(last_steps), dtype=np.int32)
        edge_labels[is_step] = self._steps.edge_label_by_step[last_steps[is_step]]
        node_labels[is_step] = self._steps.node_label_by_step[last_steps[is_step]]
        for signature, (root_label, node_label) in self._root_labels.items():
            edge_labels[signature] = root_label
            node_labels[signature] = node_label
        return SignatureTable(np.array(self._parents, dtype=np.int32), edge_labels, node_labels)

    def _append(self, parent: int, step: int) -> int:
        self._parents.append(parent)
        self._last_steps.append(step)
        return len(self._parents) - 1

    def _where_a_run_repeats(self, parent: int, step: int) -> int:
        """Find the signature one period up, if the last steps repeat those before them.

        Returns:
            With the shortest period ``p`` for which the last ``p`` steps equal the ``p``
            steps before, the signature ``p`` steps up; ``NO_SIGNATURE`` if there is none.
        """
        parents, last_steps = self._parents, self._last_steps
        ancestor = parent
        for period in range(1, LONGEST_PERIOD + 1):
            if ancestor == NO_SIGNATURE:
                break
            if last_steps[ancestor] == step:
                later, earlier = parent, parents[ancestor]
                for _ in range(period - 1):
                    if last_steps[later] != last_steps[earlier]:
                        break
                    later, earlier = parents[later], parents[earlier]
                else:
                    return ancestor
            ancestor = parents[ancestor]
        return NO_SIGNATURE
