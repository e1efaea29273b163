"""``top``, ``refs`` and ``info`` as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from heapsnap.render.info import render_info
from heapsnap.render.refs import render_refs
from heapsnap.render.top import render_top
from tests.documents import HEADER
from tests.render.values import HOSTILE, REFS, TOP, WIDTH, facts, header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.text import Text


def text_of(lines: Sequence[Text]) -> str:
    return "".join(f"{line.plain}\n" for line in lines)


CASES = {
    "top_bytes": render_top(TOP, width=WIDTH),
    "top_count": render_top(replace(TOP, by="count"), width=WIDTH),
    "top_cut": render_top(TOP, width=WIDTH, most=1),
    "refs": render_refs(REFS, width=WIDTH),
    "refs_nothing": render_refs(
        replace(REFS, references=(), count=1, example=((0, "", "str at 0x10"),)), width=WIDTH
    ),
    "info": render_info(facts(), width=WIDTH),
    "info_inline": render_info(
        facts(
            mode="inline",
            rss_bytes=None,
            garbage_objects=0,
            warnings=("frames of other threads were not seen",),
            header={
                **header(enabled=False, freeze_count=9_000, garbage=1),
                "redacted": True,
                "pause_seconds": None,
            },
        ),
        width=WIDTH,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/{case}.txt", text_of(CASES[case]))


def test_wide_characters_keep_the_columns_straight() -> None:
    wide = replace(REFS.references[0], reference="['漢字']")
    lines = text_of(
        render_refs(replace(REFS, references=(wide, REFS.references[1])), width=WIDTH)
    ).splitlines()
    rows = [line for line in lines if line.endswith(("  method", "  list"))]
    starts = {cell_len(row[: row.rindex("  ")]) for row in rows}
    assert len(rows) == 2
    assert len(starts) == 1


def test_hostile_names_neither_reach_the_terminal_nor_break_a_line() -> None:
    evil = facts(host=HOSTILE, argv=(HOSTILE,), python=HOSTILE, reason=HOSTILE, warnings=(HOSTILE,))
    answers = (
        render_info(evil, width=WIDTH),
        render_top(replace(TOP, snapshot=evil, types=(replace(TOP.types[0], type=HOSTILE),)), width=WIDTH),
        render_refs(replace(REFS, snapshot=evil, type=HOSTILE, example=((0, "", HOSTILE), (1, HOSTILE, HOSTILE))), width=WIDTH),
    )  # fmt: skip
    for lines in answers:
        assert all(line.isprintable() for line in text_of(lines).split("\n"))


def test_a_time_that_no_calendar_knows_is_still_told() -> None:
    text = text_of(render_info(facts(time=1e300, header={**HEADER, "time": 1e300}), width=WIDTH))
    assert "1e+300 s after 1970" in text
