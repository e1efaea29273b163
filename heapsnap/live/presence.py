"""Whether the agent is in a process, told from outside and without a risk for it.

An agent shows itself by the name of a mapped page (``heapsnap.agent.presence``); the kernel says
whether the signal is handled. docs/decisions/0020-presence.md says why these two.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.agent.presence import read_name
from heapsnap.live.procfs import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heapsnap.live.procfs import Mapping, Process

MEMORY_FILE = "/memfd:"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as it shows itself.

    Attributes:
        signal: The number of its signal.
        directory: Where its snapshots go, as the process names it; empty: too long to be shown.
        is_listening: Whether the signal is handled now. False after the program has given it
            another meaning than heapsnap's: then it would kill, or be ignored.
    """

    signal: int
    directory: str
    is_listening: bool

    @property
    def signal_name(self) -> str:
        """``USR1``."""
        try:
            return signal.Signals(self.signal).name.removeprefix("SIG")
        except ValueError:
            return str(self.signal)


def find_agent(process: Process, mappings: Iterable[Mapping]) -> Agent | None:
    """Find the agent that a process shows; None if it shows none."""
    for mapping in mappings:
        if not mapping.path.startswith(MEMORY_FILE):
            continue
        shown = read_name(mapping.path.removeprefix(MEMORY_FILE).removesuffix(DELETED))
        if shown is not None:
            number, directory = shown
            return Agent(number, directory, process.handles(number))
    return None
