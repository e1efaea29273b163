"""The commands answer from an index what they answer without it, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heapsnap.index import identity
from heapsnap.snapshot import kept
from tests.heaps import heap

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

COMMANDS = (
    ("diff", "a.json", "b.json"),
    ("diff", "a.json", "b.json", "--json"),
    ("diff", "a.json", "a.json", "b.json"),
    ("why", "DictCursor", "-s", "b.json", "--since", "a.json", "--json"),
    ("why", "list", "-s", "b.json", "--all"),
    ("why", "DictCursor", "-s", "b.json", "--not-through", "list"),
    ("top", "-s", "b.json", "--json"),
    ("top", "-s", "b.json", "--by", "retained"),
    ("retained", "-s", "b.json", "--json"),
    ("retained", "DictCursor", "-s", "b.json"),
    ("refs", "DictCursor", "-s", "b.json"),
    ("info", "-s", "b.json"),
)
PARTS = (
    "snapshot", "verdicts", "garbage", "labels", "paths", "sums", "types", "referrer_by_edge",
    "dominators", "retained_types",
)  # fmt: skip


@pytest.fixture
def answers(
    story: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[tuple[int, str, str]]]:
    """All commands' answers with the index switched so."""
    held = ("module app -.JOBS-> jobs:list -[#]-> job*50", "job*50 -.rows-> row*50:tuple")
    heap(*held, *(f"row{n} -[#]-> text*20:str" for n in range(3)), path=story / "c.json")
    commands = [*COMMANDS, ("why", "tuple", "-s", "c.json"), ("refs", "Thing", "-s", "c.json")]

    def ask(switch: str) -> list[tuple[int, str, str]]:
        monkeypatch.setenv("HEAPSNAP_INDEX", switch)
        results = [heapsnap(*command) for command in commands]
        return [(result.exit_code, result.stdout, result.stderr) for result in results]

    return ask


def test_first_and_second_time_equal_the_plain_path(
    story: Path, answers: Callable[[str], list[tuple[int, str, str]]]
) -> None:
    plain = answers("off")
    assert all(code == 0 for code, _, _ in plain)
    assert not list(story.glob("*.index"))
    first = answers("on")
    kept = {file.stem for file in (story / "b.json.index").glob("*.part")}
    assert kept >= set(PARTS)
    assert (first, answers("on")) == (plain, plain)


def test_a_report_is_the_same_page_with_and_without_an_index(
    story: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    for switch in ("off", "on", "on"):
        monkeypatch.setenv("HEAPSNAP_INDEX", switch)
        assert heapsnap("report", "a.json", "b.json", "-o", "page.html").exit_code == 0
        pages.append((story / "page.html").read_bytes())
    assert (story / "b.json.index").is_dir()
    assert pages == [pages[0]] * 3


def test_an_answer_that_was_given_is_given_again_without_the_heap(
    story: Path,
    answers: Callable[[str], list[tuple[int, str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = answers("off")
    monkeypatch.setattr(identity, "SETTLED_NS", -(10**12))
    assert answers("on") == plain
    opened = []
    really = kept.open_snapshot
    monkeypatch.setattr(
        kept, "open_snapshot", lambda path, **rest: opened.append(path) or really(path, **rest)
    )
    assert answers("on") == plain
    assert len(opened) == 4  # For retained and refs, twice each.


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        *((part, "flipped") for part in (*PARTS, "tree-*", "identity")),
        *(("all", damage) for damage in ("cut", "flipped", "emptied", "swapped")),
    ],
)
def test_a_broken_index_is_made_again_without_a_word(
    story: Path,
    heapsnap: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    damage: str,
) -> None:
    commands = (COMMANDS[0], COMMANDS[3], COMMANDS[7])
    monkeypatch.setenv("HEAPSNAP_INDEX", "off")
    plain = [heapsnap(*command).output for command in commands]
    monkeypatch.setenv("HEAPSNAP_INDEX", "on")
    for command in commands:
        heapsnap(*command)
    pattern = {"all": "*", "identity": "identity.json"}.get(part, f"{part}.part")
    (*broken,) = (story / "b.json.index").glob(pattern)
    assert broken
    for file in broken:
        content = file.read_bytes()
        other = story / "a.json.index" / file.name
        others = other.read_bytes() if other.exists() else b"of nothing"
        file.write_bytes(
            {
                "cut": content[: len(content) // 2],
                "flipped": bytes([*content[:-1], content[-1] ^ 1]),
                "emptied": b"",
                "swapped": others,
            }[damage]
        )
    assert [heapsnap(*command).output for command in commands] == plain
    assert [heapsnap(*command).output for command in commands] == plain


def test_a_stale_index_is_made_again(
    story: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSNAP_INDEX", "on")
    heapsnap("diff", "a.json", "b.json")
    shutil.copyfile("a.json", "b.json")
    of_the_index = heapsnap("diff", "a.json", "b.json").stdout
    monkeypatch.setenv("HEAPSNAP_INDEX", "off")
    assert of_the_index == heapsnap("diff", "a.json", "b.json").stdout
    assert "DictCursor  +734" not in of_the_index


def test_many_at_once_answer_the_same_and_leave_a_whole_index(story: Path) -> None:
    command = [sys.executable, "-m", "heapsnap", "diff", "a.json", "b.json"]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "HEAPSNAP_INDEX": "on"}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    results = [(*process.communicate(timeout=300), process.returncode) for process in running]
    off = {**environment, "HEAPSNAP_INDEX": "off"}
    plain = subprocess.run(command, env=off, capture_output=True, check=True, timeout=300)
    assert results == [(plain.stdout, plain.stderr, 0)] * 4
    assert not list(story.glob("*.index/.unfinished*"))
    again = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=300)
    assert again.stdout == plain.stdout


def test_a_damaged_snapshot_is_told_as_without_an_index(
    story: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Path("b.json").read_bytes().splitlines(keepends=True)
    (story / "b.json").write_bytes(b"".join([*lines[:3], b"{nonsense}\n", *lines[4:]]))
    outputs = []
    for switch in ("off", "on", "on"):
        monkeypatch.setenv("HEAPSNAP_INDEX", switch)
        result = heapsnap("diff", "a.json", "b.json")
        outputs.append((result.exit_code, result.stdout, result.stderr))
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0][0] == 1


def test_the_cache_is_seen_and_cleared(
    story: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heapsnap("cache").stdout == "nothing is kept\n"
    monkeypatch.setenv("HEAPSNAP_INDEX", "on")
    heapsnap("diff", "a.json", "b.json")
    listed = heapsnap("cache").stdout
    assert str(story / "a.json") in listed
    assert str(story / "b.json") in listed
    assert listed.splitlines()[-1].endswith("in all; heapsnap cache --clear removes it")
    assert heapsnap("cache", "b.json", "--clear").stdout.startswith("removed the indexes of 1 snap")
    assert [path.name for path in story.glob("*.index")] == ["a.json.index"]
    assert heapsnap("cache", "--clear").exit_code == 0
    assert not list(story.glob("*.index"))
    assert heapsnap("cache").stdout == "nothing is kept\n"
