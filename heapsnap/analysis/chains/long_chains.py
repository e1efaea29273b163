"""Chains of millions of references: what repeats is taken out before it is put into words.

Owns which references are left out, so that the words are those of the whole chain: a step takes
microseconds to describe, and of a run only its ends are shown and the number between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heapsnap.analysis.chains.runs import LONGEST_PERIOD
from heapsnap.analysis.heap.labels import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places

LONG = 1 << 12
"""References that repeat each other, from which on some are left out."""
MOST_EDGES = 2 * LONGEST_PERIOD
"""References in a period: each step may take two, `.__dict__` and then the key."""
WHOLE = 12
"""A multiple of every period of steps: left out are so many periods, or twice as many, ..."""
KEPT = 8
"""... and at each end of a run so many times that stay."""
VARIABLES = "<variables>"
SILENT = frozenset({ATTRIBUTES, VARIABLES})
"""References that are no step of their own."""
POSITIONS = frozenset({"[#]", "[-#]"})
"""Names that are counted: no two references of one owner read alike."""


@dataclass(frozen=True, slots=True)
class ShortenedChain:
    """A chain without the middle of its long runs.

    Attributes:
        edges: The references that are left.
        hidden_steps: Position in ``edges`` → steps that stood before it.
        grows_at_edge: The edge that reads like the one that was asked for, and is left.
    """

    edges: Sequence[int]
    hidden_steps: dict[int, int]
    grows_at_edge: int


def shorten(places: Places, edges: Sequence[int], grows_at_edge: int) -> ShortenedChain:
    """Take out of a chain what repeats for thousands of references.

    Args:
        places: The heap.
        edges: Edge numbers, root first.
        grows_at_edge: One of them, or none.
    """
    if len(edges) < LONG:
        return ShortenedChain(edges, {}, grows_at_edge)
    chain = np.array(edges, dtype=np.int64)
    is_left = np.ones(len(chain), dtype=np.bool_)
    hidden: dict[int, int] = {}
    for start, end, period in _long_runs(_codes(places, chain)):
        steps = _steps_in(places, chain[start : start + period])
        unit = WHOLE * period
        first = start + KEPT * unit
        cut = (end - first - KEPT * unit) // unit * unit
        if cut <= 0 or not 1 <= steps <= LONGEST_PERIOD:
            continue
        is_left[first : first + cut] = False
        hidden[first + cut] = cut // period * steps
        grows_at = np.flatnonzero(chain[first : first + cut] == grows_at_edge)
        if len(grows_at):
            grows_at_edge = int(chain[first - unit + int(grows_at[0]) % unit])
    before: NDArray[np.int64] = np.cumsum(is_left) - is_left
    return ShortenedChain(
        chain[is_left].tolist(),
        {int(before[position]): steps for position, steps in hidden.items()},
        grows_at_edge,
    )


def _codes(places: Places, chain: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(k,) int64``: equal numbers mean references that read alike, to objects that do."""
    snapshot = places.snapshot
    nodes = snapshot.referent_by_edge[chain]
    names = snapshot.name_by_edge[chain]
    codes: NDArray[np.int64] = names.astype(np.int64) * len(snapshot.types)
    codes += snapshot.type_by_node[nodes]
    is_position = np.array([name in POSITIONS for name in snapshot.edge_names], dtype=np.bool_)
    is_named = np.zeros(snapshot.node_count, dtype=np.bool_)
    is_named[list(snapshot.name_by_node)] = True
    singular = np.flatnonzero(is_position[names] | is_named[nodes])
    codes[singular] = -1 - singular
    return codes


def _long_runs(codes: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Start, end and period of runs of ``LONG`` references and more, none within another."""
    runs: list[tuple[int, int, int]] = []
    for period in range(1, MOST_EDGES + 1):
        repeats = codes[period:] == codes[:-period]
        bounds = np.flatnonzero(np.diff(repeats, prepend=False, append=False)).reshape(-1, 2)
        for start, last in bounds[bounds[:, 1] - bounds[:, 0] >= LONG].tolist():
            end = last + period
            if all(end <= other or start >= other_end for other, other_end, _ in runs):
                runs.append((start, end, period))
    return sorted(runs)


def _steps_in(places: Places, period: NDArray[Any]) -> int:
    """How many steps a period of references is; 0 where that depends on what stands before."""
    snapshot = places.snapshot
    names = [snapshot.edge_names[number] for number in snapshot.name_by_edge[period].tolist()]
    following = [*names[1:], names[0]]
    if any(
        name == ATTRIBUTES and after in SILENT for name, after in zip(names, following, strict=True)
    ):
        return 0
    return sum(name not in SILENT for name in names)
