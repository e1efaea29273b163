"""The world breaks for real: the process goes on, no child and no half file stays, one line tells."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.agent.interpreters import Finished, Python

    Fault = Callable[..., Finished]

is_root = os.geteuid() == 0
needs_root = pytest.mark.skipif(not is_root, reason="only root may mount and change users")


@pytest.fixture
def play(python: Python, tmp_path: Path) -> Fault:
    """Play a scenario of the program to its end."""
    # HEAPSNAP_LONG is for the program, too.
    variables = {k: v for k, v in os.environ.items() if k == "HEAPSNAP_LONG"}
    return lambda scenario: python.run(
        "faults.py", tmp_path, scenario, flags=["-S"], variables=variables
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kilobytes."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def once(python: Python, own_python: Python) -> None:
    """In the short form, one Python is enough for what takes long."""
    if python != own_python and not os.environ.get("HEAPSNAP_LONG"):
        pytest.skip("the long form (HEAPSNAP_LONG=1) has it on every Python")


def half_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.part") if not path.is_symlink())


def test_killing_all_that_a_snapshot_consists_of_leaves_nothing(
    play: Fault, tmp_path: Path
) -> None:
    finished = play("family_is_killed_at_any_moment")
    assert finished.facts["killed"] >= 6
    assert finished.facts["left"] == []
    assert finished.facts["zombies"] is None
    assert Reading(finished.facts["path"]).snapshot.is_complete
    # Thirteen requests, and a line for each.
    assert len([line for line in finished.lines if re.match("wrote|no snapshot", line)]) == 13


@needs_root
def test_a_full_disk_is_a_line_in_the_child_and_in_the_process(
    play: Fault, small_disk: Path
) -> None:
    finished = play("disk_is_full")
    facts = finished.facts
    assert (facts["path"], facts["inline"], facts["left"], facts["zombies"]) == (
        None,
        None,
        [],
        None,
    )
    line = f"no snapshot at {small_disk}/here.json: No space left on device"
    assert finished.lines == [line, line]


@needs_root
def test_a_disk_that_is_read_only_is_a_line(play: Fault, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    finished = play("disk_is_read_only")
    assert finished.facts["path"] is None
    assert finished.lines == [f"no snapshot at {small_disk}/here.json: Read-only file system"]


def test_a_folder_that_is_removed_meanwhile_is_a_line(play: Fault, tmp_path: Path) -> None:
    finished = play("folder_is_removed")
    assert finished.facts == {"path": None, "zombies": None}
    assert finished.lines == [
        f"no snapshot at {tmp_path}/place/here.json: No such file or directory"
    ]


def test_a_link_that_somebody_laid_is_not_followed(play: Fault, tmp_path: Path) -> None:
    finished = play("folder_is_a_link_of_somebody_else")
    assert finished.facts == {"path": None, "left": []}
    assert len(finished.lines) == 1


@needs_root
def test_a_user_without_a_process_to_spare_gets_the_walk_in_the_process(
    python: Python, play: Fault, tmp_path: Path
) -> None:
    tmp_path.parent.chmod(0o755)
    place = tmp_path
    while place != place.parent and place.owner() == "root":
        place.chmod(place.stat().st_mode | 0o011)
        if place.name.startswith("pytest-of"):
            break
        place = place.parent
    finished = play("no_process_can_be_had")
    facts = finished.facts
    assert facts == {"path": str(tmp_path / "target.json"), "enabled": True, "zombies": None}
    reading = Reading(facts["path"])
    assert reading.header["mode"] == "inline"
    assert "no child could be made" in "".join(reading.header["not_seen"])


def test_memory_that_ends_in_the_child_is_a_line(play: Fault, tmp_path: Path) -> None:
    finished = play("memory_ends_in_the_child")
    assert finished.facts == {"path": None, "kept": 200_000, "zombies": None}
    (line,) = finished.lines
    assert line.startswith("no snapshot")
    assert half_files(tmp_path) == []


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Path]:
    """An empty control group, of either version; FOLDER/group leads to it."""
    tops = [Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")]
    above = next((top for top in tops if (top / "cgroup.procs").exists()), tops[1])
    place = above / f"heapsnap-test-{os.getpid()}"
    try:
        if above == tops[1]:
            (above / "cgroup.subtree_control").write_text("+memory")
        place.mkdir()
    except OSError as error:
        pytest.skip(f"no control group of memory can be made here: {error}")
    (tmp_path / "group").symlink_to(place)
    yield place
    deadline = time.monotonic() + 20
    while place.exists():
        try:
            place.rmdir()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@needs_root
def test_where_memory_is_short_the_process_is_walked_itself_or_nothing_is_done(
    play: Fault, group: Path, once: None
) -> None:
    finished = play("memory_is_short")
    least, little, just_walked, walked, forked = finished.facts["paths"]
    if finished.facts["ends_all"]:
        assert (least, little) == (None, None)
        assert all(line.startswith("no snapshot: memory is short, ") for line in finished.lines[:2])
        assert "left of the memory of its control group, a walk in the" in finished.lines[0]
    else:
        # The child has tried: the kernel ended it, or it did with less than it might have taken.
        assert least is None
        assert re.match(
            r"no snapshot: the process that wrote it (was killed by signal 9; the|vanished)",
            finished.lines[0],
        )
        assert little is None or Reading(little).header["mode"] == "fork"
    for path in (just_walked, walked):
        assert Reading(path).header["mode"] == "inline"
        assert "left of the memory of its control group" in str(Reading(path).header["not_seen"])
    assert Reading(forked).header["mode"] == "fork"
    assert finished.facts["zombies"] is None


def test_without_a_child_the_address_space_must_hold_the_walk(play: Fault, once: None) -> None:
    finished = play("address_space_is_short")
    refused, walked = finished.facts["paths"]
    assert refused is None
    assert "left of its address space, a walk in the process itself" in finished.lines[0]
    assert Reading(walked).header["mode"] == "inline"


def test_a_held_logging_lock_and_a_full_stderr_hold_nothing_up(play: Fault) -> None:
    assert play("logging_is_locked_and_stderr_is_full").facts["count"] == 1


@pytest.mark.parametrize(
    "scenario", ["within_a_finalizer", "within_an_import", "within_another_handler"]
)
def test_a_signal_may_come_at_any_place_of_the_program(
    play: Fault, tmp_path: Path, scenario: str
) -> None:
    assert play(scenario).facts["count"] == 1
    (path,) = tmp_path.glob("*.json")
    assert Reading(path).snapshot.is_complete


@pytest.mark.parametrize(
    ("scenario", "exit_code"),
    [("while_the_interpreter_ends", 5), ("after_the_interpreter_has_ended", 6)],
)
def test_the_end_of_the_interpreter_is_not_changed_by_a_snapshot(
    play: Fault, tmp_path: Path, scenario: str, exit_code: int
) -> None:
    finished = play(scenario)
    assert finished.exit_code == exit_code, finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.lines
    assert half_files(tmp_path) == []


def test_an_extension_that_crashes_whoever_walks_the_heap_crashes_the_child_alone(
    play: Fault, tmp_path: Path
) -> None:
    finished = play("broken_traverse")
    assert finished.facts == {"path": None, "tracked": True, "zombies": None}
    (line,) = finished.lines
    assert line.endswith("was killed by signal 11; the service goes on")
    assert half_files(tmp_path) == []


def test_a_subinterpreter_is_refused_with_a_line(play: Fault) -> None:
    finished = play("in_a_subinterpreter")
    if finished.facts["path"] == "not here":
        pytest.skip("this Python offers no subinterpreters to Python code")
    assert finished.facts == {"path": None}
    assert finished.lines == ["no snapshot: this is a subinterpreter; ask in the main one"]


BESIDE = "a subinterpreter lives in this process, and a forked child would hang or crash of it"


def test_beside_a_subinterpreter_nothing_is_forked(play: Fault, tmp_path: Path) -> None:
    finished = play("beside_a_subinterpreter")
    target = str(tmp_path / "target.json")
    facts = {"refused": None, "alive": [], "zombies": None, "names": [], "path": target}
    assert finished.facts == facts
    refused = [line for line in finished.lines if line.startswith("no snapshot")]
    assert refused == [f"no snapshot: {BESIDE}"] * 3  # dump(), the signal, the rule
    assert Reading(target).snapshot.is_complete


def test_without_ctypes_a_subinterpreter_is_noticed_as_well(play: Fault, tmp_path: Path) -> None:
    finished = play("beside_a_subinterpreter_without_ctypes")
    assert finished.facts == {"refused": None, "path": str(tmp_path / "target.json")}
    assert finished.lines[0] == f"no snapshot: {BESIDE}"


def test_a_build_without_the_gil_is_refused_with_a_line(play: Fault) -> None:
    finished = play("on_a_build_without_the_gil")
    assert finished.facts == {"path": None, "exists": False}
    (line,) = finished.lines
    assert line == (
        "no snapshot: this Python is built to run without the GIL, which heapsnap does not know yet"
    )


def test_nothing_is_left_after_many_snapshots(play: Fault, once: None) -> None:
    facts = play("nothing_is_left_after_many").facts
    before, after = facts["before"], facts["after"]
    assert (after["files"], after["threads"]) == (before["files"], before["threads"])
    assert after["objects"] <= before["objects"] + 5
    assert after["blocks"] <= before["blocks"] + 200
    assert facts["zombies"] is None


def test_a_million_objects_may_come_and_go_during_the_walk(play: Fault, once: None) -> None:
    facts = play("million_objects_come_and_go").facts
    assert facts["made"] >= 1_000_000
    for path in facts["paths"]:
        assert Reading(path).snapshot.is_complete
