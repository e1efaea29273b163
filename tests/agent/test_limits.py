"""Caches are called by how many entries they may have, and no code runs to find that out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from heapsnap.agent.format import LIMIT_WORDS
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

PURE = {"HEAPSNAP_PURE": "1"}


def snapshot_of(
    python: Python, path: Path, mode: str, variables: dict[str, str] | None = None
) -> tuple[Reading, dict[str, Any]]:
    finished = python.run("limited.py", path, mode, variables=variables)
    return Reading(path), finished.facts


def names_of(reading: Reading) -> dict[int, str]:
    """Address → what the object there is called, of those called by a limit."""
    snapshot = reading.snapshot
    return {
        int(snapshot.address_by_node[node]): name
        for node, name in snapshot.name_by_node.items()
        if name.startswith(tuple(f"{word}=" for word in LIMIT_WORDS))
    }


@pytest.mark.parametrize(
    ("mode", "variables"),
    [("fork", None), ("fork", PURE), ("inline", None), ("redact", None)],
    ids=["fork", "fork in Python", "inline", "redact"],
)
def test_what_says_how_many_entries_it_may_have_is_called_by_it(
    python: Python, tmp_path: Path, mode: str, variables: dict[str, str] | None
) -> None:
    reading, facts = snapshot_of(python, tmp_path / "limited.json", mode, variables)
    names = names_of(reading)
    assert [(names.get(address), address) for _, address in facts["named"]] == [
        (name, address) for name, address in facts["named"]
    ]
    wrongly = {label: names.get(address) for label, address in facts["unnamed"].items()}
    assert {label: name for label, name in wrongly.items() if name} == {}
    assert reading.header["mode"] == ("inline" if mode == "inline" else "fork")


@pytest.mark.parametrize("mode", ["fork", "inline"])
def test_no_code_of_the_program_runs_and_no_dict_is_made(
    python: Python, tmp_path: Path, mode: str
) -> None:
    _, facts = snapshot_of(python, tmp_path / "limited.json", mode)
    assert facts["ran"] == []
    # Before 3.11 every instance has a dict from the start.
    assert facts["made"] == 0


def test_a_limit_hides_no_reference(python: Python, tmp_path: Path) -> None:
    reading, _ = snapshot_of(python, tmp_path / "limited.json", "fork")
    assert reading.anomalies() == []
    assert reading.snapshot.is_complete


def test_of_a_class_with_very_many_instances_some_are_named(
    own_python: Python, tmp_path: Path
) -> None:
    path = tmp_path / "many.json"
    finished = own_python.evaluate(
        "import heapsnap\n"
        "class Van:\n"
        "    def __init__(self): self.capacity = 3\n"
        "kept = [Van() for _ in range(12_000)]\n"
        f"heapsnap.dump({str(path)!r})\n"
    )
    assert finished.exit_code == 0
    named = [name for name in names_of(Reading(path)).values() if name == "capacity=3"]
    assert len(named) == 10_000
