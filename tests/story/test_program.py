"""The program leaks as it says, by its own count: what the snapshots are measured against."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heapsnap.demo.service import ServiceError
from tests.story.run import REQUESTS, count_alive, run_two_rounds, start

if TYPE_CHECKING:
    from tests.story.run import Run


def test_each_request_leaks_exactly_one_cursor(leaking: Run) -> None:
    assert leaking.alive == (REQUESTS, 2 * REQUESTS)


def test_nothing_but_its_cycle_holds_a_leaked_cursor(leaking: Run) -> None:
    assert leaking.alive_after_collection == 0


def test_a_registered_cursor_is_held_by_more_than_its_cycle(registered: Run) -> None:
    assert registered.alive == (REQUESTS, 2 * REQUESTS)
    assert registered.alive_after_collection == 2 * REQUESTS


def test_the_repaired_program_leaks_nothing(fixed: Run) -> None:
    assert fixed.alive == (0, 0)


def test_a_collector_that_is_on_collects_some_of_the_cycles(tmp_path: Path) -> None:
    run = run_two_rounds(tmp_path, ["--collector", "on"])
    assert run.alive[1] < 2 * REQUESTS


def test_frozen_cursors_are_counted_too(tmp_path: Path) -> None:
    run = run_two_rounds(tmp_path, ["--collector", "frozen"])
    assert run.alive == (REQUESTS, 2 * REQUESTS)


def test_the_program_ends_cleanly_when_told_to(leaking: Run) -> None:
    assert leaking.exit_code == 0


def test_the_program_ends_by_itself_when_its_time_is_up(tmp_path: Path) -> None:
    with start(tmp_path, ["--duration", "1"]) as service:
        service.wait_for("alive after a collection")
        assert service.process.wait(10) == 0


def test_the_embedded_database_does_not_outlive_a_killed_program(tmp_path: Path) -> None:
    with start(tmp_path) as service:
        service.wait_for(f"served {REQUESTS} ")
        pid = service.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        service.process.kill()
        service.process.wait()
        assert len(children) == 1
        assert has_ended(int(children[0]), seconds=10)


def test_waiting_for_a_program_that_ended_names_its_last_line(tmp_path: Path) -> None:
    with start(tmp_path, ["--mysql", "127.0.0.1:1"]) as service:
        with pytest.raises(ServiceError, match="ended before it printed 'ready'") as caught:
            service.wait_for("ready")
        assert "OperationalError" in caught.value.message
        assert "cursor_leak.py" in caught.value.hint


def test_waiting_too_long_is_an_error_and_the_program_goes_on(tmp_path: Path) -> None:
    with start(tmp_path) as service:
        with pytest.raises(ServiceError, match="took too long before it printed 'never'"):
            service.wait_for("never", seconds=0.1)
        service.wait_for(f"served {REQUESTS} ")
        assert count_alive(service) == REQUESTS


def has_ended(pid: int, *, seconds: float) -> bool:
    """Whether a process that need not be a child of ours ends within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
