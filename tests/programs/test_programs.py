"""Every program with a known leak, run for real: the first line names it, and why explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from heapsnap.analysis.patterns.known_patterns import KNOWN
from heapsnap.snapshot.reader import load
from tests.programs.corpus import (
    MissingLibraryError,
    Program,
    ask_files,
    find_programs,
    misses,
    occur_in_order,
)

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = {program.name: program for program in find_programs()}
KNOWN_MISSES: dict[str, str] = {}
"""What is still answered wrong, and why; the test says so when one of them comes right."""
TOLD_TWICE = ("leaks/bound_method_on_instance", "leaks/dict_cache", "leaks/undo_history")


def cases() -> list[object]:
    missed = {
        name: pytest.mark.xfail(reason=reason, strict=True) for name, reason in KNOWN_MISSES.items()
    }
    return [
        pytest.param(program, id=name, marks=missed.get(name, ()))
        for name, program in PROGRAMS.items()
    ]


@pytest.mark.parametrize("program", cases())
def test_the_answer_is_the_one_that_a_person_expects(program: Program, tmp_path: Path) -> None:
    before, after = run(program, tmp_path)
    assert misses(program.expect, ask_files(program, before, after)) == []


@pytest.mark.parametrize("name", TOLD_TWICE)
def test_the_same_files_give_the_same_answer(name: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    before, after = run(program, tmp_path)
    kind = program.expect["type"]
    answers = [
        (diff(before=b, after=a), why(a, kind, since=b))
        for b, a in ((load(before), load(after)), (load(before), load(after)))
    ]
    assert answers[0] == answers[1]


def test_every_known_pattern_has_a_program_that_leaks_that_way() -> None:
    expected = {program.expect.get("pattern") for program in PROGRAMS.values()}
    assert {known.pattern.id for known in KNOWN} <= expected


def test_texts_out_of_order_are_no_match() -> None:
    steps = ["module app", ".CACHE -> dict", "['k'] -> Page"]
    assert occur_in_order(["app", ".CACHE", "Page"], steps)
    assert not occur_in_order(["Page", ".CACHE"], steps)
    assert not occur_in_order(["Cursor"], steps)


def run(program: Program, folder: Path) -> tuple[Path, Path]:
    try:
        return program.run(folder)
    except MissingLibraryError as missing:
        pytest.skip(str(missing))
