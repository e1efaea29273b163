"""A process in which nothing happens: its snapshots differ by nothing, and the agent is in none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

KEPT = ["capture._ThreadStates", "destination.Destination", "taker.Taker"]
"""What the agent has in the process between two snapshots."""

AGENT = "heapsnap.agent."
LEFT_BY_WALK = {"fork": set(), "inline": {"dict", "method", "str", "tuple"}}
"""What a walk in the process itself leaves in frames and functions whose dicts it had to read."""


class Idle:
    """Three snapshots of one process, and what it says of itself afterwards."""

    def __init__(self, python: Python, folder: Path, mode: str) -> None:
        self.mode = mode
        self.facts = python.run("idle.py", folder, mode).facts
        self.readings = [Reading(folder / f"{name}.json") for name in ("first", "second", "third")]


@pytest.fixture(scope="session", params=["fork", "inline"])
def idle(
    request: pytest.FixtureRequest, python: Python, tmp_path_factory: pytest.TempPathFactory
) -> Idle:
    return Idle(python, tmp_path_factory.mktemp("idle"), request.param)


def references_by_type(reading: Reading) -> Counter[tuple[str, str]]:
    """How many references of each name the objects of each type have."""
    names = map(reading.snapshot.edge_names.__getitem__, reading.snapshot.name_by_edge.tolist())
    types = map(reading._type_name, reading.places.graph.referrer_by_edge.tolist())
    return Counter(zip(types, names, strict=True))


def test_the_second_and_the_third_snapshot_hold_the_same_objects(idle: Idle) -> None:
    _, second, third = (reading.count_by_type() for reading in idle.readings)
    assert third - second == Counter()
    assert second - third == Counter()


def test_the_second_and_the_third_snapshot_hold_the_same_references(idle: Idle) -> None:
    _, second, third = map(references_by_type, idle.readings)
    assert third - second == Counter()
    assert second - third == Counter()


def test_the_first_snapshot_adds_nothing_that_the_second_sees(idle: Idle) -> None:
    first, second, _ = (reading.count_by_type() for reading in idle.readings)
    assert set(first - second) <= LEFT_BY_WALK[idle.mode]
    assert set(second - first) <= LEFT_BY_WALK[idle.mode]


def test_no_snapshot_holds_an_object_that_the_agent_made_for_it(idle: Idle) -> None:
    for reading in idle.readings:
        kinds = reading.count_by_type().elements()
        own = [kind.removeprefix(AGENT) for kind in kinds if kind.startswith(AGENT)]
        assert sorted(own) == KEPT


def test_no_snapshot_shows_a_function_of_the_agent_running(idle: Idle) -> None:
    for reading in idle.readings:
        for thread in reading.snapshot.roots.threads:
            assert thread.frames
            assert not [frame for frame in thread.frames if "/heapsnap/agent/" in frame.file]


def test_the_agent_leaves_neither_garbage_nor_objects_behind(idle: Idle) -> None:
    assert idle.facts["garbage"] == []
    assert idle.facts["own"] == KEPT


def test_nothing_in_an_idle_process_is_garbage(idle: Idle) -> None:
    for reading in idle.readings:
        assert sorted(map(reading.type_of, reading.garbage())) == []
        assert reading.anomalies() == []
