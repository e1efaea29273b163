"""A snapshot that cannot be taken: the process goes on, one line says why, no half file stays."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.agent.interpreters import Finished, Python

    Failing = Callable[..., Finished]

TARGET = "target.json"


@pytest.fixture
def fail(python: Python, tmp_path: Path) -> Failing:
    """Run a scenario of the program to its end."""
    return lambda scenario: python.run("failing.py", tmp_path, scenario, flags=["-S"])


def files_in(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.startswith(("target", "heapsnap")))


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("folder_is_missing", r"none/here\.json: No such file or directory"),
        ("folder_is_a_file", r"file/here\.json: Not a directory"),
        ("disk_is_full", r"target\.json: File too large"),
        ("disk_is_full_for_a_signal", r"heapsnap-.*\.json: File too large"),
        ("inline_disk_is_full", r"target\.json: File too large"),
        ("walk_raises", r"target\.json: LookupError: a bug of ours"),
        ("memory_is_short", r"target\.json: MemoryError"),
        ("walker_is_killed", "killed by signal 9; the service goes on"),
        ("walker_is_killed_from_outside", "killed by signal 9; the service goes on"),
        ("walker_crashes", "killed by signal 11; the service goes on"),
        ("walker_exits", "ended with status 9; the service goes on"),
    ],
)
def test_a_failure_is_one_line_and_no_file(
    fail: Failing, tmp_path: Path, scenario: str, reason: str
) -> None:
    finished = fail(scenario)
    assert finished.facts["path"] is None
    (line,) = finished.lines
    assert line.startswith("no snapshot")
    assert re.search(reason, line)
    assert files_in(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_one_line(fail: Failing, tmp_path: Path) -> None:
    finished = fail("folder_is_read_only")
    assert finished.facts["path"] is None
    assert finished.lines == [f"no snapshot at {tmp_path}/closed/here.json: Permission denied"]


def test_no_file_is_written_over(fail: Failing, tmp_path: Path) -> None:
    finished = fail("target_exists")
    assert finished.facts["path"] is None
    assert (tmp_path / TARGET).read_text() == "precious"
    assert files_in(tmp_path) == [TARGET]
    assert finished.lines == [f"no snapshot at {tmp_path / TARGET}: is there already"]


def test_a_file_that_appears_meanwhile_is_not_written_over(fail: Failing, tmp_path: Path) -> None:
    finished = fail("target_appears_meanwhile")
    assert finished.facts["path"] is None
    assert (tmp_path / TARGET).read_text() == "precious"
    assert files_in(tmp_path) == [TARGET]
    assert finished.lines == [f"no snapshot at {tmp_path / TARGET}: File exists"]


@pytest.mark.parametrize("scenario", ["target_is_a_dangling_link", "part_is_a_link"])
def test_nothing_is_written_through_a_link(fail: Failing, tmp_path: Path, scenario: str) -> None:
    finished = fail(scenario)
    assert finished.facts["path"] is None
    assert not (tmp_path / "elsewhere").exists()
    assert len(finished.lines) == 1


def test_without_a_child_the_walk_is_done_in_the_process_and_says_so(
    fail: Failing, tmp_path: Path
) -> None:
    facts = fail("fork_fails").facts
    reading = Reading(tmp_path / TARGET)
    assert facts["path"] == str(tmp_path / TARGET)
    assert facts["enabled"] is True
    assert facts["frozen"] > 1000
    assert reading.header["mode"] == "inline"
    assert reading.header["pause_seconds"] is None
    assert any("no child could be made" in line for line in reading.header["not_seen"])
    assert reading.snapshot.is_complete


def test_without_descriptors_nothing_breaks(fail: Failing, tmp_path: Path) -> None:
    finished = fail("descriptors_are_used_up")
    assert finished.facts["path"] is None
    assert finished.facts["second"] is not None
    assert len(finished.lines) == 2


def test_an_interrupt_during_a_walk_in_the_process_reaches_the_program(
    fail: Failing, tmp_path: Path
) -> None:
    facts = fail("inline_is_interrupted").facts
    assert facts == {"path": "interrupted", "enabled": True}
    assert files_in(tmp_path) == []


def test_a_second_request_during_a_snapshot_is_dropped_with_a_line(
    fail: Failing, tmp_path: Path
) -> None:
    finished = fail("second_is_dropped")
    assert finished.facts["path"] is None
    dropped = [line for line in finished.lines if line.startswith("a snapshot is under way")]
    assert dropped == [
        "a snapshot is under way already; signal USR1 is dropped",
        "a snapshot is under way already; dump() is dropped",
    ]
    assert len(files_in(tmp_path)) == 1


def test_fifty_signals_in_a_second_are_one_snapshot_and_a_line(
    fail: Failing, tmp_path: Path
) -> None:
    finished = fail("signal_storm")
    assert finished.facts == {"path": None}
    (name,) = files_in(tmp_path)
    assert Reading(tmp_path / name).snapshot.is_complete
    dropped, wrote = sorted(finished.lines)
    assert dropped == "a snapshot is under way already; signal USR1 is dropped"
    assert wrote.startswith("wrote ")


def test_a_closed_stderr_does_not_matter(fail: Failing, tmp_path: Path) -> None:
    finished = fail("stderr_is_closed")
    assert finished.facts["path"] == str(tmp_path / TARGET)
    assert Reading(tmp_path / TARGET).snapshot.is_complete


def test_a_daemon_without_any_stream_gets_its_snapshot(fail: Failing, tmp_path: Path) -> None:
    facts = fail("all_streams_are_closed").facts
    assert facts["path"] == str(tmp_path / TARGET)
    assert facts["failed"] is None
    assert files_in(tmp_path) == [TARGET]
    assert Reading(tmp_path / TARGET).snapshot.is_complete


def test_a_stderr_that_nobody_reads_does_not_block(fail: Failing, tmp_path: Path) -> None:
    assert fail("stderr_is_a_full_pipe").facts["path"] == str(tmp_path / TARGET)


def test_a_signal_waits_for_its_snapshot_where_no_thread_can_be_had(
    fail: Failing, tmp_path: Path
) -> None:
    assert fail("threads_cannot_be_had").facts["path"] in files_in(tmp_path)


def test_threads_that_change_the_heap_do_not_disturb_the_walk(
    fail: Failing, tmp_path: Path
) -> None:
    paths = fail("in_threads").facts["path"]
    assert len(set(paths)) == 2
    for path in paths:
        reading = Reading(path)
        assert reading.snapshot.is_complete
        assert reading.anomalies() == []


def test_in_the_process_itself_threads_go_on_and_every_object_has_its_row(
    fail: Failing, tmp_path: Path
) -> None:
    for path in fail("in_threads_inline").facts["path"]:
        # The counts of what changed meanwhile are another moment's; nothing leads nowhere.
        assert Reading(path).snapshot.is_complete
