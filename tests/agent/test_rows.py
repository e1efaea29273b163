"""One hostile object a row: none notices the snapshot, none spoils it, none is changed by it."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.interpreters import PROGRAMS
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Finished, Python

FILES = ("rows_of_objects.py", "rows_of_classes.py", "rows_of_c.py")


def _rows_of(file: str) -> list[str]:
    """Names of the functions that are marked as rows: the tests are named after them."""
    return re.findall(r"@row\(\)\ndef (\w+)", (PROGRAMS / file).read_text())


ROWS = [row for file in FILES for row in _rows_of(file)]


@dataclass(frozen=True)
class Rows:
    """A run of the program, and what it left."""

    folder: Path
    finished: Finished

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the program told."""
        return self.finished.facts

    @cached_property
    def reading(self) -> Reading:
        """The snapshot."""
        assert self.facts["path"], self.finished.stderr
        return Reading(self.facts["path"])

    @cached_property
    def bites(self) -> str:
        """Which hooks ran."""
        file = self.folder / "bites"
        return file.read_text() if file.exists() else ""


@pytest.fixture(scope="session", params=["fork", "inline"])
def rows(
    request: pytest.FixtureRequest, python: Python, tmp_path_factory: pytest.TempPathFactory
) -> Rows:
    folder = tmp_path_factory.mktemp("rows")
    return Rows(folder, python.run("hostile_rows.py", folder, request.param))


def test_every_row_of_the_program_is_tested(rows: Rows) -> None:
    assert sorted(rows.facts["rows"]) == sorted(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_hostile_object_is_in_the_snapshot_and_does_not_know(rows: Rows, row: str) -> None:
    assert f"{row}: " not in rows.bites
    told = rows.facts["rows"][row]
    # What a class is called is its own affair: the address tells that this is the object.
    assert told["address"] in rows.reading.node_by_address
    assert row not in rows.facts["changed"]


def test_the_snapshot_of_a_hostile_heap_is_complete_and_contradicts_nothing(rows: Rows) -> None:
    assert rows.reading.snapshot.is_complete
    assert rows.reading.anomalies() == []
    assert rows.bites == ""


def test_no_reference_count_and_no_reference_of_a_hostile_object_changes(rows: Rows) -> None:
    assert rows.facts["changed"] == {}


def test_a_module_that_waits_for_its_first_use_goes_on_waiting(rows: Rows) -> None:
    assert rows.facts["lazy"] == "_LazyModule"


def test_sizes_are_those_of_c_code_and_no_size_is_cut(rows: Rows) -> None:
    snapshot, told = rows.reading.snapshot, rows.facts["rows"]
    for row in ROWS:
        if row.startswith("sizeof"):
            node = rows.reading.node_by_address[told[row]["address"]]
            assert 16 <= snapshot.shallow_bytes_by_node[node] <= 200
    huge = rows.reading.node_by_address[told["bytes_of_five_gigabytes"]["address"]]
    assert 5 << 30 < snapshot.shallow_bytes_by_node[huge] < (5 << 30) + 100


def test_the_hooks_tell_when_the_program_itself_looks(own_python: Python, tmp_path: Path) -> None:
    own_python.run("hostile_rows.py", tmp_path, "touch")
    bitten = {line.partition(":")[0] for line in (tmp_path / "bites").read_text().splitlines()}
    assert len(bitten & set(ROWS)) >= 20


PROXIES = _rows_of("rows_of_proxies.py")
LIBRARIES = ("werkzeug", "django", "wrapt")


@pytest.fixture(scope="session", params=["fork", "inline"])
def proxies(
    request: pytest.FixtureRequest, own_python: Python, tmp_path_factory: pytest.TempPathFactory
) -> Rows:
    """What the Python that runs the tests has libraries for."""
    folder = tmp_path_factory.mktemp("proxies")
    finished = own_python.run("hostile_rows.py", folder, request.param, "proxies")
    return Rows(folder, finished)


@pytest.mark.parametrize("row", PROXIES)
def test_a_proxy_is_in_the_snapshot_and_is_not_asked(proxies: Rows, row: str) -> None:
    library = row.partition("_")[0]
    if library in LIBRARIES and importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    told = proxies.facts["rows"][row]
    node = proxies.reading.node_by_address[told["address"]]
    assert proxies.reading.snapshot.is_complete
    assert proxies.reading.anomalies() == []
    assert f"{row}: " not in proxies.bites
    assert row not in proxies.facts["changed"]
    assert proxies.reading.snapshot.shallow_bytes_by_node[node] > 0


def test_the_proxies_tell_when_the_program_itself_looks(own_python: Python, tmp_path: Path) -> None:
    own_python.run("hostile_rows.py", tmp_path, "touch", "proxies")
    bitten = {line.partition(":")[0] for line in (tmp_path / "bites").read_text().splitlines()}
    assert {"mock_with_a_specification", "weak_proxy_that_is_alive"} <= bitten
    libraries = {row.partition("_")[0] for row in bitten}
    assert libraries >= set(filter(importlib.util.find_spec, LIBRARIES))
