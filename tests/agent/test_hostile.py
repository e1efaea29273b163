"""Objects with code of their own in every place where one could look: none of it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Finished, Python


@dataclass(frozen=True)
class Hostile:
    """A run of the program, and the folder with what it left."""

    folder: Path
    finished: Finished

    @property
    def reading(self) -> Reading:
        """The snapshot."""
        return Reading(self.finished.facts["path"])


@pytest.fixture(scope="session", params=["fork", "inline"])
def hostile(
    request: pytest.FixtureRequest, python: Python, tmp_path_factory: pytest.TempPathFactory
) -> Hostile:
    folder = tmp_path_factory.mktemp("hostile")
    return Hostile(folder, python.run("hostile.py", folder, request.param))


def test_a_snapshot_among_hostile_objects_is_complete(hostile: Hostile) -> None:
    reading = hostile.reading
    assert reading.snapshot.is_complete
    assert reading.anomalies() == []


def test_no_code_of_the_program_runs(hostile: Hostile) -> None:
    assert hostile.finished.exit_code == 0, hostile.finished.stderr
    bites = hostile.folder / "bites"
    assert not bites.exists(), bites.read_text()


def test_the_hooks_do_tell_when_an_object_is_touched(own_python: Python, tmp_path: Path) -> None:
    own_python.run("hostile.py", tmp_path, "touch")
    assert (tmp_path / "bites").read_text().startswith("__getattribute__ x")


def test_a_class_is_called_by_its_true_name_whatever_its_metaclass_says(hostile: Hostile) -> None:
    address = hostile.finished.facts["addresses"]["Masked"]
    kinds = {kind.address: kind for kind in hostile.reading.snapshot.types}
    assert kinds[address].full_name == "__main__.Masked"


def test_sizes_that_a_class_makes_up_are_not_believed(hostile: Hostile) -> None:
    snapshot = hostile.reading.snapshot
    numbers = [n for n, kind in enumerate(snapshot.types) if kind.qualname == "Sized"]
    assert len(numbers) == 5
    for number in numbers:
        (size,) = snapshot.shallow_bytes_by_node[snapshot.type_by_node == number].tolist()
        assert 16 <= size <= 200


def test_long_and_broken_names_are_cut_and_shown_as_text(hostile: Hostile) -> None:
    names = [kind.qualname for kind in hostile.reading.snapshot.types]
    assert max(map(len, names)) <= 510
    assert any(name.startswith("\\udcffNNN") for name in names)
