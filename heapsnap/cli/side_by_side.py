"""Several snapshots made ready at the same time, each in a process of its own.

What the processes find goes into the indexes of their snapshots; from there the command maps it
into its own memory. Owns the processes and what they say of how far they are. One that fails says
nothing: the command then reads that file itself, and meets the error itself.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heapsnap.analysis.heap.places import Places
from heapsnap.index.identity import program
from heapsnap.index.keeper import find_index, may_have_index
from heapsnap.snapshot.freed import give_back
from heapsnap.snapshot.kept import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LAST_PART = "sums"
STEPS = ("verdicts", "edge_labels", "levels", "paths", "sums", "type_sums")
SHARES = {
    "reading": 0.5, "verdicts": 0.06, "edge_labels": 0.05, "levels": 0.13, "paths": 0.2,
    "sums": 0.05, "type_sums": 0.01,
}  # fmt: skip
"""Of the time that a snapshot takes: measured on records, 2 M objects."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
KEPT_BYTES = 1 << 30
TOLD_PARTS = 200
"""What a process has done is told in so many parts: a bar has fewer columns."""


@dataclass(slots=True)
class _Worker:
    pid: int
    pipe: int
    path: Path
    text: bytes = b""
    done: float = field(default=0.0)


def prepare(paths: Sequence[Path], tell: Callable[[float], None]) -> None:
    """Read the snapshots that have no index yet and find out all that a comparison needs.

    Nothing happens where that gains nothing: one core, one snapshot, or none that is large.

    Args:
        paths: Snapshots, in any order; what is no snapshot is left to the reader.
        tell: Called now and then with what is done, from 0 to 1.
    """
    waiting = [path for path in dict.fromkeys(paths) if may_have_index(path) and _is_new(path)]
    cores = len(os.sched_getaffinity(0))
    if cores == 1 or len(waiting) < 2:  # noqa: PLR2004 - side by side takes two
        return
    importlib.import_module("scipy.sparse.csgraph")  # Once, not once in each process.
    program()  # And the same for all, should somebody upgrade meanwhile.
    count = len(waiting)
    running: dict[int, _Worker] = {}
    finished = 0.0
    try:
        while waiting or running:
            while waiting and len(running) < cores:
                worker = _start(waiting.pop(0))
                running[worker.pipe] = worker
            for pipe in select.select(list(running), [], [])[0]:
                if not _listen(running[pipe]):
                    finished += 1
                    _end(running.pop(pipe))
            tell((finished + sum(worker.done for worker in running.values())) / count)
    finally:
        for worker in running.values():
            os.kill(worker.pid, signal.SIGKILL)
            _end(worker)


def _keep_freed_memory() -> None:
    """Let the C library keep what is freed for the next array, up to the end of this process.

    It gives large blocks back at once, and a fresh page costs a microsecond and more: a fifth of
    the whole time on a virtual machine. Where there is no glibc nothing happens.
    """
    with suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(M_MMAP_THRESHOLD, KEPT_BYTES)
        set_option(M_TRIM_THRESHOLD, KEPT_BYTES)


def _is_new(path: Path) -> bool:
    """Whether nothing is known of the file; where that takes reading it, the process finds out."""
    index = find_index(path)
    return index is None or index.recall(LAST_PART) is None


def _start(path: Path) -> _Worker:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Worker(pid, reading, path)
    # From here on nothing of the command's may run a second time: not its handlers, not its end.
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(reading)
        _keep_freed_memory()
        _work(path, lambda done: os.write(writing, b"%d\n" % round(done * TOLD_PARTS)))
        code = 0
    finally:
        os._exit(code)


def _work(path: Path, tell: Callable[[float], object]) -> None:
    told = -1

    def show(done: int, total: int) -> None:
        nonlocal told
        if (part := done * TOLD_PARTS // max(total, 1)) != told:
            told = part
            tell(SHARES["reading"] * part / TOLD_PARTS)

    heap = Places(open_snapshot(path, progress=show))
    done = SHARES["reading"]
    for step in STEPS:
        give_back()  # The next step's arrays are others: what is free would come on top.
        getattr(heap, step)
        done += SHARES[step]
        tell(done)


def _listen(worker: _Worker) -> bool:
    """Take in what the process says; False where it has ended."""
    said = os.read(worker.pipe, 1 << 12)
    worker.text += said
    *lines, worker.text = worker.text.split(b"\n")
    if lines:
        worker.done = int(lines[-1]) / TOLD_PARTS
    return bool(said)


def _end(worker: _Worker) -> None:
    os.close(worker.pipe)
    os.waitpid(worker.pid, 0)
