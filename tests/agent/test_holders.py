"""Who holds an object: the verdict, and the name of the place, for each way of holding one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.agent.interpreters import PROGRAMS, Python
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from heapsnap.analysis.results import HoldingGroup

PROGRAM = PROGRAMS / "hold.py"


@dataclass(frozen=True)
class Holders:
    """The snapshot of the program, and where it says that its objects are."""

    reading: Reading
    addresses: dict[str, int]

    def group(self, type_name: str) -> HoldingGroup:
        """Why the one object of this type is alive."""
        (group,) = self.reading.why(type_name)
        assert group.count == 1
        return group

    def verdict(self, type_name: str) -> str:
        """The verdict on the one object of this type."""
        return self.reading.verdict_of(self.addresses[type_name])


@pytest.fixture(scope="session")
def holders(python: Python, tmp_path_factory: pytest.TempPathFactory) -> Holders:
    path = tmp_path_factory.mktemp("hold") / "hold.json"
    finished = python.run("hold.py", path)
    return Holders(Reading(path), finished.facts["addresses"])


def line_of(marker: str) -> int:
    """The line of the program that carries the marker."""
    lines = PROGRAM.read_text().splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if line.endswith("# " + marker)]
    return found


def references(group: HoldingGroup) -> list[str]:
    """The names along the worked example."""
    return [step.reference for step in group.chain.steps]


def test_a_local_variable_of_another_thread_is_named_with_thread_function_and_line(
    holders: Holders,
) -> None:
    group = holders.group("InLocal")
    # Before 3.11 code knows its plain name only; it is the same for a module's function.
    place = f"function hold_in_local, {PROGRAM}:{line_of('the worker stands here')}"
    assert group.verdict == "frame"
    assert f"thread worker-1, {place}, variable secret" in group.detail


def test_a_variable_of_a_calling_function_is_named_with_the_line_of_the_call(
    holders: Holders,
) -> None:
    group = holders.group("InCaller")
    place = f"function take, {PROGRAM}:{line_of('the main thread stands here')}"
    assert group.verdict == "frame"
    assert f"thread MainThread, {place}, variable argument" in group.detail


def test_a_thread_local_of_another_thread_is_held_by_that_thread(holders: Holders) -> None:
    group = holders.group("InThreadLocal")
    assert group.verdict == "frame"
    assert group.detail[0].startswith("thread worker-1")
    assert references(group)[-1] in {".value", "['value']"}


def test_a_thread_local_of_a_module_is_reached_through_the_module(holders: Holders) -> None:
    group = holders.group("InSharedLocal")
    assert group.verdict == "rooted"
    assert group.path.startswith("__main__.LOCAL")
    assert references(group)[-1] in {".value", "['value']"}


def test_an_exception_that_another_thread_handles_is_alive(holders: Holders) -> None:
    group = holders.group("InException")
    assert group.verdict == "frame"
    assert "thread worker-2: exception being handled" in group.detail


def test_a_variable_of_a_suspended_generator_is_named(holders: Holders) -> None:
    group = holders.group("InGenerator")
    assert group.verdict == "rooted"
    assert group.path.startswith("__main__.GENERATOR")
    assert references(group)[-1] == "current"


def test_a_variable_of_a_suspended_coroutine_is_named(holders: Holders) -> None:
    group = holders.group("InCoroutine")
    assert group.verdict == "rooted"
    assert group.path.startswith("__main__.COROUTINE")
    assert references(group)[-1] == "awaited"


def test_a_closure_cell_is_named_after_its_variable(holders: Holders) -> None:
    group = holders.group("InCell")
    assert group.verdict == "rooted"
    assert group.path.startswith("__main__.CALLBACK")
    assert any("captured" in name for name in references(group))


def test_a_reference_of_c_code_is_counted(holders: Holders) -> None:
    group = holders.group("InC")
    assert group.verdict == "c-held"
    assert group.detail[0].startswith("1 reference to it come")


def test_a_value_in_a_dict_of_a_module_is_named_by_its_key(holders: Holders) -> None:
    group = holders.group("InModule")
    assert group.verdict == "rooted"
    assert references(group)[-1] == "['first']"


def test_a_cycle_that_nobody_holds_is_garbage_and_is_shown(holders: Holders) -> None:
    group = holders.group("Nowhere")
    assert group.verdict == "garbage"
    assert group.cycle is not None
    assert ".myself" in [step.reference for step in group.cycle.steps]
