"""Every reference that the collector knows is in the file, under the name by which a person knows it."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING

import pytest

from heapsnap.agent.format import POSITION_DOWN, POSITION_UP
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

UNREPORTED = {"type", "code", "numpy.ndarray"}
"""The collector does not look into static classes, code and arrays; they hold what they hold."""


C_MODULES = {
    "_abc",
    "_ctypes",
    "ctypes",
    "_io",
    "_json",
    "_struct",
    "itertools",
    "numpy",
    "operator",
    "re",
}
C_KEPT = {
    "PyCapsule", "StgDict", "_asyncio.FutureIter", "builtin_function_or_method", "builtin_method",
    "function", "lazy_import", "types.GenericAlias", "types.UnionType", "typing.TypeAliasType",
    "typing.TypeVar", "typing.Union",
}  # fmt: skip
"""Types of which some references are called ``?``: fields without a getter, of little use to a person."""


class Kinds:
    """The snapshot of the program, and what it says of its objects."""

    def __init__(self, python: Python, path) -> None:
        facts = python.run("all_kinds.py", path).facts
        self.reading = Reading(path)
        self.expected = [tuple(entry) for entry in facts["expected"]]
        self.referents = {int(address): to for address, to in facts["referents"].items()}


@pytest.fixture(scope="session")
def kinds(python: Python, tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(python, tmp_path_factory.mktemp("kinds") / "kinds.json")


def test_each_known_reference_has_its_name(kinds: Kinds) -> None:
    wrong = []
    for holder, name, target in kinds.expected:
        found = positioned(kinds.reading.references(holder))
        if (name, target) not in found:
            names = [known for known, address in found if address == target]
            wrong.append((kinds.reading.type_of(holder), name, names))
    assert wrong == []


def test_references_are_those_that_the_collector_knows(kinds: Kinds) -> None:
    assert len(kinds.referents) > 600
    wrong = []
    for address, known in kinds.referents.items():
        references = kinds.reading.references(address)
        written = Counter(target for _, target in references)
        # The collector skips the keys of dicts whose keys are all text.
        without_keys = Counter(target for name, target in references if name != "<key>")
        if not without_keys <= Counter(known) <= written:
            lost = Counter(known) - written
            added = [name for name, target in references if target not in known]
            wrong.append((kinds.reading.type_of(address), lost.total(), len(known), added[:9]))
    assert [entry for entry in wrong if entry[1] or entry[0] not in UNREPORTED] == []


def test_no_reference_of_what_a_program_is_made_of_is_without_a_name(kinds: Kinds) -> None:
    unnamed = {(holder, held) for holder, held in kinds.reading.unnamed() if is_told_apart(holder)}
    assert unnamed == set()


def is_told_apart(type_name: str) -> bool:
    """Whether the fields of a type are known: not those that C code keeps to itself."""
    module = type_name.rpartition(".")[0].partition(".")[0]
    return type_name not in C_KEPT and module not in C_MODULES


def test_every_reference_leads_to_a_described_object(kinds: Kinds) -> None:
    assert kinds.reading.snapshot.is_complete
    assert kinds.reading.anomalies() == []


def test_the_name_of_a_deque_is_its_limit(kinds: Kinds) -> None:
    snapshot = kinds.reading.snapshot
    named = {node for node, name in snapshot.name_by_node.items() if name == "maxlen=7"}
    types = {snapshot.types[snapshot.type_by_node[node]].full_name for node in named}
    assert types == {"collections.deque"}
    names = [n for n in snapshot.name_by_node.values() if n.startswith("maxlen=")]
    assert "maxlen=None" not in names


def positioned(references: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The references of one object, with numbers in the place of ``[#]`` and ``[-#]``."""
    up = count()
    down = count(sum(name == POSITION_DOWN for name, _ in references) - 1, -1)
    numbers = {POSITION_UP: up, POSITION_DOWN: down}
    return [
        (f"[{next(numbers[name])}]" if name in numbers else name, target)
        for name, target in references
    ]


@pytest.mark.parametrize(
    ("mode", "pure"), [("fork", ""), ("fork", "1"), ("inline", "")], ids=["C", "Python", "inline"]
)
def test_slots_beside_a_dict_are_told_whatever_number_of_entries_it_has(
    python: Python, tmp_path: Path, mode: str, pure: str
) -> None:
    path = tmp_path / "slots.json"
    finished = python.run("slots_and_dict.py", path, mode, variables={"HEAPSNAP_PURE": pure})
    reading = Reading(path)
    for address, first, third, entries in finished.facts["states"]:
        own = reading.references(address)
        assert {(".first", first), (".third", third)} <= set(own)
        dicts = [target for _, target in own if reading.type_of(target) == "dict"]
        held = own if not dicts else reading.references(dicts[0])
        assert set(entries) <= {target for _, target in held}
    assert reading.anomalies() == []
