"""Answers that were given before: what comes back is what was kept, and only for the same question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.known import MOST_ANSWERS, Question, decode, encode
from heapsnap.analysis.answers.top import top
from heapsnap.analysis.answers.why import why
from heapsnap.index import identity as identity_module
from heapsnap.snapshot.kept import open_snapshot
from tests.heaps import heap

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.analysis.results import Top

BEFORE = ("module app -['POOL']-> pool:list -[#]-> cursor*3:DictCursor",)
AFTER = (
    "module app -['POOL']-> pool:list -[#]-> cursor*90:DictCursor",
    "dead:Job -.job-> other:Job -.job-> dead",
)


@pytest.fixture(autouse=True)
def _index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HEAPSNAP_INDEX", "on")
    monkeypatch.setattr(identity_module, "SETTLED_NS", -(10**12))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    before, after = tmp_path / "a.json", tmp_path / "b.json"
    heap(*BEFORE, path=before)
    heap(*AFTER, path=after)
    return before, after


def test_every_kind_of_answer_comes_back_as_it_was(pair: tuple[Path, Path]) -> None:
    before, after = map(open_snapshot, pair)
    answers = (
        diff(before=before, after=after),
        why(after, "DictCursor", since=before),
        why(after, "Job"),
        top(after, by="retained"),
        top(after).snapshot,
    )
    for answer in answers:
        assert decode(encode(answer)) == answer


def test_what_no_result_should_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(("text", {1, 2}))


def ask(paths: tuple[Path, ...], *asked: str) -> Top | None:
    return Question(paths, asked).recall()


def give(paths: tuple[Path, ...], *asked: str) -> Top:
    heaps = [open_snapshot(path) for path in paths]
    answer = top(heaps[-1])
    Question(paths, asked).keep(heaps, answer)
    return answer


def test_an_answer_belongs_to_its_question_and_to_the_files(pair: tuple[Path, Path]) -> None:
    before, after = pair
    assert ask(pair, "top") is None
    answer = give(pair, "top")
    assert ask(pair, "top") == answer
    assert ask(pair, "top", "count") is None
    assert ask((after, before), "top") is None
    assert ask((after,), "top") is None
    assert ask((before, after.parent / "." / ".." / after.parent.name / "b.json"), "top") is None
    heap(*BEFORE, path=after)
    assert ask(pair, "top") is None
    heap(*AFTER, "another -[#]-> one", path=before)
    assert ask(pair, "top") is None


def test_no_answer_where_an_index_is_not_wanted(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    give(pair, "top")
    monkeypatch.setenv("HEAPSNAP_INDEX", "off")
    assert ask(pair, "top") is None


def test_what_json_cannot_hold_is_not_kept(pair: tuple[Path, Path]) -> None:
    heaps = [open_snapshot(path) for path in pair]
    answer = top(heaps[-1])
    half = replace(answer, by="\udcff")
    Question(pair, ["top"]).keep(heaps, half)
    assert ask(pair, "top") is None


def test_only_so_many_are_kept(pair: tuple[Path, Path]) -> None:
    for number in range(MOST_ANSWERS + 3):
        give(pair, f"question {number}")
    assert ask(pair, "question 0") is None
    assert ask(pair, f"question {MOST_ANSWERS + 2}") is not None
    folder = pair[1].with_name("b.json.index")
    assert len(list(folder.glob("answer-*"))) == MOST_ANSWERS
