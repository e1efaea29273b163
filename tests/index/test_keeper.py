"""Which index belongs to a file: never one of another content."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from heapsnap.index import folder as folder_module
from heapsnap.index import identity as identity_module
from heapsnap.index.folder import beside, forget, keep_within_bounds, kept_indexes, register_of
from heapsnap.index.keeper import find_index, open_index

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_600_000_000


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HEAPSNAP_INDEX", "on")


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    path = tmp_path / "a.json"
    path.write_bytes(b"content one")
    return path


def keep(path: Path, number: int) -> None:
    index = open_index(path)
    assert index is not None
    index.keep("part", {"number": np.array([number])})
    index.seal()


def recall(path: Path) -> int | None:
    index = open_index(path)
    part = None if index is None else index.recall("part")
    return None if part is None else int(part.arrays["number"][0])


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every change counts as one of long ago."""
    monkeypatch.setattr(identity_module, "SETTLED_NS", -(10**12))


def test_what_was_kept_comes_back(snapshot: Path) -> None:
    assert recall(snapshot) is None
    keep(snapshot, 1)
    assert recall(snapshot) == 1
    assert beside(snapshot).is_dir()


def test_a_settled_file_is_known_without_being_read(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(snapshot, 1)
    assert find_index(snapshot) is None  # Changed this very moment: only the content tells.
    settle(monkeypatch)
    keep(snapshot, 2)
    found = find_index(snapshot)
    assert found is not None
    assert found.recall("part") is not None


@pytest.mark.parametrize("is_settled", [False, True])
def test_another_content_has_another_index(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, is_settled: bool
) -> None:
    if is_settled:
        settle(monkeypatch)
    keep(snapshot, 1)
    status = snapshot.stat()
    snapshot.write_bytes(b"content two")  # Of the same length, in the same inode.
    os.utime(snapshot, ns=(status.st_atime_ns, status.st_mtime_ns))
    if is_settled:
        while snapshot.stat().st_ctime_ns == status.st_ctime_ns:
            snapshot.chmod(0o600)
    assert recall(snapshot) is None


def test_a_copy_with_its_index_is_known_by_its_content(snapshot: Path, tmp_path: Path) -> None:
    keep(snapshot, 1)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (moved / "a.json").write_bytes(snapshot.read_bytes())
    beside(snapshot).rename(moved / "a.json.index")
    assert recall(moved / "a.json") == 1


def test_another_program_makes_its_own(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(snapshot, 1)
    monkeypatch.setattr("heapsnap.index.keeper.program", lambda: "a later version")
    assert recall(snapshot) is None


def test_it_goes_to_the_cache_folder_where_there_is_no_place_beside(snapshot: Path) -> None:
    beside(snapshot).write_bytes(b"something else has this name")
    keep(snapshot, 1)
    assert recall(snapshot) == 1
    assert (register_of(snapshot) / "part.part").is_file()


def test_folders_that_others_may_write_to_are_left_alone(snapshot: Path) -> None:
    beside(snapshot).mkdir()
    beside(snapshot).chmod(0o777)
    keep(snapshot, 1)
    assert recall(snapshot) == 1
    assert list(beside(snapshot).iterdir()) == []


def test_nothing_is_kept_where_nothing_can_be_written(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    keep(snapshot, 1)
    assert recall(snapshot) is None


@pytest.mark.parametrize(("switch", "is_wanted"), [("off", False), ("on", True), ("", False)])
def test_the_switch(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, switch: str, is_wanted: bool
) -> None:
    monkeypatch.setenv("HEAPSNAP_INDEX", switch)  # Without a word, small files have none.
    assert (open_index(snapshot) is not None) == is_wanted


def test_all_indexes_are_listed_and_forgotten(snapshot: Path, tmp_path: Path) -> None:
    keep(snapshot, 1)
    other = tmp_path / "b.json"
    other.write_bytes(b"other")
    beside(other).write_bytes(b"in the way")
    keep(other, 2)
    found = kept_indexes()
    assert {index.snapshot for index in found} == {snapshot, other}
    assert all(index.size_bytes > 0 for index in found)
    for index in found:
        forget(index)
    assert kept_indexes() == []
    assert not beside(snapshot).exists()
    assert (snapshot.exists(), beside(other).read_bytes()) == (True, b"in the way")


def test_indexes_of_snapshots_that_are_gone_make_room(snapshot: Path, tmp_path: Path) -> None:
    keep(snapshot, 1)
    other = tmp_path / "b.json"
    other.write_bytes(b"other")
    snapshot.unlink()
    keep(other, 2)
    assert [index.snapshot for index in kept_indexes()] == [other]
    assert not beside(snapshot).exists()


def test_together_they_stay_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / f"{number}.json" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(b"content %d" % number)
        keep(path, number)
        os.utime(beside(path) / "identity.json", (LONG_AGO, LONG_AGO + number))
    (one_size,) = {index.size_bytes for index in kept_indexes()}
    monkeypatch.setattr(folder_module, "MOST_BYTES", 2 * one_size)
    keep_within_bounds(beside(paths[0]))
    assert {index.snapshot for index in kept_indexes()} == {paths[0], paths[3]}


def test_the_register_removes_nothing_but_indexes(snapshot: Path, tmp_path: Path) -> None:
    keep(snapshot, 1)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"precious")
    (register_of(snapshot) / "beside").write_bytes(os.fsencode(precious))
    for index in kept_indexes():
        forget(index)
    assert (precious / "file").read_bytes() == b"precious"


def test_a_disk_without_room_keeps_nothing(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "LEAST_FREE_BYTES", 1 << 60)
    keep(snapshot, 1)
    assert recall(snapshot) is None
