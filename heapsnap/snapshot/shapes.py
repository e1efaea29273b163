"""The shape table: what the references of each container are called.

Owns the rules about shapes in ``docs/format.md``: counts after a name, the last name
that stands for the rest, the empty shape.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from heapsnap.agent.format import UNKNOWN
from heapsnap.snapshot.chunks import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from heapsnap.snapshot.chunks import Chunk
    from heapsnap.snapshot.lines import Where


TABLE_LIMIT = 1_000_000
"""Names that may be spelled out before it is looked up how many of them any row needs:
``maximum.at`` takes 0.1 s for a million containers, and only absurd counts call for it."""


class ShapeTable:
    """All shapes of a file, and the distinct names in them.

    Attributes:
        number_by_name: Name of a reference → its index in ``Snapshot.edge_names``.
    """

    def __init__(self) -> None:
        self.number_by_name: dict[str, int] = {}
        self._runs_by_shape: list[list[tuple[int, int]]] = []

    def __len__(self) -> int:
        return len(self._runs_by_shape)

    def add(self, where: Where, raw: Any) -> None:
        """Append one shape, as JSON gave it.

        Raises:
            DamagedSnapshotError: It is no list of names, each with a count or without.
        """
        if not isinstance(raw, list):
            raise where.damaged(f"a shape is {kind_of(raw)}, expected a list of names")
        runs: list[tuple[int, int]] = []
        for part, following in pairwise([*(raw or [UNKNOWN]), None]):
            if isinstance(part, str):
                count = following if type(following) is int else 1
                runs.append((self.number_by_name.setdefault(part, len(self.number_by_name)), count))
            elif type(part) is not int or part < 0 or not runs or type(following) is int:
                raise where.damaged(
                    f"a shape holds {kind_of(part)}, expected names, each with a count or without"
                )
        self._runs_by_shape.append(runs)

    def name_references(self, chunks: Sequence[Chunk]) -> Iterator[NDArray[np.int32]]:
        """Yield for each chunk ``(E,) int32``: the number of the name of each reference."""
        names: list[int] = []
        first_by_shape, last_by_shape = [], []
        for runs, longest in zip(self._runs_by_shape, self._longest_rows(chunks), strict=True):
            first_by_shape.append(len(names))
            names += _spell_out(runs, longest)
            last_by_shape.append(len(names) - 1)
        table = np.array(names, dtype=np.int32)
        first = np.array(first_by_shape, dtype=np.int64)
        last = np.array(last_by_shape, dtype=np.int64)
        return (_name_chunk(chunk, table, first, last) for chunk in chunks)

    def _longest_rows(self, chunks: Sequence[Chunk]) -> list[int]:
        """For each shape a number of references that no row with this shape exceeds."""
        longest_row = max((int(chunk.out.max(initial=0)) for chunk in chunks), default=0)
        spelled = sum(count for runs in self._runs_by_shape for _, count in runs[:-1])
        if spelled <= TABLE_LIMIT:
            return [longest_row] * len(self)
        longest_by_shape = np.zeros(len(self), dtype=np.int64)
        for chunk in chunks:
            np.maximum.at(longest_by_shape, chunk.shape, chunk.out)
        longest: list[int] = longest_by_shape.tolist()
        return longest


def _spell_out(runs: list[tuple[int, int]], longest: int) -> list[int]:
    """One name for each reference; the last name once: it stands for all that remain.

    Never longer than the longest row of this shape: a count of 2**60 is legal.
    """
    names: list[int] = []
    for name, count in runs[:-1]:
        names += [name] * min(count, longest - len(names))
    return [*names, runs[-1][0]]


def _name_chunk(
    chunk: Chunk, table: NDArray[np.int32], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int32]:
    out = chunk.out
    first_edge_by_row = np.cumsum(out) - out
    # Position in the table, as if every shape named every reference; then held at its last name.
    position = np.arange(len(chunk.to)) + np.repeat(first[chunk.shape] - first_edge_by_row, out)
    names: NDArray[np.int32] = table[np.minimum(position, np.repeat(last[chunk.shape], out))]
    return names
