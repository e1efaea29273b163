"""Every command on the story's heaps: stdout, stderr and exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.cli.heaps_of_the_story import write_cursors
from tests.heaps import heap

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = {
    "diff": ("diff", "a.json", "b.json"),
    "diff_nothing": ("diff", "b.json", "b.json"),
    "why": ("why", "DictCursor", "-s", "b.json", "--since", "a.json"),
    "why_alone": ("why", "list", "-s", "b.json", "--max", "1"),
    "top": ("top", "-s", "b.json"),
    "top_by_count": ("top", "-s", "b.json", "--by", "count", "--max", "2"),
    "refs": ("refs", "DictCursor", "-s", "b.json"),
    "info": ("info", "-s", "b.json"),
    "cache": ("cache",),
    "top_by_retained": ("top", "-s", "b.json", "--by", "retained", "--max", "5"),
    "retained": ("retained", "-s", "b.json", "--max", "5"),
    "retained_type": ("retained", "DictCursor", "-s", "b.json", "--max", "3"),
    "retained_module": ("retained", "app", "-s", "b.json", "--max", "3"),
}


@pytest.mark.parametrize("case", COMMANDS)
@pytest.mark.usefixtures("story")
def test_golden(
    case: str, transcript: Callable[..., str], golden: Callable[[str, str], None]
) -> None:
    golden(f"cli/{case}.txt", transcript(*COMMANDS[case]))


@pytest.mark.parametrize("case", COMMANDS)
@pytest.mark.usefixtures("story")
def test_json_is_as_its_schema_says(case: str, heapsnap: Callable[..., Result]) -> None:
    result = heapsnap(*COMMANDS[case], "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    name = COMMANDS[case][0]
    schema = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(result.stdout))


@pytest.mark.usefixtures("story")
def test_the_story(heapsnap: Callable[..., Result]) -> None:
    cycle = "DictCursor .fetchall_items -> bound method fetchall_items .__self__ -> DictCursor"
    answer = heapsnap("diff", "a.json", "b.json").stdout.splitlines()
    assert answer[0].startswith("DictCursor  +734  (12 -> 746)  garbage")
    assert cycle in answer[0]
    assert "  next: heapsnap why DictCursor" in answer
    why = heapsnap("why", "DictCursor")
    assert why.stdout.splitlines()[0].startswith("garbage: nothing but their own cycle")
    assert cycle in why.stdout
    assert why.stderr == "note: reading b.json since a.json (the last diff)\n"


def test_the_repaired_service_did_not_grow(folder: Path, heapsnap: Callable[..., Result]) -> None:
    write_cursors(folder / "a.json", 3)
    write_cursors(folder / "b.json", 3, sequence=2)
    result = heapsnap("diff", "a.json", "b.json")
    assert result.exit_code == 0
    assert result.stdout.startswith("no leak found: ")
    assert "DictCursor" not in result.stdout


def test_a_hostile_snapshot_sends_nothing_to_the_terminal(
    folder: Path, heapsnap: Callable[..., Result]
) -> None:
    evil = "evil\x1b[2J\x07"
    picture = f"module app -.{evil}-> cache:list -['\x1b]0;title\x07']-> job:Job"
    path = heap(picture, path=folder / "x.json", header={"host": evil, "argv": [evil, "[red]"]})
    for command in (("why", "Job"), ("top",), ("refs", "list"), ("info",), ("why", evil)):
        result = heapsnap(*command, "-s", path)
        for text in (result.stdout, result.stderr):
            assert all(line.isprintable() for line in text.split("\n"))
        assert r"\x1b" in result.stdout + result.stderr
    assert "'[red]'" in heapsnap("info", "-s", path).stdout


@pytest.mark.usefixtures("story")
def test_all_ways_are_shown_when_asked_for(heapsnap: Callable[..., Result]) -> None:
    short = heapsnap("why", "*", "-s", "b.json", "--max", "1").stdout
    whole = heapsnap("why", "*", "-s", "b.json", "--all").stdout
    assert "in other ways (--all shows them)" in short
    assert "in other ways" not in whole
    assert len(whole) > len(short)
