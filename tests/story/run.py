"""The story's program, run for real: what it does at which count, and the commands on its files.

Owns how the tests start things. Rounds of ``REQUESTS`` requests make all counts exact: the
program rests after a round, so no request is under way when a snapshot is taken.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heapsnap.demo.service import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = CHECKOUT / "fixtures" / "programs" / "cursor_leak.py"
REQUESTS = 150


@dataclass(frozen=True)
class Run:
    """One run of the program: two rounds of requests, a snapshot after each.

    ``alive`` is the program's own count of cursors at the moment of each snapshot,
    ``alive_after_collection`` that after the load ended and the collector ran.
    """

    folder: Path
    before: Path
    after: Path
    alive: tuple[int, int]
    alive_after_collection: int
    exit_code: int

    def heapsnap(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user does, in the folder of the snapshots."""
        return subprocess.run(
            [sys.executable, "-m", "heapsnap", *arguments],
            cwd=self.folder,
            env=environment() | {"XDG_CACHE_HOME": str(self.folder / "cache"), "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
        )

    def diff(self) -> subprocess.CompletedProcess[str]:
        """``heapsnap diff`` of the two snapshots."""
        return self.heapsnap("diff", self.before.name, self.after.name)


def environment() -> dict[str, str]:
    """Variables under which a program started anywhere finds the heapsnap of this checkout."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSNAP_")}
    return variables | {"PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1"}


def start(folder: Path, flags: Sequence[str] = ()) -> Service:
    """The program with its load, resting after the first round."""
    arguments = ["--requests", str(REQUESTS), "--rate", "2000", "--duration", "120"]
    arguments += ["--directory", str(folder), *flags]
    return Service(PROGRAM, arguments, environment=environment())


def count_alive(service: Service) -> int:
    """How many cursors the program itself says are alive."""
    service.process.send_signal(signal.SIGUSR2)
    return int(service.wait_for(r"alive: (\d+) cursors")[1])


def run_two_rounds(folder: Path, flags: Sequence[str] = ()) -> Run:
    """Run the program from start to end."""
    with start(folder, flags) as service:
        service.wait_for(f"served {REQUESTS} ")
        before, alive_before = service.take_snapshot()["file"], count_alive(service)
        service.process.send_signal(signal.SIGHUP)
        service.wait_for(f"served {2 * REQUESTS} ")
        after, alive_after = service.take_snapshot()["file"], count_alive(service)
        exit_code = service.stop()
        collected = service.wait_for(r"alive after a collection: (\d+) cursors")
    return Run(
        folder=folder,
        before=Path(before),
        after=Path(after),
        alive=(alive_before, alive_after),
        alive_after_collection=int(collected[1]),
        exit_code=exit_code,
    )
