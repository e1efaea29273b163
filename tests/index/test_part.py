"""One file of an index: what was written comes back, and nothing else does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from heapsnap.index import part as part_module
from heapsnap.index.part import read_part, write_part

if TYPE_CHECKING:
    from pathlib import Path

ARRAYS = {
    "numbers": np.arange(10_000, dtype=np.int64),
    "flags": np.array([True, False, True]),
    "nothing": np.empty(0, dtype=np.int32),
    "pairs": np.arange(6, dtype=np.int32).reshape(3, 2),
}
FACTS = {"names": ["a", "ü"], "count": 3, "none": None}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "columns.part"
    write_part(path, key="this file", arrays=ARRAYS, facts=FACTS)
    return path


def change(path: Path, position: int, *, keep_time: bool = False) -> None:
    """Flip a bit, from the end if the position is negative."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    if keep_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_arrays_and_facts_come_back_as_they_were(path: Path) -> None:
    found = read_part(path, key="this file")
    assert found is not None
    assert found.facts == FACTS
    assert set(found.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        assert np.array_equal(found.arrays[name], array)
        assert found.arrays[name].shape == array.shape
        assert not found.arrays[name].flags.writeable or not array.size


def test_a_part_of_another_key_is_none(path: Path) -> None:
    assert read_part(path, key="another file") is None


def test_no_file_is_no_part(tmp_path: Path) -> None:
    assert read_part(tmp_path / "columns.part", key="this file") is None


@pytest.mark.parametrize("position", [0, 9, 30, -1, -8_000, -40_000])
def test_a_flipped_bit_is_found(path: Path, position: int) -> None:
    change(path, position)
    assert read_part(path, key="this file") is None


@pytest.mark.parametrize("position", [-1, -8_000, -40_000])
def test_after_a_power_cut_the_content_is_looked_at_too(
    path: Path, position: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    boot = tmp_path / "boot_id"
    boot.write_text("another run of the machine")
    monkeypatch.setattr(part_module, "BOOT_FILE", boot)
    assert read_part(path, key="this file") is not None
    change(path, position, keep_time=True)
    assert read_part(path, key="this file") is None


@pytest.mark.parametrize("length", [0, 5, 16, 200, 40_000])
def test_a_cut_file_is_no_part(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    assert read_part(path, key="this file") is None


@pytest.mark.parametrize("content", [b"", b"{}", b"hsindex1" + b"\xff" * 100, b"\0" * 5000])
def test_anything_else_is_no_part(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_part(path, key="this file") is None


def test_who_has_it_mapped_reads_on_when_it_is_replaced_and_removed(path: Path) -> None:
    found = read_part(path, key="this file")
    assert found is not None
    write_part(path, key="this file", arrays={"numbers": np.zeros(3)}, facts=None)
    path.unlink()
    assert np.array_equal(found.arrays["numbers"], ARRAYS["numbers"])


def test_a_write_that_fails_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_part(path, key="this file", arrays=ARRAYS, facts={"no": object()})
    target = tmp_path / "folder.part"
    target.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_part(target, key="this file", arrays=ARRAYS, facts=None)
    assert path.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"columns.part", "folder.part"}
