"""Known patterns are searched in a bounded part of a chain, whatever a file holds."""

from __future__ import annotations

import pytest

from heapsnap.analysis.patterns.match import STEP_LIMIT, match_pattern
from heapsnap.analysis.results import Chain, Step

LONG = "f" + 100_000 * "["
CURSOR = Step(".cursor", "app.Cursor", None, "Cursor")
METHOD = Step(".fetch", "method", None, "bound method fetch")
BACK = Step(".__self__", "app.Cursor", None, "Cursor")


@pytest.mark.parametrize("name", [LONG, 10_000 * "list [", 20_000 * "a."])
def test_names_of_a_hundred_kilobytes_are_searched_in_a_moment(name: str) -> None:
    steps = (Step("", name, name, name), Step(name, name, name, name), METHOD, BACK)
    # Without a bound each of these takes minutes.
    assert match_pattern(Chain(steps, 2), path=name, is_cycle=False) is None


def test_a_pattern_at_the_end_of_a_very_long_chain_is_found() -> None:
    filler = tuple(Step(f".n{number}", "app.Node", None, "Node") for number in range(50_000))
    root = Step("", "app.Cursor", None, "Cursor")
    found = match_pattern(Chain((root, *filler, CURSOR, METHOD, BACK)), path="x", is_cycle=True)
    short = match_pattern(Chain((root, *filler[:3], CURSOR, METHOD, BACK)), path="x", is_cycle=True)
    assert found == short
    assert found is not None


def test_what_is_far_before_the_place_that_grows_is_not_searched() -> None:
    root = Step("", "app.Cursor", None, "Cursor")
    filler = tuple(Step(".n", "app.Node", None, "Node") for _ in range(2 * STEP_LIMIT))
    steps = (root, METHOD, BACK, *filler)
    assert match_pattern(Chain(steps, len(steps) - 1), path="x", is_cycle=True) is None
