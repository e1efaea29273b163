"""Containers with more references than a chunk takes: they are continued in further rows, and whole."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.reading import Reading
from tests.agent.test_references import positioned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

REFERENCES_OF_A_CHUNK = 1 << 18


class Large:
    """A snapshot of the program, and what it said."""

    def __init__(self, python: Python, path: Path, mode: str) -> None:
        self.facts: dict[str, Any] = python.run("large.py", path, mode).facts
        self.path = path
        self.reading = Reading(path)

    def references(self, name: str) -> list[tuple[str, int]]:
        """Names and targets of a container's references, positions counted."""
        return positioned(self.reading.references(self.facts["addresses"][name]))

    def entries(self, name: str) -> int:
        """How many entries it has."""
        return self.facts["entries"][name]


@pytest.fixture(scope="session", params=["fork", "inline"])
def large(
    request: pytest.FixtureRequest, python: Python, tmp_path_factory: pytest.TempPathFactory
) -> Large:
    return Large(python, tmp_path_factory.mktemp("large") / "large.json", request.param)


def test_no_chunk_holds_a_large_container_as_a_whole(large: Large) -> None:
    with large.path.open() as file:
        chunks = [json.loads(line.rstrip(",\n")) for line in file if line.startswith('{"tracked"')]
    assert sum(len(chunk["to"]) for chunk in chunks) > 1_000_000
    assert max(len(chunk["to"]) for chunk in chunks) <= REFERENCES_OF_A_CHUNK


@pytest.mark.parametrize("name", ["ROWS", "PAIRS"])
def test_a_large_sequence_is_whole_and_each_item_at_its_position(large: Large, name: str) -> None:
    references = large.references(name)
    count = large.entries(name)
    assert {name for name, _ in references} == {f"[{n}]" for n in range(count)}
    kept = [position for position, address in references if address == large.facts["kept"]]
    assert sorted(kept) == ["[0]", f"[{count - 1}]"]


def test_a_large_dict_has_all_its_values_and_keys_and_the_last_names(large: Large) -> None:
    references = large.references("TABLE")
    count = large.entries("TABLE")
    names = Counter(name for name, _ in references)
    assert (names["[*]"], names["<key>"], len(names)) == (count - 100, count, 102)
    assert ("['last']", large.facts["kept"]) in references
    first, last = large.facts["keys"]
    assert {("<key>", first), ("<key>", last)} <= set(references)


def test_a_large_dict_of_other_keys_has_them_too(large: Large) -> None:
    references = large.references("ODD")
    count = large.entries("ODD")
    assert len(references) == 2 * count
    assert sum(address == large.facts["kept"] for _, address in references) == count


def test_a_large_set_has_all_its_members(large: Large) -> None:
    references = large.references("MEMBERS")
    assert len(set(references)) == large.entries("MEMBERS")
    assert ("{*}", large.facts["kept"]) in references


def test_counts_of_references_still_tell_what_is_held(large: Large) -> None:
    assert large.reading.anomalies() == []
