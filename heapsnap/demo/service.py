"""A program in a process of its own, watched by the lines it prints and asked by signals.

Owns starting, waiting and stopping. What the lines mean is for the caller to know, except
the one that the agent writes when a snapshot is complete.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from heapsnap.errors import HeapsnapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

STOP_SECONDS = 5.0


class ServiceError(HeapsnapError):
    """The program ended, or said nothing for too long, before it did what was waited for."""


class Service:
    """A running program; leaving the block stops it, whatever happened inside.

    Args:
        program: A Python file.
        arguments: What stands after it on the command line.
        environment: Its environment variables; None: those of this process.
    """

    def __init__(
        self,
        program: Path,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = [sys.executable, os.fspath(program), *arguments]
        self.process = subprocess.Popen(
            self.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for whoever started us; we stop it in good order
        )
        self.lines: list[str] = []
        self._next_line = 0
        self._has_ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read_lines, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, pattern: str, *, seconds: float = 30) -> re.Match[str]:
        """The next line that begins with ``pattern``, a regular expression.

        Lines before it are passed over: no later call sees them.

        Raises:
            ServiceError: The program ended, or the time was up, before such a line came.
        """
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                while self._next_line < len(self.lines):
                    self._next_line += 1
                    if found := re.match(pattern, self.lines[self._next_line - 1]):
                        return found
                left = end - time.monotonic()
                if self._has_ended or left <= 0:
                    raise self._failure(pattern)
                self._changed.wait(left)

    def take_snapshot(self) -> re.Match[str]:
        """Send USR1 and wait for the line that says so; its group ``file`` is the file's path.

        Raises:
            ServiceError: No snapshot came of it.
        """
        self.process.send_signal(signal.SIGUSR1)
        answer = self.wait_for(r"heapsnap: (wrote (?P<file>.+\.json(\.gz)?) \()?")
        if answer["file"] is None:
            raise ServiceError(answer.string)
        return answer

    def stop(self) -> int:
        """End the program, the hard way if it takes too long, and return its exit code."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        # A process that the program leaves behind may hold the pipe open: no waiting for its end.
        self._reader.join(STOP_SECONDS)
        return self.process.wait()

    def _read_lines(self) -> None:
        with self.process.stdout as stream:  # type: ignore[union-attr]  # it is a pipe
            for line in stream:
                with self._changed:
                    self.lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _failure(self, pattern: str) -> ServiceError:
        name = Path(self.command[1]).name
        state = "ended" if self._has_ended else "took too long"
        last_line = self.lines[-1] if self.lines else ""
        message = f"{name} {state} before it printed {pattern!r}; its last line was {last_line!r}"
        return ServiceError(message, hint=f"run it by itself: {shlex.join(self.command)}")
