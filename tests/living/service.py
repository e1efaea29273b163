"""A server or a program that runs for real: started with heapsnap, asked for snapshots, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).resolve().parent / "programs"
PATIENCE_SECONDS = 60
NUMBER = signal.SIGRTMIN + 2


class Service:
    """A process with all that it starts, in a session of its own.

    Args:
        command: What follows ``heapsnap run``, or the whole command where ``bare``.
        folder: For the snapshots, and the current one.
        bare: Start it without ``heapsnap run``.
        variables: More of the environment.
    """

    def __init__(
        self,
        *command: object,
        folder: Path,
        bare: bool = False,
        variables: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.log = folder / "service.log"
        own = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSNAP_")}
        words = list(map(str, command))
        if not bare:
            words = [sys.executable, "-m", "heapsnap", "run", *words]
        self.process = subprocess.Popen(
            words,
            cwd=folder,
            env=own
            | {
                "HEAPSNAP_DIR": str(folder),
                "PYTHONPATH": f"{CHECKOUT}:{PROGRAMS}",
                "PYTHONUNBUFFERED": "1",
            }
            | (variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self.process.pid

    def end(self) -> None:
        """End it, gently first."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """What the condition gives, as soon as it gives something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited for {what} in vain\n{self.said}"
            time.sleep(0.05)
        return value

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self.log.read_text(errors="replace")

    def until_it_says(self, text: str) -> None:
        """Wait for a line with the text."""
        self.until(lambda: text in self.said or self.process.poll() is not None, repr(text))
        assert text in self.said, f"it ended\n{self.said}"

    def children(self) -> list[int]:
        """Pids of the processes that it started itself."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return sorted(map(int, found.split()))

    def signal(self, pid: int, number: int = NUMBER) -> None:
        """Send a signal to one process, which must have a handler for it."""
        self.until(lambda: catches(pid, number), f"a handler of {number} in {pid}")
        os.kill(pid, number)

    def snapshots(self, pid: int | None = None) -> list[dict[str, Any]]:
        """Headers of the complete snapshots, of one process or all, by process and number."""
        headers = [json.loads(path.read_text())["header"] for path in self.folder.glob("*.json")]
        return sorted(
            (header for header in headers if pid in (None, header["pid"])),
            key=lambda header: (header["pid"], header["sequence"]),
        )

    def snapshot_of(self, pid: int, count: int = 1) -> dict[str, Any]:
        """The header of the newest snapshot of a process, which must have taken so many."""
        self.until(lambda: len(self.snapshots(pid)) >= count, f"{count} snapshots of {pid}")
        found = self.snapshots(pid)
        assert len(found) == count
        return found[-1]

    def take(self, pid: int, number: int = NUMBER) -> dict[str, Any]:
        """Ask a process for one more snapshot; its header."""
        known = len(self.snapshots(pid))
        self.signal(pid, number)
        return self.snapshot_of(pid, known + 1)


def catches(pid: int, number: int) -> bool:
    """Whether a process handles a signal, as the kernel sees it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    mask = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask.split()[1], 16) >> (number - 1) & 1)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(port: int, path: str = "/") -> str:
    """What the server answers; empty while it does not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.read().decode()
    except OSError:
        return ""
