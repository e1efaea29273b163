"""The guard finds the leak in programs that leak and passes those that do not."""

from __future__ import annotations

import pytest

from tests.guard.programs import BOUNDED, LEAKS, is_right


@pytest.mark.parametrize("name", [*LEAKS, *BOUNDED])
def test_the_guard_is_right(name: str) -> None:
    # Three rounds take two thirds of the time of five; the script plays them as users do.
    right, output = is_right(name, rounds=3)
    assert right, output
