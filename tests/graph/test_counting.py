"""Counting by marking, against numpy's sorting."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.graph.counting import distinct, group_by, rank


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("bound", [1, 7, 100_000])
def test_it_is_what_sorting_finds(seed: int, bound: int) -> None:
    chance = np.random.default_rng(seed)
    values = chance.integers(0, bound, size=int(chance.integers(0, 300_000 if bound > 99 else 50)))
    expected, inverse = np.unique(values, return_inverse=True)
    assert np.array_equal(distinct(values, bound), expected)
    found, ranks = rank(values, bound)
    assert np.array_equal(found, expected)
    assert np.array_equal(ranks, inverse.reshape(-1))
    groups = group_by(values, bound)
    assert [value for value, _ in groups] == expected.tolist()
    assert sum(len(positions) for _, positions in groups) == len(values)
    for value, positions in groups[:50]:
        assert np.array_equal(positions, np.flatnonzero(values == value))
