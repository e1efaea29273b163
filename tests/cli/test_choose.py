"""Which snapshots are read when none is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.heaps_of_the_story import write_cursors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def note_of(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stderr


@pytest.mark.usefixtures("story")
def test_the_pair_of_the_last_diff(heapsnap: Callable[..., Result]) -> None:
    heapsnap("diff", "a.json", "b.json")
    assert note_of(heapsnap("why", "list")) == (
        "note: reading b.json since a.json (the last diff)\n"
    )
    assert note_of(heapsnap("top")) == "note: reading b.json (of the last diff)\n"
    assert note_of(heapsnap("why", "list", "-s", "a.json")) == ""
    assert note_of(heapsnap("why", "list", "--since", "a.json")) == (
        "note: reading b.json (of the last diff)\n"
    )


@pytest.mark.usefixtures("story")
def test_files_without_an_option_are_what_the_options_name(
    heapsnap: Callable[..., Result],
) -> None:
    heapsnap("diff", "b.json", "a.json")
    for command in ("why", "graph"):
        pair = heapsnap(command, "list", "--since", "a.json", "-s", "b.json")
        for arguments in (("a.json", "b.json"), ("b.json", "--since", "a.json")):
            assert heapsnap(command, "list", *arguments).stdout == pair.stdout
    for command in (("top",), ("info",), ("refs", "list"), ("retained", "list"), ("why", "list")):
        result = heapsnap(*command, "a.json")
        assert note_of(result) == ""
        assert result.stdout == heapsnap(*command, "-s", "a.json").stdout


def test_the_last_diff_is_known_in_another_folder(
    story: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    heapsnap("diff", "a.json", "b.json")
    monkeypatch.chdir(story.parent)
    assert note_of(heapsnap("top")) == "note: reading here/b.json (of the last diff)\n"


def test_the_newest_where_a_file_of_the_last_diff_is_gone(
    story: Path, heapsnap: Callable[..., Result]
) -> None:
    heapsnap("diff", "a.json", "b.json")
    (story / "a.json").unlink()
    write_cursors(story / "heapsnap-1.json", 3)
    assert note_of(heapsnap("top")) == "note: reading heapsnap-1.json (the newest)\n"


def test_the_newest_by_time_not_by_name(folder: Path, heapsnap: Callable[..., Result]) -> None:
    for name, age in (("heapsnap-c.json", 30), ("heapsnap-b.json.gz", 10), ("heapsnap-a.json", 20)):
        path = write_cursors(folder / name, 3)
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    write_cursors(folder / "other.json", 3)
    assert note_of(heapsnap("top")) == "note: reading heapsnap-b.json.gz (the newest)\n"


def test_the_folder_of_the_environment_comes_before_the_current_one(
    folder: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cursors(folder / "heapsnap-here.json", 3)
    there = folder.parent / "there"
    there.mkdir()
    write_cursors(there / "heapsnap-there.json", 3)
    monkeypatch.setenv("HEAPSNAP_DIR", str(there))
    assert "heapsnap-there.json (the newest)" in note_of(heapsnap("info"))


def test_an_empty_folder_is_an_error_that_says_what_to_do(
    heapsnap: Callable[..., Result],
) -> None:
    result = heapsnap("top")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no snapshot in ")
    assert "hint: name one with -s FILE" in result.stderr


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("noted", ["", "{", "[]", '{"before": 1, "after": 2}', "null", "\udc80"])
def test_a_broken_memory_is_no_error(
    noted: str, folder: Path, heapsnap: Callable[..., Result]
) -> None:
    memory = folder.parent / "cache" / "heapsnap" / "last-diff.json"
    memory.parent.mkdir(parents=True)
    memory.write_bytes(noted.encode("utf-8", "surrogateescape"))
    write_cursors(folder / "heapsnap-1.json", 3)
    assert note_of(heapsnap("top")) == "note: reading heapsnap-1.json (the newest)\n"


@pytest.mark.usefixtures("story")
def test_a_cache_that_cannot_be_written_is_no_error(
    folder: Path, heapsnap: Callable[..., Result]
) -> None:
    (folder.parent / "cache").write_text("a file where the folder should be")
    result = heapsnap("diff", "a.json", "b.json")
    assert (result.exit_code, result.stderr) == (0, "")
