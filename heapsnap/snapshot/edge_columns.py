"""Columns by reference: put together, and put in order where a container has several rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import EdgeArray, NodeArray

BLOCK_ROWS = 1 << 16
"""Rows whose references are put in order at once."""


def fill(length: int, parts: Iterable[NDArray[np.int32]]) -> NDArray[np.int32]:
    """``(length,) int32``: the parts in a row, never all of them in memory beside the whole."""
    whole = np.empty(length, dtype=np.int32)
    start = 0
    for part in parts:
        whole[start : start + len(part)] = part
        start += len(part)
    return whole


def first_edges(count_by_row: NDArray[Any]) -> EdgeArray:
    """``(rows + 1,) int64``: where each row's edges begin; the last entry is their number."""
    first = np.zeros(len(count_by_row) + 1, dtype=np.int64)
    np.cumsum(count_by_row, out=first[1:])
    return first


class JoinedRows:
    """The references of containers that have several rows, brought together.

    Args:
        node_by_row: ``(r,) int32``.
        out_by_row: ``(r,) int32``, how many references each row has.
        first_edge_by_row: ``(r + 1,) int64``.
    """

    def __init__(
        self, node_by_row: NodeArray, out_by_row: NDArray[np.int32], first_edge_by_row: EdgeArray
    ) -> None:
        order = np.argsort(node_by_row, kind="stable")
        self._is_first_row = np.diff(node_by_row[order], prepend=NO_NODE) != 0
        self._out = out_by_row[order]
        self._first_edge = first_edge_by_row[order]

    def of(self, column: NDArray[np.int32]) -> NDArray[np.int32]:
        """``(m,) int32``: a column by reference, in the new order."""
        return fill(len(column), (column[edges] for edges in self._edges()))

    def first_edge_by_node(self) -> EdgeArray:
        """``(n + 1,) int64``: where each node's edges begin; the last entry is their number."""
        first = first_edges(self._out)
        return np.append(first[:-1][self._is_first_row], first[-1])

    def _edges(self) -> Iterator[NDArray[np.int64]]:
        """The numbers of the references in the new order, those of so many rows at a time."""
        for start in range(0, len(self._out), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            out = self._out[block]
            ends = np.cumsum(out, dtype=np.int64)
            moved_by = self._first_edge[block] - (ends - out)
            yield np.arange(ends[-1]) + np.repeat(moved_by, out)
