"""The Python processes that can be seen, with and without the agent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.errors import NoSuchProcessError, ProcessClosedError
from heapsnap.live.interpreter import Interpreter, find_interpreter, looks_like_python
from heapsnap.live.presence import Agent, find_agent
from heapsnap.live.procfs import Process, list_processes, read_mappings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class PythonProcess:
    """A process that runs Python.

    Attributes:
        process: What everybody may know of it.
        interpreter: Its Python; None where we may not look into it.
        agent: Its agent; None where there is none, or where we may not look.
    """

    process: Process
    interpreter: Interpreter | None
    agent: Agent | None

    @property
    def is_open(self) -> bool:
        """Whether we may look into it; if not, nothing is known of an agent."""
        return self.interpreter is not None


def list_python_processes() -> list[PythonProcess]:
    """All processes that run Python, but for this one, largest first."""
    found = [seen for process in list_processes() for seen in _look_at(process)]
    return sorted(found, key=lambda seen: (-(seen.process.rss_bytes or 0), seen.process.pid))


def look_at(process: Process) -> PythonProcess | None:
    """What a process is to us; None if it runs no Python.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    mappings = read_mappings(process)
    interpreter = find_interpreter(process, mappings)
    if interpreter is None:
        return None
    return PythonProcess(process, interpreter, find_agent(process, mappings))


def _look_at(process: Process) -> Iterator[PythonProcess]:
    if process.pid == os.getpid() or not process.command:
        return
    try:
        seen = look_at(process)
    except ProcessClosedError:
        seen = PythonProcess(process, None, None) if looks_like_python(process) else None
    except NoSuchProcessError:
        return
    if seen is not None:
        yield seen
