"""Signatures along a linked list: levels that have one candidate edge each, thousands in a row.

Owns where such runs are, and the signatures in one: where the steps repeat and the signature
has come round, it goes on coming round, which is one operation on arrays for all of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.signatures import LONGEST_PERIOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import EdgeArray

SHORTEST = 256
"""Levels from which on a run is worth the array operations."""
LONGEST = 1 << 20
"""Levels that are settled at once: their columns stay small beside the heap's."""


def find_runs(
    graph: ReferenceGraph,
    first_candidate_by_level: EdgeArray,
    candidate_edges: NDArray[np.signedinteger],
) -> dict[int, int]:
    """Runs of levels with one candidate each, which leads on from the one before.

    Args:
        graph: ``n`` objects, ``m`` references.
        first_candidate_by_level: ``(l + 1,) int64``.
        candidate_edges: ``(k,)`` integers: edges, level after level.

    Returns:
        First level → the level behind the last; ``SHORTEST`` levels at least.
    """
    is_single = np.diff(first_candidate_by_level) == 1
    bounds = np.flatnonzero(np.diff(is_single, prepend=False, append=False)).reshape(-1, 2)
    runs: dict[int, int] = {}
    for first, last in bounds[bounds[:, 1] - bounds[:, 0] >= SHORTEST].tolist():
        for start in range(first, last, LONGEST):
            end = min(start + LONGEST, last)
            candidates = slice(first_candidate_by_level[start], first_candidate_by_level[end])
            edges = candidate_edges[candidates]
            is_linked = graph.referrer_by_edge[edges[1:]] == graph.referent_by_edge[edges[:-1]]
            breaks = [0, *(np.flatnonzero(~is_linked) + 1).tolist(), end - start]
            for one, following in pairwise(breaks):
                if following - one >= SHORTEST:
                    runs[start + one] = start + following
    return runs


def sign_run(
    steps: NDArray[np.int32], before: int, signature_below: Callable[[int, int], int]
) -> NDArray[np.int32]:
    """The signatures of a run's nodes: ``(k,) int32``.

    Args:
        steps: ``(k,) int32``, the step to each node.
        before: The signature of what refers to the first of them.
        signature_below: From a signature and a step to the signature there.
    """
    signatures = np.empty(len(steps), dtype=np.int32)
    # Where the steps cease to be those of a period before.
    ends = [
        np.append(np.flatnonzero(steps[period:] != steps[:-period]) + period, len(steps))
        for period in range(1, LONGEST_PERIOD + 1)
    ]
    position = 0
    while position < len(steps):
        before = signature_below(before, int(steps[position]))
        signatures[position] = before
        position += 1
        for period, breaks in enumerate(ends, 1):
            if position <= period or before != signatures[position - 1 - period]:
                continue
            end = int(breaks[np.searchsorted(breaks, position)])
            if end - position >= SHORTEST:
                came_round = signatures[position - period : position]
                signatures[position:end] = np.resize(came_round, end - position)
                position, before = end, int(signatures[end - 1])
                break
    return signatures
