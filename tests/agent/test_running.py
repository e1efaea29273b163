"""Generators and coroutines that run while the snapshot is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
