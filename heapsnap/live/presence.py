"""Whether the agent is in a process, told from outside and without a risk for it.

An agent shows itself by the name of a mapped page (``heapsnap.agent.presence``); the kernel says
whether the signal is handled. docs/decisions/0020-presence.md says why these two.
"""

from __future__ import annotations

import errno
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.agent import verdict
from heapsnap.agent.presence import read_name
from heapsnap.errors import NoSuchProcessError, ProcessClosedError
from heapsnap.live.procfs import DELETED, has_descriptor_left, read_mappings
from heapsnap.live.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heapsnap.live.procfs import Mapping, Process

MEMORY_FILE = "/memfd:"
OFF = 0
FULL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as it shows itself.

    Attributes:
        signal: The number of its signal; 0: it was told to listen to none.
        directory: Where its snapshots go, as the process names it; empty: too long to be shown.
        is_listening: Whether the signal is handled now. False after the program has given it
            another meaning than heapsnap's: then it would kill, or be ignored.
    """

    signal: int
    directory: str
    is_listening: bool

    @property
    def signal_name(self) -> str:
        """``USR1``, ``RTMIN+2``; ``off`` where there is none."""
        if self.is_off:
            return "off"
        try:
            return signal.Signals(self.signal).name.removeprefix("SIG")
        except ValueError:
            return f"RTMIN+{self.signal - signal.SIGRTMIN}"

    @property
    def is_off(self) -> bool:
        """Whether it was told to listen to no signal: its rules alone take snapshots."""
        return self.signal == OFF


def find_agent(process: Process, mappings: Iterable[Mapping]) -> Agent | None:
    """Find the agent that a process shows; None if it shows none."""
    for mapping in mappings:
        if not mapping.path.startswith(MEMORY_FILE):
            continue
        shown = read_name(mapping.path.removeprefix(MEMORY_FILE).removesuffix(DELETED))
        if shown is not None:
            number, directory = shown
            return Agent(number, directory, number != OFF and process.handles(number))
    return None


class Verdicts:
    """What an agent says of the request that is about to be made.

    Make it before the process is asked: what it has said of others is on show already.

    Args:
        process: Who will be asked.
        mappings: Its memory.
    """

    def __init__(self, process: Process, mappings: Iterable[Mapping]) -> None:
        self._process = process
        self._earlier = _find_refusal(mappings)
        self._full_since: float | None = None

    def verdict(self) -> Refusal | None:
        """Why there will be no snapshot; None while there may be one."""
        try:
            found = _find_refusal(read_mappings(self._process))
            if found is not None and found != self._earlier:
                return found[1]
            return self._without_descriptors()
        except (NoSuchProcessError, ProcessClosedError):
            return None  # it has ended, which others see

    def _without_descriptors(self) -> Refusal | None:
        """Where none is free, there is none for what would show the refusal either."""
        if has_descriptor_left(self._process):
            self._full_since = None
            return None
        now = time.monotonic()
        self._full_since = self._full_since or now
        if now - self._full_since < FULL_SECONDS:
            return None
        return Refusal(errno.EMFILE, "it has no descriptor left (RLIMIT_NOFILE)")


def _find_refusal(mappings: Iterable[Mapping]) -> tuple[int, Refusal] | None:
    for mapping in mappings:
        if mapping.path.startswith(MEMORY_FILE):
            name = mapping.path.removeprefix(MEMORY_FILE).removesuffix(DELETED)
            shown = verdict.read_name(name)
            if shown is not None:
                return shown[0], Refusal(*shown[1:])
    return None
