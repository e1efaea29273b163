"""Snapshots that nobody asked for by hand: each trigger in a real process, on every Python."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.agent.interpreters import Finished, Python

    Play = Callable[..., Finished]


@pytest.fixture
def play(python: Python, tmp_path: Path) -> Play:
    """Play a scenario of the program to its end."""

    def play_scenario(name: str, *flags: str, **variables: str) -> Finished:
        return python.run("triggers.py", tmp_path, name, flags=["-S", *flags], variables=variables)

    return play_scenario


def headers(folder: Path) -> list[dict[str, Any]]:
    """The headers of the snapshots in a folder, in the order in which they were taken."""
    deadline = time.monotonic() + 30
    while any(folder.glob("*.part")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    found = [json.loads(path.read_text())["header"] for path in folder.glob("*.json")]
    return sorted(found, key=lambda header: (header["pid"], header["sequence"]))


def test_memory_above_a_threshold(play: Play, tmp_path: Path) -> None:
    assert play("threshold").facts
    (header,) = headers(tmp_path)
    assert header["reason"].startswith("threshold of 120 MB: 1")
    assert header["mode"] == "fork"
    assert header["pause_seconds"] is not None


def test_growth_since_the_last_snapshot(play: Play, tmp_path: Path) -> None:
    assert play("growth_and_signal").facts["between"] == 1
    first, second = headers(tmp_path)
    assert first["reason"] == "dump()"
    assert second["reason"].startswith("growth by ")


def test_every_so_often_and_not_more_than_the_limit(play: Play) -> None:
    assert play("every_and_limit").facts["names"] == ["every-1.json", "every-2.json"]


def test_a_rule_that_has_used_up_its_limit_says_so_and_leaves_the_others_theirs(
    play: Play, tmp_path: Path
) -> None:
    finished = play("every_leaves_the_rest_to_others")
    assert finished.facts
    told = [header["reason"].split()[0] for header in headers(tmp_path)]
    assert told == ["every", "threshold"]
    (line,) = [line for line in finished.lines if "no further" in line]
    assert line.startswith("no further snapshot by HEAPSNAP_EVERY: it has taken 1,")


def test_what_could_not_be_written_does_not_use_up_the_limit(play: Play) -> None:
    finished = play("threshold_while_a_file_stands_there")
    (name,) = finished.facts["found"]
    assert name.startswith("threshold")
    assert any(line.startswith("no snapshot at ") for line in finished.lines)


def test_no_two_closer_than_the_cooldown(play: Play) -> None:
    assert len(play("cooldown").facts["names"]) == 1


def test_rules_end_with_the_installation(play: Play) -> None:
    assert play("rules_end_with_uninstall").facts == {"names": [], "threads": 1}


def test_a_forked_worker_follows_the_rules_itself(play: Play) -> None:
    told = play("in_workers").facts
    assert told["status"] == 0
    assert told["names"] == sorted(told["expected"])


@pytest.mark.parametrize("action", ["always", "error"])
def test_a_program_without_threads_is_not_warned_of_ours(play: Play, action: str) -> None:
    finished = play("forks_without_threads", "-W", f"{action}::DeprecationWarning")
    assert finished.facts == {"forked": True}
    assert finished.stderr == ""


def test_a_program_with_threads_is_warned_as_ever(play: Play, python: Python) -> None:
    finished = play("forks_with_threads", "-W", "always::DeprecationWarning")
    assert finished.facts == {"forked": True}
    assert ("is multi-threaded, use of fork" in finished.stderr) == (python.version >= (3, 12))


def test_a_memory_error_that_ends_a_thread(play: Play, tmp_path: Path) -> None:
    told = play("memory_error_in_a_thread").facts
    assert told["before"] == ["MemoryError", "ZeroDivisionError"]
    assert told["restored"] == "<lambda>"
    (header,) = headers(tmp_path)
    assert header["reason"] == "MemoryError in thread filler"
    # What filled the memory is still there to be seen.
    reading = Reading(tmp_path / told["names"][0])
    assert reading.count_by_type()["__main__.Batch"] == 1


def test_a_memory_error_that_ends_the_program(play: Play, tmp_path: Path) -> None:
    finished = play("memory_error_in_the_main_thread")
    assert finished.exit_code == 1
    assert finished.stderr.rstrip().endswith("MemoryError")
    (header,) = headers(tmp_path)
    assert header["reason"] == "MemoryError in the main thread"


def test_other_errors_end_the_program_as_they_do(play: Play, tmp_path: Path) -> None:
    finished = play("other_errors_are_left_alone")
    assert finished.exit_code == 1
    assert finished.stderr.rstrip().endswith("KeyError: 'not ours'")
    assert headers(tmp_path) == []


def test_at_the_exit_of_the_process(play: Play, tmp_path: Path) -> None:
    assert play("at_exit").exit_code == 3
    (header,) = headers(tmp_path)
    assert header["reason"] == "exit of the process"
    assert (tmp_path / "exit-1.json").exists()


def test_at_the_exit_of_the_workers_of_a_pool(play: Play, tmp_path: Path) -> None:
    finished = play(
        "at_exit_in_pool", HEAPSNAP_AT_EXIT="1", HEAPSNAP_NAME="%p-%r", HEAPSNAP_DIR=str(tmp_path)
    )
    told = json.loads(finished.stdout.splitlines()[-1])
    assert told["pools"] == dict.fromkeys(("fork", "forkserver", "spawn"), [2, 4])
    # Two forked workers, and the program itself; in the others nobody installed it here.
    assert len(headers(tmp_path)) == 3, finished.stderr


def test_a_hook_gets_the_file_and_is_nobodys_child(play: Play, tmp_path: Path) -> None:
    told = play("hook").facts
    arguments, variable, parent, variables, size = told["seen"]
    assert arguments == [told["path"], "$HOME; 100%"]
    assert variable == told["path"]
    assert variables == ["HEAPSNAP_FILE"]
    assert parent != told["pid"]
    assert told["children"] == ["none"]
    assert size == (tmp_path / told["path"]).stat().st_size


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("hook_that_fails", "with 7"),
        ("hook_that_fails_where_the_kernel_reaps", "with 7"),
        ("hook_that_is_killed", "by signal 9"),
    ],
)
def test_a_hook_that_fails_is_a_line_and_the_snapshot_stays(
    play: Play, python: Python, what: str, how: str
) -> None:
    finished = play(what)
    path = finished.facts["path"]
    assert finished.lines[-1] == f"the hook {python.path!r} ended {how}; {path} stays"
    assert Reading(path).snapshot.is_complete


def test_a_hook_that_does_not_start_is_a_line_and_the_snapshot_stays(play: Play) -> None:
    finished = play("hook_that_is_not_there")
    path = finished.facts["path"]
    assert finished.lines[-1] == (
        f"the hook '/nowhere/upload' did not start: No such file or directory; {path} stays"
    )
    assert Reading(path).snapshot.is_complete


def test_the_oldest_go_and_nobody_elses(play: Play) -> None:
    assert play("keeping").facts["names"] == [
        "heapsnap-3.json", "heapsnap-4.json", "heapsnap-99.json", "other.json", "report.txt",
    ]  # fmt: skip


def test_a_disk_that_is_too_full_is_left_as_it_is(play: Play) -> None:
    finished = play("no_room")
    assert finished.facts == {"path": None, "names": []}
    assert "MB are to stay free" in finished.lines[-1]


def test_a_disk_that_fills_meanwhile_gets_its_room_back(play: Play) -> None:
    finished = play("room_ends_meanwhile")
    assert finished.facts == {"path": None, "names": []}
    assert "are to stay free" in finished.lines[-1]


def test_a_handler_in_c_is_not_replaced_silently(play: Play) -> None:
    told = play("handled_in_c").facts
    assert told["refused"].startswith("signal USR1 is handled already by code that is not Python")
    assert told["names"] == []


@pytest.mark.parametrize("call", ["in_a_read", "in_a_lock", "in_a_semaphore", "in_a_connection"])
def test_a_process_that_waits_in_a_system_call_answers(play: Play, call: str) -> None:
    assert play(call).facts == {"seen": [True]}


def test_a_handler_that_is_chained_hears_the_signal_too(play: Play, tmp_path: Path) -> None:
    assert play("chained").facts == {"heard": [[10, True], [10, True]]}
    assert len(headers(tmp_path)) == 1


def test_a_thread_stands_in_where_the_main_thread_is_away(play: Play, tmp_path: Path) -> None:
    assert play("stand_in").facts == {"during": 1, "names": 1, "after": 2}
    first, second = headers(tmp_path)
    assert first["reason"] == "signal USR1, taken while the main thread was busy"
    assert second["reason"] == "signal USR1"


def test_a_workers_signal_is_not_its_parents(play: Play) -> None:
    told = play("stand_in_in_a_worker").facts
    assert told["names"] == [told["expected"]]


def test_the_stand_in_leaves_a_wakeup_descriptor_to_the_program(play: Play) -> None:
    finished = play("stand_in_stays_away")
    assert finished.facts == {"heard": [10], "kept": True}
    assert "no stand-in: the program has a wakeup descriptor of its own" in finished.lines


def test_no_byte_of_the_stand_in_gets_into_the_files_of_a_daemon(play: Play) -> None:
    assert play("stand_in_of_a_daemon").facts == {"size": 0, "open": 10}


def test_uninstalling_ends_the_stand_in(play: Play) -> None:
    assert play("uninstalled_stand_in").facts == {"wakeup": -1, "more": 0}


def test_variables_set_what_no_keyword_does(play: Play, tmp_path: Path) -> None:
    finished = play(
        "by_variables",
        HEAPSNAP_SIGNAL="USR2",
        HEAPSNAP_DIR=str(tmp_path),
        HEAPSNAP_NAME="%r.json.gz",
        HEAPSNAP_THRESHOLD="lots",
        HEAPSNAP_LIMIT="",
    )
    assert finished.facts["names"] == ["signal.json.gz"]
    assert finished.lines[0] == (
        "HEAPSNAP_THRESHOLD: expected a size such as 1.5G, found 'lots'; left out"
    )
