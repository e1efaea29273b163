"""Generators and coroutines that run while the snapshot is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python


def test_reading_their_variables_leaves_no_reference_to_nowhere(
    python: Python, tmp_path: Path
) -> None:
    path = tmp_path / "running.json"
    assert python.run("running.py", path).exit_code == 0
    # Which refuses a file in which a reference leads to an object that has no row.
    reading = Reading(path)
    assert reading.count_by_type()["__main__.Marker"] == 3
    assert len(reading.places.verdicts.anomalous_nodes) == 0


@pytest.mark.parametrize("mode", ["inline", "fork"])
def test_what_is_awaited_meanwhile_is_left_alone(python: Python, tmp_path: Path, mode: str) -> None:
    if python.version != (3, 12):
        pytest.skip("the module of 3.12 alone visits its free list")
    finished = python.run("awaits.py", tmp_path, mode)
    assert finished.exit_code == 0, finished.stdout + finished.stderr
    if mode == "fork":
        # Nor is an object on a free list taken for one that lives.
        reading = Reading(tmp_path / "last.json")
        assert len(reading.places.verdicts.anomalous_nodes) == 0
