"""The watch in the live process: its table, its pause, when it takes a snapshot, how it ends."""

from __future__ import annotations

import gc
import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

import heapsnap
from heapsnap.watching import Report, TypeGrowth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from heapsnap.watching import Watch

PATIENCE_SECONDS = 50


class Leaked:
    """What grows."""


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """Watches that end with the test; their snapshots go into its folder."""
    running = []
    heapsnap.install("USR2", tmp_path)

    def start(*arguments: object, **keywords: object) -> Watch:
        running.append(heapsnap.watch(*arguments, **keywords))
        return running[-1]

    yield start
    for one in running:
        one.stop()
    heapsnap.uninstall()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_types_that_grow_on_and_on_get_their_snapshots(
    watch: Callable[..., Watch], tmp_path: Path
) -> None:
    kept: list[Leaked] = []
    reports: list[Report] = []

    def receive(report: Report) -> None:
        reports.append(report)
        kept.extend(Leaked() for _ in range(100))

    one = watch(0.05, receive, times=3, snapshots=2, limit=50)
    until(lambda: sum(report.snapshot is not None for report in reports) == 2)
    count = len(reports)
    until(lambda: len(reports) >= count + 4)
    one.stop()
    assert not one.is_running
    with_snapshot = [report for report in reports if report.snapshot]
    assert len(with_snapshot) == len(list(tmp_path.glob("*.json"))) == 2
    first, second = (heapsnap.load(report.snapshot) for report in with_snapshot)
    assert first.header["reason"].startswith("watch: ")
    found = {row.type_name: row for row in with_snapshot[1].rows}[f"{__name__}.Leaked"]
    assert found.grown_by == 100
    assert found.times_in_a_row >= 3
    assert second.header["sequence"] == first.header["sequence"] + 1
    for report in reports:
        assert 0 < report.pause_seconds <= report.took_seconds


def test_growth_that_ends_is_no_reason_for_a_snapshot(
    watch: Callable[..., Watch], tmp_path: Path
) -> None:
    reports: list[Report] = []
    watch(0.05, reports.append, times=200)
    until(lambda: len(reports) >= 5)
    assert list(tmp_path.glob("*.json")) == []


def test_reports_go_to_the_log(
    watch: Callable[..., Watch], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "heapsnap.watch"):
        watch(0.05, snapshots=0)
        until(lambda: caplog.records)
    assert caplog.records[0].getMessage().startswith("report 1: ")
    assert "paused" in caplog.records[0].getMessage()


def test_a_receiver_that_fails_does_not_end_it(
    watch: Callable[..., Watch], caplog: pytest.LogCaptureFixture
) -> None:
    numbers = []

    def fail(report: Report) -> None:
        numbers.append(report.number)
        raise OSError("no")

    watch(0.05, fail)
    until(lambda: len(numbers) >= 2)
    assert "a report failed; the watch goes on" in caplog.text


def test_nothing_is_left_when_it_has_ended(watch: Callable[..., Watch]) -> None:
    callbacks = list(gc.callbacks)
    one = watch(3600.0)
    thread = next(t for t in threading.enumerate() if t.name == "heapsnap.watch")
    assert thread.daemon
    one.stop()
    one.stop()
    assert not thread.is_alive()
    assert gc.callbacks == callbacks


def test_numbers_that_cannot_be_are_refused() -> None:
    for wrong in ({"interval": 0}, {"times": 0}, {"limit": 0}, {"snapshots": -1}):
        with pytest.raises(ValueError, match="must be above zero"):
            heapsnap.watch(**wrong)


def test_a_report_reads_as_a_table() -> None:
    rows = (TypeGrowth("app.Cursor", 1234, 34, 3), TypeGrowth("builtins.tuple", 9, 1, 1))
    assert str(Report(2, rows, 0.0123, 0.05, "/x/a.json")) == (
        "report 2: 2 types grew (paused 12 ms, took 50 ms)\n"
        "  app.Cursor          1,234       +34  3 in a row\n"
        "  builtins.tuple          9        +1  1 in a row\n"
        "  snapshot: /x/a.json"
    )
    assert (
        str(Report(1, (), 0.01, 0.02, None)) == "report 1: nothing grew (paused 10 ms, took 20 ms)"
    )
