"""What cannot be answered: one ``error:`` line, one ``hint:`` line, the right exit code."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.heaps_of_the_story import write_cursors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


def with_chunk(path: Path, **columns: object) -> None:
    """Replace columns of the only chunk."""
    lines = lines_of(path)
    lines[3] = json.dumps({**json.loads(lines[3]), **columns}) + "\n"
    path.write_text("".join(lines))


def another_version(path: Path) -> None:
    path.write_text(path.read_text().replace('"version":1', '"version":2', 1))


def cut_in_the_header(path: Path) -> None:
    path.write_text(path.read_text()[:200])


def references_to_nowhere(path: Path) -> None:
    chunk = json.loads(lines_of(path)[3])
    steps = [*chunk["address"], 16 - sum(chunk["address"])]
    with_chunk(path, address=steps, to=[len(chunk["address"])] * len(chunk["to"]))


BAD_FILES: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("hello\n"),
    "empty": lambda path: path.write_text(""),
    "other_json": lambda path: path.write_text('{"a": 1}\n'),
    "another_version": another_version,
    "cut_in_the_header": cut_in_the_header,
    "unequal_columns": lambda path: with_chunk(path, shape=[1, 2]),
    "references_to_nowhere": references_to_nowhere,
    "broken_gzip": lambda path: path.write_bytes(gzip.compress(b"x" * 99)[:20]),
    "missing": lambda path: path.unlink(),
}
TWO_LINES = re.compile(r"error: [^\n]+\nhint: [^\n]+\n")


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_told_in_two_lines(
    case: str, folder: Path, transcript: Callable[..., str], golden: Callable[[str, str], None]
) -> None:
    BAD_FILES[case](write_cursors(folder / "leak.json", 3))
    text = transcript("top", "-s", "leak.json")
    assert TWO_LINES.search(text)
    golden(f"cli/bad_{case}.txt", text)


def test_a_cut_file_is_read_up_to_the_cut_with_a_warning(
    folder: Path, heapsnap: Callable[..., Result]
) -> None:
    path = write_cursors(folder / "leak.json", 3)
    path.write_text("".join(lines_of(path)[:-2]))
    result = heapsnap("info", "-s", "leak.json")
    assert result.exit_code == 0
    assert "warning: " in result.stdout
    assert "cut" in result.stdout


CASES = {
    "unknown_type": ("why", "DictCurso", "-s", "b.json"),
    "nothing_like_it": ("why", "Zzz", "-s", "b.json"),
    "unknown_address": ("refs", "0x10", "-s", "b.json"),
    "picture_of_no_kind": ("why", "list", "-s", "b.json", "--picture", "chain.jpg"),
    "no_folder_for_the_picture": ("why", "list", "-s", "b.json", "--picture", "no/chain.dot"),
    "no_type": ("why",),
    "no_second_file": ("diff", "a.json"),
    "too_many_files": ("why", "list", "a.json", "b.json", "c.json"),
    "two_files_for_one": ("top", "a.json", "-s", "b.json"),
    "unknown_command": ("frobnicate",),
    "unknown_option": ("--frobnicate",),
    "unknown_option_of_a_command": ("top", "--frobnicate"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("story")
def test_what_cannot_be_answered_is_told_in_two_lines(
    case: str, heapsnap: Callable[..., Result], golden: Callable[[str, str], None]
) -> None:
    result = heapsnap(*CASES[case])
    assert TWO_LINES.fullmatch(result.stderr)
    golden(f"cli/error_{case}.txt", f"{result.stderr}exit code {result.exit_code}\n")


@pytest.mark.parametrize("arguments", [("--max", "many"), ("--max", "0"), ("--by", "beauty")])
def test_a_value_of_no_use_is_told_in_two_lines(
    arguments: tuple[str, str], heapsnap: Callable[..., Result]
) -> None:
    # The sentences are typer's, and change with its versions.
    result = heapsnap("top", *arguments)
    assert TWO_LINES.fullmatch(result.stderr)
    assert f"'{arguments[0]}'" in result.stderr
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_bug_of_ours_is_not_dressed_up_as_an_answer(
    heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("heapsnap.cli.answers.choose_snapshot", fail)
    assert isinstance(heapsnap("top").exception, ZeroDivisionError)
