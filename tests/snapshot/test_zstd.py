"""Snapshots packed with zstd: whole, cut, corrupt, and without the package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from heapsnap.errors import DamagedSnapshotError, HeapsnapError
from heapsnap.snapshot import lines
from heapsnap.snapshot.reader import load
from tests.heaps import heap

if TYPE_CHECKING:
    from pathlib import Path

zstandard = pytest.importorskip("zstandard", reason="the extra 'zstd' is not installed")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    pictures = [f"root -.a{n}-> thing{n}:Thing -.text-> text{n}:str" for n in range(40)]
    return heap(*pictures, path=tmp_path / "a.json", rows_per_chunk=5)


@pytest.fixture
def packed(plain: Path) -> Path:
    path = plain.with_name("packed")  # The content tells how it is packed, not the name.
    path.write_bytes(zstandard.compress(plain.read_bytes()))
    return path


def test_it_reads_as_the_plain_file(plain: Path, packed: Path) -> None:
    expected, found = load(plain), load(packed)
    assert found.is_complete
    assert np.array_equal(found.address_by_node, expected.address_by_node)
    assert np.array_equal(found.referent_by_edge, expected.referent_by_edge)


def test_several_frames_are_one_file(plain: Path, packed: Path) -> None:
    content = plain.read_bytes()
    frames = [zstandard.compress(content[at : at + 500]) for at in range(0, len(content), 500)]
    packed.write_bytes(b"".join(frames))
    assert load(packed).is_complete


def test_cut_anywhere_it_gives_whole_lines_or_an_error(plain: Path, packed: Path) -> None:
    content = plain.read_bytes()
    # Flushed a line at a time, as a writer that wants a readable cut file does.
    packer = zstandard.ZstdCompressor().compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    pieces = [packer.compress(line) + packer.flush(flush) for line in content.splitlines(True)]
    whole = b"".join(pieces) + packer.flush()
    counts = set()
    for length in range(4, len(whole), 7):
        packed.write_bytes(whole[:length])
        try:
            snapshot = load(packed)
        except HeapsnapError:
            continue
        counts.add(snapshot.node_count)
    assert counts >= {0, 10, 20, 30, 40}


def test_a_corrupt_stream_is_an_error_that_names_the_line(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 0xFF
    packed.write_bytes(content)
    with pytest.raises(DamagedSnapshotError):
        load(packed)


def test_a_bomb_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT_BYTES", 1 << 20)
    path = tmp_path / "bomb"
    path.write_bytes(zstandard.compress(b"\0" * (1 << 28)))
    with pytest.raises(HeapsnapError):
        load(path)


def test_without_the_package_it_says_what_to_install(
    packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(HeapsnapError, match="needs the package 'zstandard'") as caught:
        load(packed)
    assert "heapsnap[zstd]" in caught.value.hint
