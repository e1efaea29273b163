"""A watch in the live process: objgraph's growth table, and a snapshot when it repeats itself.

objgraph counts the objects of each type and tells which have more than ever before; it collects
garbage first, which holds up all threads, and counts in Python, which holds up each of them a
little: a tenth of a second for a million objects. Each report says how long both took. What is
only warming up stops growing; a leak does not, so types that grow in several reports in a row are
worth a snapshot.
"""

from __future__ import annotations

import atexit
import gc
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import objgraph

from heapsnap.agent import door

if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN_AND_END = 2
_log = logging.getLogger("heapsnap.watch")


@dataclass(frozen=True)
class TypeGrowth:
    """A type that has more objects than in any report before.

    Attributes:
        type_name: With its module.
        count: Its objects now.
        grown_by: How many more that is.
        times_in_a_row: In how many reports it has grown, this one and those just before it.
    """

    type_name: str
    count: int
    grown_by: int
    times_in_a_row: int


@dataclass(frozen=True)
class Report:
    """One look at the heap.

    Attributes:
        number: 1 for the first comparison.
        rows: The types that grew, most first.
        pause_seconds: How long all threads stood still for it, in one piece: the collection.
        took_seconds: How long it took in all, the other threads taking turns with it.
        snapshot: Path of the snapshot that it gave rise to, or None.
    """

    number: int
    rows: tuple[TypeGrowth, ...]
    pause_seconds: float
    took_seconds: float
    snapshot: str | None

    def __str__(self) -> str:
        """The table, as it is logged: one line says all, the rest is what grew."""
        cost = f"paused {self.pause_seconds * 1e3:.0f} ms, took {self.took_seconds * 1e3:.0f} ms"
        if not self.rows:
            return f"report {self.number}: nothing grew ({cost})"
        lines = [f"report {self.number}: {len(self.rows)} types grew ({cost})"]
        width = max(len(row.type_name) for row in self.rows)
        lines += [
            f"  {row.type_name:<{width}}  {row.count:>9,}  {f'+{row.grown_by:,}':>8}"
            f"  {row.times_in_a_row} in a row"
            for row in self.rows
        ]
        if self.snapshot:
            lines.append(f"  snapshot: {self.snapshot}")
        return "\n".join(lines)


class Watch:
    """A watch that is running; made by ``watch``.

    Args:
        interval_seconds: Between two reports.
        to: Called with each ``Report``, in the watch's thread.
        times: In how many reports in a row a type must grow for a snapshot.
        limit: Rows of a report.
        snapshots: How many snapshots to take in all.
    """

    def __init__(
        self,
        *,
        interval_seconds: float,
        to: Callable[[Report], object],
        times: int,
        limit: int,
        snapshots: int,
    ) -> None:
        self._interval_seconds = interval_seconds
        self._to = to
        self._times = times
        self._limit = limit
        self._snapshots_left = snapshots
        self._most_by_type: dict[str, int] = {}
        self._streak_by_type: dict[str, int] = {}
        self._number = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heapsnap.watch", daemon=True)
        self._thread.start()
        # A thread that counts objects while the interpreter takes itself apart would find half.
        atexit.register(self.stop)

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the watch; returns when it has ended."""
        self._stopped.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        atexit.unregister(self.stop)

    def _run(self) -> None:
        self._look()
        while not self._stopped.wait(self._interval_seconds):
            self._report_once()

    def _report_once(self) -> None:
        try:
            self._to(self._report())
        except Exception:  # noqa: BLE001 - objgraph asks objects for their class, and `to` is anybody's
            _log.warning("a report failed; the watch goes on", exc_info=True)

    def _report(self) -> Report:
        grown, pause_seconds, took_seconds = self._look()
        streaks = self._streak_by_type
        self._streak_by_type = {name: streaks.get(name, 0) + 1 for name, _, _ in grown}
        rows = tuple(TypeGrowth(*row, self._streak_by_type[row[0]]) for row in grown[: self._limit])
        self._number += 1
        return Report(self._number, rows, pause_seconds, took_seconds, self._snapshot())

    def _look(self) -> tuple[list[tuple[str, int, int]], float, float]:
        """What grew, most first; how long the collection held all threads; how long it took."""
        me = threading.get_ident()
        moments: list[float] = []

        def note(phase: str, about: dict[str, int]) -> None:
            del phase, about
            # Other threads may collect meanwhile, for reasons of their own.
            if threading.get_ident() == me and len(moments) < BEGIN_AND_END:
                moments.append(time.perf_counter())

        started = time.perf_counter()
        gc.callbacks.append(note)
        try:
            grown = objgraph.growth(limit=None, peak_stats=self._most_by_type, shortnames=False)
        finally:
            gc.callbacks.remove(note)
        took_seconds = time.perf_counter() - started
        pause_seconds = moments[1] - moments[0] if len(moments) == BEGIN_AND_END else 0.0
        return grown, pause_seconds, took_seconds

    def _snapshot(self) -> str | None:
        """Take one, if types have grown often enough; they must do so once more for the next."""
        steady = [name for name, streak in self._streak_by_type.items() if streak >= self._times]
        if not steady or self._snapshots_left <= 0:
            return None
        self._snapshots_left -= 1
        self._streak_by_type = dict.fromkeys(self._streak_by_type, 0)
        most = steady[0] if len(steady) == 1 else f"{steady[0]} and {len(steady) - 1} more"
        return door.take(f"watch: {most} grew {self._times} times in a row")


def watch(
    interval: float = 60.0,
    to: Callable[[Report], object] | None = None,
    *,
    times: int = 3,
    limit: int = 10,
    snapshots: int = 2,
) -> Watch:
    """Report what grows in this process, and take a snapshot when the same types grow on and on.

    The snapshots go where ``install`` sends them. Two are taken, so that ``heapsnap diff`` has its
    pair.

    Args:
        interval: Seconds between two reports.
        to: Called with each ``Report``; None: the logger ``heapsnap.watch``, level INFO.
        times: In how many reports in a row a type must grow for a snapshot.
        limit: Rows of a report, most growth first.
        snapshots: How many to take in all; 0 for reports alone.

    Returns:
        The watch, in a daemon thread of its own; ``stop()`` ends it.

    Raises:
        ValueError: A number cannot be.
    """
    if interval <= 0 or times < 1 or limit < 1 or snapshots < 0:
        message = "interval, times and limit must be above zero, snapshots not below"
        raise ValueError(message)
    return Watch(
        interval_seconds=interval,
        to=to if to is not None else lambda report: _log.info("%s", report),
        times=times,
        limit=limit,
        snapshots=snapshots,
    )
