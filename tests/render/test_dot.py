"""Pictures as DOT source."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import graphviz
import pytest

from heapsnap.analysis.results import Chain, ReferenceSummary, Step
from heapsnap.render.dot import MOST_NODES, draw_refs, draw_why
from tests.render.values import (
    CYCLE,
    FRAME,
    GARBAGE_GROUP,
    HOSTILE,
    REFS,
    ROOTED,
    group,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HANGING = Chain((*CYCLE.steps[:1], Step("._rows", "list", None, "list")))
OTHER = Chain((*ROOTED.steps[:2], Step("[7]", "app.Job", None, "Job"), ROOTED.steps[3]))
CASES = {
    "cycle": draw_why(why(GARBAGE_GROUP)),
    "hangs_on_cycle": draw_why(why(group("garbage", HANGING, cycle=CYCLE), type="list")),
    "chains": draw_why(why(group("rooted", ROOTED, alternatives=(OTHER, FRAME)))),
    "refs": draw_refs(REFS),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/{case}.dot", CASES[case])


def test_equal_beginnings_are_drawn_once() -> None:
    assert CASES["chains"].count('label="module app.events"') == 1


def test_a_large_picture_says_what_it_leaves_out() -> None:
    rows = tuple(ReferenceSummary(f".x{n}", "int", 1, 28) for n in range(MOST_NODES + 5))
    source = draw_refs(replace(REFS, references=rows))
    assert "6 objects left out" in source
    assert f"n{MOST_NODES - 1} [" in source
    assert f"n{MOST_NODES} [" not in source


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz's program dot is not installed")
def test_hostile_names_are_drawn_as_they_stand() -> None:
    chain = Chain((Step("", "x", None, HOSTILE), Step(HOSTILE, "x", None, 'end"]; evil [label="')))
    drawn = graphviz.Source(draw_why(why(group("rooted", chain)))).pipe(format="svg").decode()
    assert "evil\\x1b[2J[int]\\u202e\\r\\n&quot;\\N&amp;lt;\\udc80" in drawn
    assert drawn.count('class="node"') == 2
