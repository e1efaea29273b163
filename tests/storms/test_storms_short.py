"""Storms in short; the long forms are switches of the programs beside this file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.agent.interpreters import PROGRAMS, Python, find_interpreters
from tests.agent.reading import Reading
from tests.storms.cpython_suite import LONG, compare, existing

if TYPE_CHECKING:
    from pathlib import Path

IS_LONG = bool(os.environ.get("HEAPSNAP_LONG"))
FILES = list(LONG) if IS_LONG else ["test_weakref", "test_generators"]


def test_cpythons_own_tests_end_as_they_do_without_snapshots() -> None:
    tests = existing(sys.executable, FILES)
    if not tests:
        pytest.skip("this Python came without its tests")
    differing, storm = compare(sys.executable, tests, every=0.2)
    assert differing == {}
    assert storm.snapshots >= 1


@pytest.fixture(
    params=find_interpreters(), ids=lambda python: f"{python.version[0]}.{python.version[1]}"
)
def any_python(request: pytest.FixtureRequest) -> Python:
    return request.param


def test_sixteen_threads_churn_during_snapshots(any_python: Python, tmp_path: Path) -> None:
    times = 100 if IS_LONG else 4
    assert (PROGRAMS / "churning.py").exists()
    finished = any_python.run("churning.py", tmp_path, times)
    assert finished.facts["failures"] == []
    paths = finished.facts["paths"]
    assert len(paths) == times
    for path in paths[:: max(1, times // 4)]:
        reading = Reading(path)
        assert reading.snapshot.is_complete
        assert reading.header["mode"] == "fork"
        assert reading.anomalies() == []
