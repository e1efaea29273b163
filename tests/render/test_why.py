"""The words of ``heapsnap why``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.results import Chain, Pattern, Step
from heapsnap.render.why import render_why
from tests.render.values import (
    C_HELD,
    CYCLE,
    FRAME,
    GARBAGE_GROUP,
    HOSTILE,
    ROOTED,
    WIDTH,
    facts,
    group,
    header,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapsnap.analysis.results import Why


def text_of(result: Why, width: int = WIDTH) -> str:
    return "".join(f"{line.plain}\n" for line in render_why(result, width=width))


HANGING = Chain((*CYCLE.steps[:1], Step("._rows", "list", None, "list")))
CASES = {
    "garbage": why(GARBAGE_GROUP),
    "hangs_on_garbage": why(group("garbage", HANGING, cycle=CYCLE), type="list"),
    "held_by_garbage": why(group("garbage", HANGING, path="DictCursor._rows"), type="list"),
    "rooted": why(
        group("rooted", ROOTED, alternatives=(FRAME, C_HELD)),
        group("rooted", ROOTED, count=0, growth=0, path="app.other[*]"),
    ),
    "without_baseline": why(
        group("rooted", ROOTED, growth=None), since=None, count_before=None, count=1_000
    ),
    "frame": why(
        group(
            "frame",
            FRAME,
            path="handle() local variable cursor",
            detail=("thread worker-3, function handle, /srv/app.py:12, variable cursor",),
        )
    ),
    "c_held": why(
        group(
            "c-held",
            C_HELD,
            path="Image (held from C).pixels",
            detail=("1 reference to the first object of the chain comes from C code",),
        )
    ),
    "nothing_known": why(),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/why_{case}.txt", text_of(CASES[case]))


def test_the_cycle_stands_on_one_line_however_narrow_the_screen() -> None:
    chain = "DictCursor .fetchall_items -> bound method fetchall_items .__self__ -> DictCursor"
    assert any(chain in line for line in text_of(why(GARBAGE_GROUP), width=20).splitlines())


@pytest.mark.parametrize(
    ("collector", "words"),
    [
        ({"enabled": False}, "switched off in this process (gc.disable())"),
        ({"freeze_count": 12_000}, "gc.freeze() has hidden 12,000 objects from it"),
        ({"threshold": [0, 0, 0]}, "its threshold is 0"),
        ({"enabled": True}, "switched on"),
    ],
)
def test_garbage_says_what_the_collector_does_about_it(
    collector: dict[str, object], words: str
) -> None:
    text = text_of(why(GARBAGE_GROUP, snapshot=facts(header=header(**collector))))
    assert words in " ".join(text.split())


def test_only_the_step_at_which_growth_enters_is_marked() -> None:
    marked = [line for line in text_of(why(group("rooted", ROOTED))).splitlines() if "<==" in line]
    assert len(marked) == 1
    assert "[745]" in marked[0]


def test_beside_what_grew_the_rest_is_one_line_each_unless_all_is_asked_for() -> None:
    result = CASES["rooted"]
    assert text_of(result).count("one of them, from its root") == 1
    in_full = render_why(result, width=WIDTH, in_full=True)
    assert sum("one of them, from its root" in text.plain for text in in_full) == len(result.groups)


def test_prose_is_folded_to_the_screen_and_to_what_can_be_read() -> None:
    pattern = Pattern("x", "word " * 60, "word " * 60)
    for width, most in ((60, 60), (300, 100)):
        text = text_of(why(group("rooted", ROOTED, pattern=pattern)), width)
        assert max(len(line) for line in text.splitlines() if "word" in line) <= most


def test_hostile_names_neither_reach_the_terminal_nor_break_a_line() -> None:
    chain = Chain((Step("", HOSTILE, HOSTILE, HOSTILE), Step(HOSTILE, HOSTILE, None, HOSTILE)))
    text = text_of(
        why(group("rooted", chain, path=HOSTILE, detail=(HOSTILE,), alternatives=(chain,)))
    )
    assert all(line.isprintable() for line in text.split("\n"))
