"""The process is after a snapshot what it was before, and nobody in it is disturbed meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.agent.interpreters import Python

    Scenario = Callable[..., dict[str, Any]]


@pytest.fixture
def play(python: Python, tmp_path: Path) -> Scenario:
    """Play a scenario of the program and return what it tells."""

    def play_scenario(name: str, *flags: str) -> dict[str, Any]:
        return python.run("manners.py", tmp_path, name, flags=["-S", *flags]).facts

    return play_scenario


@pytest.mark.parametrize("scenario", ["signalled", "dumped", "frozen", "with_disabled_collector"])
def test_a_snapshot_leaves_the_process_as_it_was(play: Scenario, scenario: str) -> None:
    told = play(scenario)
    assert told["changed"] == {}
    assert told["children"] == "none"


def test_the_first_snapshot_imports_nothing(play: Scenario) -> None:
    assert play("first_dump_imports_nothing")["imported"] == []


def test_a_snapshot_does_not_collect(play: Scenario) -> None:
    told = play("counts_stay")
    assert told["enabled"] is False
    assert told["after"][0] >= told["before"][0]
    assert told["after"][1:] == told["before"][1:]


def test_no_warning_reaches_a_program_that_turns_warnings_into_errors(play: Scenario) -> None:
    told = play("warnings_are_errors", "-W", "error")
    assert told["path"] is not None
    assert told["count"] == 2


def test_a_sleep_lasts_as_long_as_it_should(play: Scenario) -> None:
    assert 0.5 <= play("sleeping")["slept"] < 5


def test_a_child_that_hangs_before_it_begins_is_ended(python: Python, tmp_path: Path) -> None:
    finished = python.run("manners.py", tmp_path, "child_that_hangs", flags=["-S"])
    if "skip" in finished.facts:
        pytest.skip(finished.facts["skip"])
    assert finished.facts == {"paths": [None, None], "children": "none", "left": []}
    assert finished.lines == 2 * ["no snapshot: its child hung and was ended"]


def test_select_and_poll_wait_on(play: Scenario) -> None:
    told = play("selecting")
    assert told["ready"] == []
    assert told["waited"] >= 0.5
    assert told["polled"] == 1


def test_whoever_waits_for_any_child_gets_its_own(play: Scenario) -> None:
    told = play("waiting_for_children")
    assert told["path"] is not None
    assert told["seen"] == [True, 7]
    assert told["is_over"]
    assert told["children"] == "none"


def test_a_program_that_is_being_run_goes_on(play: Scenario) -> None:
    assert play("running_a_program") == {"exit_code": 0, "stdout": "3\n"}


@pytest.mark.parametrize("scenario", ["reaping_on_sigchld", "ignoring_sigchld"])
def test_a_program_that_takes_every_ended_child_gets_its_snapshots(
    play: Scenario, scenario: str
) -> None:
    told = play(scenario)
    assert told["path"] is not None
    assert told["count"] == 2


def test_the_child_holds_no_connection_of_the_service_open(play: Scenario) -> None:
    assert play("connection_ends")["ended"]


def test_a_tracing_function_runs_no_further_in_the_child(play: Scenario, tmp_path: Path) -> None:
    assert play("traced")["path"] is not None
    assert not (tmp_path / "trace").exists(), (tmp_path / "trace").read_text()


def test_nothing_is_finalized_in_the_child_and_all_of_it_is_in_the_snapshot(
    play: Scenario,
) -> None:
    told = play("finalizers")
    assert not told["finalized"]
    reading = Reading(told["path"])
    verdicts = {name: reading.verdict_of(where) for name, where in told["addresses"].items()}
    assert verdicts == {
        "variable": "rooted",
        "local": "frame",
        "own": "frame",
        "handled": "frame",
        "cycle": "garbage",
    }


def test_fork_handlers_that_were_registered_later_do_not_run_in_the_child(play: Scenario) -> None:
    told = play("fork_handlers")
    reading = Reading(told.pop("path"))
    assert told == {"ran_for_us": False, "ran": True}
    assert reading.count_by_type()["__main__.InCache"] == 300


def test_fork_handlers_of_c_run_in_the_first_child_only(play: Scenario) -> None:
    told = play("fork_handlers_of_c")
    if "skip" in told:
        pytest.skip(told["skip"])
    assert told["path"]
    assert told["times"] == 1


def test_every_thread_runs_its_own_finalizers(play: Scenario) -> None:
    told = play("busy_threads")
    # logging registers a fork handler, which would be bytecode in between: decision 30.
    assert told == {"count": 5, "foreign": 0, "logging": False}


def test_a_signal_at_the_very_end_does_not_change_how_the_process_ends(
    python: Python, tmp_path: Path
) -> None:
    finished = python.run("manners.py", tmp_path, "signalled_at_the_end", flags=["-S"])
    assert finished.exit_code == 7


def test_a_process_that_ends_at_once_leaves_its_snapshot(python: Python, tmp_path: Path) -> None:
    finished = python.run("manners.py", tmp_path, "ending")
    assert finished.facts == {"ended": True}
    deadline = time.monotonic() + 20
    while not (found := list(tmp_path.glob("*.json"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert Reading(found[0]).snapshot.is_complete
