"""Distinct values among integers whose range is known: by marking, without sorting.

``numpy.unique`` sorts or hashes: on ten million nodes it took a second where marking takes 40 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def distinct(values: NDArray[np.signedinteger], bound: int) -> NDArray[np.int64]:
    """The distinct values, ascending.

    Args:
        values: ``(k,)`` integers, from 0 to ``bound - 1``.
        bound: How many values are possible.
    """
    is_there = np.zeros(bound, dtype=np.bool_)
    is_there[values] = True
    return np.flatnonzero(is_there)


def rank(
    values: NDArray[np.signedinteger], bound: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct values, ascending, and which of them each value is.

    Args:
        values: ``(k,)`` integers, from 0 to ``bound - 1``.
        bound: How many values are possible.

    Returns:
        ``(d,) int64`` and ``(k,) int64``, below ``d``.
    """
    found = distinct(values, bound)
    rank_by_value = np.zeros(bound, dtype=np.int64)
    rank_by_value[found] = np.arange(len(found))
    return found, rank_by_value[values]


def group_by(groups: NDArray[np.signedinteger], bound: int) -> list[tuple[int, NDArray[np.int64]]]:
    """The positions of each value that occurs.

    Args:
        groups: ``(k,)`` integers, from 0 to ``bound - 1``.
        bound: How many values are possible.

    Returns:
        Pairs of a value and its positions, both ascending.
    """
    found, rank_by_position = rank(groups, bound)
    # A stable sort of 16 bits is a counting sort.
    small = len(found) <= np.iinfo(np.uint16).max
    order = np.argsort(rank_by_position.astype(np.uint16 if small else np.int64), kind="stable")
    counts = np.bincount(rank_by_position, minlength=len(found))
    parts = np.split(order, np.cumsum(counts)[:-1]) if len(found) else []
    return list(zip(found.tolist(), parts, strict=True))
