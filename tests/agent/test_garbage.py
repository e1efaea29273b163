"""Garbage in a snapshot is what CPython's own collector would free, object for object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

NOT_INSTALLED = 3
LIBRARIES = ["numpy", "pandas", "django", "sqlalchemy", "asyncio"]


class Scenario:
    """A snapshot and what the collector found right after it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.reading = Reading(folder / f"{name}.json")
        found = json.loads((folder / f"{name}.garbage").read_text())
        self.type_by_address = dict(map(tuple, found))

    def only_in_snapshot(self) -> list[str]:
        """Types of what the snapshot alone calls garbage."""
        return sorted(map(self.reading.type_of, self.reading.garbage() - self.collected))

    def only_collected(self) -> list[str]:
        """Types of what the collector alone calls garbage."""
        return sorted(self.type_by_address[a] for a in self.collected - self.reading.garbage())

    @property
    def collected(self) -> set[int]:
        """Addresses of what the collector found."""
        return set(self.type_by_address)


@pytest.fixture(scope="session")
def planted(python: Python, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    finished = python.run("plant_garbage.py", folder)
    assert finished.exit_code == 0, finished.stderr
    return folder


@pytest.fixture(scope="session", params=LIBRARIES)
def with_library(
    request: pytest.FixtureRequest, own_python: Python, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    finished = own_python.run("plant_garbage.py", folder, request.param)
    if finished.exit_code == NOT_INSTALLED:
        pytest.skip(f"not installed here: {finished.stdout.strip()}")
    assert finished.exit_code == 0, finished.stderr
    return folder


def without_suspended_frames(types: list[str], python: Python) -> list[str]:
    """Before 3.11 a suspended generator has a frame of its own, which is in the snapshot.

    Before the collector saves its garbage it finalizes it; finalizing a generator
    closes it, and so drops the frame.
    """
    return [name for name in types if name != "frame"] if python.version < (3, 11) else types


@pytest.mark.parametrize("scenario", ["planted", "frozen"])
def test_planted_cycles_of_many_kinds_are_the_garbage_and_nothing_else_is(
    planted: Path, python: Python, scenario: str
) -> None:
    found = Scenario(planted, scenario)
    assert len(found.collected) > 250
    assert without_suspended_frames(found.only_in_snapshot(), python) == []
    assert found.only_collected() == []


def test_after_a_collection_nothing_is_garbage(planted: Path) -> None:
    found = Scenario(planted, "collected")
    assert found.only_in_snapshot() == []
    assert found.collected == set()


@pytest.mark.parametrize("scenario", ["planted", "collected", "frozen"])
def test_no_object_has_more_references_than_its_count_says(planted: Path, scenario: str) -> None:
    assert Scenario(planted, scenario).reading.anomalies() == []


def test_the_header_counts_frozen_objects(planted: Path) -> None:
    counts = [
        Reading(planted / f"{name}.json").header["gc"]["freeze_count"]
        for name in ("planted", "frozen")
    ]
    # Some Pythons freeze a few hundred objects of their own when they start.
    assert counts[1] - counts[0] > 5000


@pytest.mark.parametrize("scenario", ["planted", "collected"])
def test_garbage_is_the_collectors_with_libraries_loaded(
    with_library: Path, own_python: Python, scenario: str
) -> None:
    found = Scenario(with_library, scenario)
    assert without_suspended_frames(found.only_in_snapshot(), own_python) == []
    assert found.only_collected() == []
    assert found.reading.anomalies() == []
