"""An agent that refuses: whoever asked is told why, at once, in the agent's own words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from heapsnap.agent import verdict
from heapsnap.cli.main import app
from heapsnap.live.procfs import read_mappings, read_process

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.agent.interpreters import Python

    Start = Callable[..., subprocess.Popen[str]]

AT_ONCE_SECONDS = 15
"""Far below the half minute that a silent process is waited for, on a busy machine too."""


def refusal_of(pid: int, *options: str) -> list[str]:
    began = time.monotonic()
    result = CliRunner().invoke(app, ["dump", str(pid), *options], prog_name="heapsnap")
    assert (result.exit_code, result.stdout) == (1, "")
    assert time.monotonic() - began < AT_ONCE_SECONDS
    return result.stderr.splitlines()


def test_a_disk_that_would_be_too_full_is_told_in_the_agents_words(
    python: Python, start: Start, tmp_path: Path
) -> None:
    before = ("env", "HEAPSNAP_MIN_FREE=900000G")
    process = start("sleeping", tmp_path, python=python.path, before=before)
    for _ in range(2):
        error, hint = refusal_of(process.pid)
        assert error.startswith(f"error: process {process.pid} refused: ")
        assert error.endswith("921,600,000 MB are to stay free")
        assert hint.startswith(f"hint: make room on the disk of '{tmp_path}'")
    assert pages_of_refusals(process.pid) == 1
    assert list(tmp_path.iterdir()) == []
    assert process.poll() is None


def test_a_file_that_would_be_too_large_is_told(start: Start, tmp_path: Path) -> None:
    process = start("sleeping", tmp_path, before=("prlimit", "--fsize=1000"))
    error, hint = refusal_of(process.pid)
    assert error == f"error: process {process.pid} refused: file too large"
    assert hint == (
        f"hint: its limit for files is too low: prlimit --pid {process.pid} --fsize=unlimited"
    )


def test_a_folder_that_went_between_is_told(start: Start, tmp_path: Path) -> None:
    folder, other = tmp_path / "heaps", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    process = start("sleeping", folder)
    folder.rmdir()
    # Else the folder itself would be looked at first.
    error, hint = refusal_of(process.pid, "--directory", str(other))
    assert error == f"error: process {process.pid} refused: no such file or directory"
    assert hint.startswith("hint: ")


def test_where_no_descriptor_is_free_that_is_seen_from_outside(
    python: Python, start: Start, tmp_path: Path
) -> None:
    process = start("without_descriptors", tmp_path, python=python.path)
    error, hint = refusal_of(process.pid)
    assert (
        error == f"error: process {process.pid} refused: it has no descriptor left (RLIMIT_NOFILE)"
    )
    assert f"prlimit --pid {process.pid} --nofile=" in hint
    assert process.poll() is None


def test_after_a_refusal_the_next_request_is_answered(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "heaps"
    process = start("sleeping", folder)
    folder.mkdir()
    folder.rmdir()
    refusal_of(process.pid, "--directory", str(tmp_path))
    folder.mkdir()
    result = CliRunner().invoke(app, ["dump", str(process.pid)], prog_name="heapsnap")
    assert (result.exit_code, result.stderr) == (0, "")


def pages_of_refusals(pid: int) -> int:
    return sum(verdict.PREFIX in m.path for m in read_mappings(read_process(pid)))


@pytest.mark.parametrize(
    ("reason", "read"),
    [
        ("28:no room", (28, "no room")),
        ("0:ValueError: x", (0, "ValueError: x")),
        ("", (0, "")),
        ("28:line\nend", (28, "line?end")),
    ],
)
def test_a_reason_can_be_read_back(reason: str, read: tuple[int, str]) -> None:
    assert verdict.read_name(verdict.name_of(7, reason)) == (7, *read)


def test_a_long_reason_is_cut_within_a_character() -> None:
    name = verdict.name_of(1, "0:" + "ä" * 300)
    assert len(name.encode()) <= 249
    assert set(name[len(verdict.PREFIX) + 4 :]) == {"ä"}
