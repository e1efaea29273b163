"""The words of ``heapsnap diff``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.results import AllocationSite, Consequence, TypeGrowth
from heapsnap.render.diff import render_diff
from tests.render.values import (
    CURSORS,
    HOSTILE,
    NUMBERS,
    QUIET,
    SESSIONS,
    STORY,
    WIDTH,
    before,
    facts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapsnap.analysis.results import Diff


def text_of(result: Diff, **options: int | None) -> str:
    return "".join(f"{line.plain}\n" for line in render_diff(result, width=WIDTH, **options))


CASES = {
    "story": STORY,
    "rooted": replace(STORY, culprits=(SESSIONS,), garbage=(), warming=()),
    "nothing_grew": QUIET,
    "only_warming": replace(QUIET, warming=(NUMBERS,)),
    "outside_python": replace(
        QUIET, snapshots=(before(), facts(python_bytes=20_000_000, rss_bytes=80_000_000))
    ),
    "two_processes": replace(
        STORY,
        same_process=False,
        snapshots=(before(), facts(pid=12, host="web4")),
        culprits=(SESSIONS,),
    ),
    "wrong_way_round": replace(QUIET, snapshots=(before(time=1_700_009_000.0), QUIET.after)),
    "larger_objects": replace(
        QUIET,
        snapshots=(before(), facts(python_bytes=24_000_000)),
        types=(
            TypeGrowth("bytearray", 3, 3, 1_000_000, 5_000_000),
            TypeGrowth("str", 9, 8, 90, 80),
        ),
    ),
    "rss_unknown": replace(QUIET, snapshots=(before(), facts(rss_bytes=None))),
    "same_file": replace(QUIET, snapshots=(before(), replace(QUIET.after, path=QUIET.before.path))),
    "three_snapshots": replace(
        STORY,
        snapshots=(before(), facts("b.json", time=1_700_000_900.5), facts("c.json")),
        culprits=(
            replace(CURSORS, counts=(12, 301, 746)),
            replace(SESSIONS, counts=(1_000, 1_001, 1_250)),
        ),
        sporadic=(replace(SESSIONS, type="app.web.Page", counts=(4, 90, 90)),),
    ),
    "only_sporadic": replace(
        QUIET,
        snapshots=(before(), facts("b.json", time=1_700_000_900.5), facts("c.json")),
        sporadic=(replace(SESSIONS, counts=(1_000, 1_400, 1_250)),),
    ),
    "warnings": replace(
        QUIET,
        snapshots=(
            before(warnings=("frames of 2 threads",)),
            facts(warnings=("frames of 2 threads", "the file was cut " + "and more " * 12)),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/diff_{case}.txt", text_of(CASES[case]))


def test_all_shows_types_that_did_not_grow(golden: Callable[[str, str], None]) -> None:
    golden("render/diff_all.txt", text_of(STORY, most=None))


def test_the_first_line_is_the_answer() -> None:
    assert text_of(STORY).splitlines()[0] == (
        "DictCursor  +734  (12 -> 746)  garbage: kept only by their own cycle "
        "DictCursor .fetchall_items -> bound method fetchall_items .__self__ -> DictCursor"
    )


@pytest.mark.parametrize(
    ("counts", "seconds", "is_slower"),
    [
        ((871, 1_668, 2_028), (10, 10), True),
        ((871, 1_668, 2_300), (10, 10), False),
        ((871, 1_668, 2_028), (10, 3), False),  # as fast, in less time
        ((871, 1_000, 2_028), (10, 10), False),
        ((871, 1_668, 2_028), (10, 0), False),
    ],
)
def test_growth_that_slows_down_is_said_to(
    counts: tuple[int, ...], seconds: tuple[int, ...], is_slower: bool
) -> None:
    start = 1_700_000_000.0
    times = [start, start + seconds[0], start + sum(seconds)]
    result = replace(
        STORY,
        snapshots=tuple(facts(f"{time}.json", time=time) for time in times),
        culprits=(replace(CURSORS, counts=counts),),
    )
    assert ("slower and slower" in text_of(result)) is is_slower


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((1, 1, 1), "+5.0 MB  larger, still 1 object  held"),
        ((26, 28, 30), "+5.0 MB  larger, 30 objects, 26 before  held"),
    ],
)
def test_what_got_larger_is_told_in_bytes(counts: tuple[int, ...], words: str) -> None:
    larger = replace(
        SESSIONS,
        counts=counts,
        sizes=(1_000_000, 4_000_000, 6_000_000),
        bytes_growth=5_000_000,
        is_larger=True,
    )
    result = replace(
        STORY, snapshots=(before(), facts("b.json"), facts("c.json")), culprits=(larger, larger)
    )
    text = text_of(result)
    assert words in text
    assert "in every step: 1.0 MB -> 4.0 MB -> 6.0 MB" in text
    assert "\n  larger  (" in text


def test_tables_say_how_many_rows_they_leave_out() -> None:
    assert "... and 4 more (--all shows them)" in text_of(STORY, most=1)


def test_the_next_command_names_a_type_that_is_not_the_only_one_of_its_name() -> None:
    other = replace(SESSIONS, type="MySQLdb.cursors.DictCursor")
    text = text_of(replace(STORY, culprits=(CURSORS, other)))
    assert "next: heapsnap why pymysql.cursors.DictCursor\n" in text


def test_a_name_that_a_shell_would_read_is_quoted_in_the_next_command() -> None:
    odd = replace(SESSIONS, type="app.make.<locals>.A B")
    assert "next: heapsnap why 'A B'\n" in text_of(replace(STORY, culprits=(odd,)))


def test_hostile_names_neither_reach_the_terminal_nor_break_a_line() -> None:
    site = AllocationSite(HOSTILE, 1, 1, 1)
    hostile = replace(SESSIONS, type=HOSTILE, holder=HOSTILE, allocated_at=(site,))
    result = replace(
        STORY,
        culprits=(hostile, hostile),
        snapshots=(before(host=HOSTILE, argv=(HOSTILE,)), STORY.after),
    )
    text = text_of(replace(result, same_process=False))
    assert all(line.isprintable() for line in text.split("\n"))
    assert r"evil\x1b[2J[int]\u202e\r\n" in text
    tame = replace(STORY, culprits=(SESSIONS, SESSIONS), same_process=False)
    assert len(text.split("\n")) == len(text_of(tame).split("\n"))


def test_no_type_of_the_programs_own_is_cut_from_what_came_along() -> None:
    own = tuple(Consequence(f"__main__.Own{n}", 9, 9 - n, "program") for n in range(5))
    others = (Consequence("dict", 9, 900, "python"), Consequence("str", 9, 90, "python"))
    culprit = replace(SESSIONS, consequences=own + others)
    text = text_of(replace(STORY, culprits=(culprit,)))
    assert "with them: 9 Own0, 9 Own1, 9 Own2, 9 Own3, 9 Own4 and 2 more types;" in text
    few = text_of(replace(STORY, culprits=(replace(culprit, consequences=own[:1] + others),)))
    assert "with them: 9 Own0, 9 dict, 9 str;" in few


def test_what_others_hold_as_well_is_in_what_came_along_and_said_to_be_theirs_too() -> None:
    parts = (Consequence("dict", 9, 900, "python"), Consequence("str", 9, 90, "python"))
    culprit = replace(SESSIONS, bytes_growth=10, consequences=parts)

    def told(retained: int) -> str:
        found = replace(culprit, retained_bytes_growth=retained)
        return text_of(replace(STORY, culprits=(found,))).splitlines()[1].strip()

    assert told(10) == "with them: 9 dict, 9 str; 1.0 KB in all, most of it held elsewhere too"
    assert told(700) == told(1_000) == "with them: 9 dict, 9 str; 1.0 KB in all"
    assert told(2_000) == "with them: 9 dict, 9 str; 2.0 KB in all"
