"""``diff --fail-on-growth``: what fails a pipeline, and what was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from heapsnap.cli.gate import name_types
from tests.cli.heaps_of_the_story import write_cursors
from tests.heaps import heap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

PAIR = ("diff", "a.json", "b.json")


@pytest.mark.usefixtures("story")
def test_growth_fails_and_the_answer_is_printed_all_the_same(
    heapsnap: Callable[..., Result],
) -> None:
    result = heapsnap(*PAIR, "--fail-on-growth")
    assert result.exit_code == 3
    assert result.stdout.startswith("DictCursor  +734")
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: growth that nobody accepted: pymysql.cursors.DictCursor +734 (")
    assert hint.startswith("hint: heapsnap why DictCursor; ")


@pytest.mark.usefixtures("story")
def test_without_growth_it_passes(folder: Path, heapsnap: Callable[..., Result]) -> None:
    write_cursors(folder / "c.json", 746, sequence=3)
    assert heapsnap("diff", "b.json", "c.json", "--fail-on-growth").exit_code == 0


@pytest.mark.usefixtures("story")
def test_without_the_flag_growth_is_no_failure(heapsnap: Callable[..., Result]) -> None:
    assert heapsnap(*PAIR).exit_code == 0


@pytest.mark.parametrize(("tolerance", "code"), [(733, 3), (734, 0)])
@pytest.mark.usefixtures("story")
def test_growth_up_to_the_tolerance_passes(
    tolerance: int, code: int, heapsnap: Callable[..., Result]
) -> None:
    options = ("--fail-on-growth", "--tolerance", tolerance)
    assert heapsnap(*PAIR, *options).exit_code == code
    assert heapsnap(*PAIR, "--fail-on-growth", "DictCursor", *options[1:]).exit_code == code


@pytest.mark.usefixtures("story")
def test_accepted_growth_passes_and_new_growth_does_not(
    folder: Path, heapsnap: Callable[..., Result]
) -> None:
    accepting = heapsnap(*PAIR, "--accepted", "known.txt", "--accept")
    assert accepting.exit_code == 0
    text = (folder / "known.txt").read_text(encoding="utf-8")
    assert "DictCursor garbage" in text
    assert heapsnap(*PAIR, "--fail-on-growth", "--accepted", "known.txt").exit_code == 0
    for name, count in (("c.json", 5), ("d.json", 90)):
        heap(f"module web -.SESSIONS-> all:dict -[*]-> s*{count}:Session", path=folder / name)
    result = heapsnap("diff", "c.json", "d.json", "--fail-on-growth", "--accepted", "known.txt")
    assert result.exit_code == 3
    assert "app.Session +85" in result.stderr


@pytest.mark.usefixtures("story")
def test_accepting_twice_writes_once(folder: Path, heapsnap: Callable[..., Result]) -> None:
    for _ in range(2):
        heapsnap(*PAIR, "--accepted", "known.txt", "--accept")
    assert len((folder / "known.txt").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.usefixtures("story")
def test_only_the_named_types_count(heapsnap: Callable[..., Result]) -> None:
    assert heapsnap(*PAIR, "--fail-on-growth", "Pool").exit_code == 0
    assert heapsnap(*PAIR, "--fail-on-growth", "Pool", "DictCursor").exit_code == 3
    assert heapsnap("diff", "--fail-on-growth", "DictCursor", "a.json", "b.json").exit_code == 3


@pytest.mark.usefixtures("story")
def test_a_type_without_objects_passes_if_its_class_is_there(
    folder: Path, heapsnap: Callable[..., Result]
) -> None:
    for name in ("c.json", "d.json"):
        heap("module app -.Cursor-> class Cursor", path=folder / name)
    assert heapsnap("diff", "c.json", "d.json", "--fail-on-growth", "Cursor").exit_code == 0


@pytest.mark.usefixtures("story")
def test_a_type_that_nobody_knows_is_an_error(heapsnap: Callable[..., Result]) -> None:
    result = heapsnap(*PAIR, "--fail-on-growth", "DictCurso")
    assert result.exit_code == 1
    assert "hint: nearest names: DictCursor" in result.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--accept",), 2),
        (("--tolerance", "5"), 2),
        (("--accepted", "known.txt"), 2),
        (("--fail-on-growth", "--accepted", "none.txt"), 1),
        (("--fail-on-growth", "--accepted", "."), 1),
        (("--accepted", "nowhere/known.txt", "--accept"), 1),
    ],
)
@pytest.mark.usefixtures("story")
def test_options_that_do_not_fit_are_told_in_two_lines(
    options: tuple[str, ...], code: int, heapsnap: Callable[..., Result]
) -> None:
    result = heapsnap(*PAIR, *options)
    assert result.exit_code == code
    error, hint = result.stderr.splitlines()
    assert (error.split()[0], hint.split()[0]) == ("error:", "hint:")


def test_words_behind_the_flag_are_types_until_an_option_or_a_snapshot() -> None:
    words = ["a.json", "--fail-on-growth", "X", "Y", "b.json", "Z", "--json"]
    assert name_types(words) == [
        "a.json", "--fail-on-growth", "--growing-type", "X", "--growing-type", "Y",
        "b.json", "Z", "--json",
    ]  # fmt: skip
