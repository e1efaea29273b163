"""Asking a process that has the agent for a snapshot, by its signal, without a risk for it."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heapsnap.errors import (
    NoAgentError,
    NoAnswerError,
    NoSuchProcessError,
    ProcessClosedError,
)
from heapsnap.live.arrival import Arrival
from heapsnap.live.listing import look_at
from heapsnap.live.mount import seen_from_here
from heapsnap.live.presence import Verdicts
from heapsnap.live.procfs import STOPPED, read_living, read_mappings, read_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from heapsnap.live.arrival import Arrived
    from heapsnap.live.presence import Agent
    from heapsnap.live.procfs import Process

    Tell = Callable[[str], None]

ATTACH_HINT = "heapsnap dump --attach {pid} enters it; or start it with heapsnap run"


@dataclass(frozen=True, slots=True)
class Answer:
    """A snapshot that a process has written when it was asked.

    Attributes:
        pid: The process's number here.
        path: Where the file lies, as we reach it.
        way: How the process was asked: ``signal USR1``, or a way of entering it.
        header: What the file says of itself.
        size_bytes: Of the file.
        is_earlier: Whether it was under way before it was asked for.
        held_seconds: How long a debugger held the process before, to enter it.
    """

    pid: int
    path: Path
    way: str
    header: dict[str, Any]
    size_bytes: int
    is_earlier: bool = False
    held_seconds: float = 0.0

    @property
    def pause_seconds(self) -> float | None:
        """How long the process stood still; None where the file does not say."""
        seconds: float | None = self.header["pause_seconds"]
        return seconds

    @property
    def inner_path(self) -> str:
        """The path as the process names it, which is another one in a container."""
        parts = self.path.parts
        is_foreign = parts[1:2] == ("proc",) and parts[3:4] == ("root",)
        return os.path.join("/", *parts[4:]) if is_foreign else str(self.path)  # noqa: PTH118


class Question:
    """A process that is asked by its agent's signal, and its answer once that is waited for.

    Args:
        pid: The process.
        directory: Where its snapshots go, as it names it; None: as its agent says.

    Raises:
        NoAgentError: It has no agent that listens. Nothing has been sent.
        NoSuchProcessError: There is no such process.
        ProcessClosedError: We may not look into it, or not send it a signal.
        NoAnswerError: It is stopped, or there is no folder to which it could write.
    """

    def __init__(self, pid: int, *, directory: str | None) -> None:
        handle = _open_handle(pid)
        try:
            self._process = read_living(pid)
            self._agent = listening_agent(self._process)
            _check_goes_on(self._process)
            folder = _folder(self._process, self._agent, directory)
            self._arrival = Arrival(self._process, seen_from_here(self._process, folder))
            self._verdicts = Verdicts(self._process, read_mappings(self._process))
            _send(handle, self._process, self._agent)
        finally:
            if handle is not None:
                os.close(handle)

    def wait(self, *, timeout_seconds: float, tell: Tell) -> Answer:
        """Wait for the snapshot; may be called again after a ``NotBegunError``.

        Args:
            timeout_seconds: How long to wait without a sign of life.
            tell: Is told now and then how far it is.

        Raises:
            NotBegunError: It gave no sign of life.
            NoAnswerError: No snapshot comes.
        """
        name = self._agent.signal_name
        tell(f"waiting for process {self._process.pid} to answer {name}")
        arrived = self._arrival.wait(
            timeout_seconds=timeout_seconds, tell=tell, verdict=self._verdicts.verdict
        )
        return answered(self._process, arrived, f"signal {name}")


def answered(process: Process, arrived: Arrived, way: str) -> Answer:
    """What a snapshot that has come says."""
    size = arrived.path.stat().st_size
    return Answer(process.pid, arrived.path, way, arrived.header, size, arrived.is_earlier)


def listening_agent(process: Process) -> Agent:
    """The agent of a process that can be sent its signal.

    Raises:
        NoAgentError: There is none, or it does not listen.
        ProcessClosedError: We may not look into the process, so nobody knows.
        NoSuchProcessError: It has ended.
    """
    seen = look_at(process)
    hint = ATTACH_HINT.format(pid=process.pid)
    if seen is None:
        raise NoAgentError(
            f"process {process.pid} ({process.name}) runs no Python: no signal was sent",
            hint="heapsnap ps lists those that do",
        )
    if seen.agent is None:
        deadly = "" if process.handles(signal.SIGUSR1) else ", it would end the process"
        raise NoAgentError(
            f"process {process.pid} ({process.name}) has no heapsnap in it: "
            f"no signal was sent{deadly}",
            hint=hint,
        )
    if seen.agent.is_off:
        raise NoAgentError(
            f"heapsnap in process {process.pid} ({process.name}) listens to no signal, its rules "
            "alone take snapshots: no signal was sent",
            hint=f"heapsnap dump --attach {process.pid} enters it; or start it with another signal",
        )
    if not seen.agent.is_listening:
        raise NoAgentError(
            f"process {process.pid} ({process.name}) does not handle {seen.agent.signal_name} "
            "any more: no signal was sent",
            hint=f"the program has changed the signal's handler since; {hint}",
        )
    return seen.agent


def _folder(process: Process, agent: Agent, directory: str | None) -> str:
    folder = directory or agent.directory
    if not folder:
        raise NoAgentError(
            f"the folder to which process {process.pid} writes has a name too long to be seen "
            "from outside: no signal was sent",
            hint="name it with --directory",
        )
    return folder


def _open_handle(pid: int) -> int | None:
    """A descriptor that means this process and no later one with its number.

    None where the kernel (before 5.3) or a sandbox has none to give.
    """
    try:
        return os.pidfd_open(pid)
    except (OSError, OverflowError):
        return None


def _check_goes_on(process: Process) -> None:
    if process.state in STOPPED:
        raise NoAnswerError(
            f"process {process.pid} ({process.name}) is stopped: no signal was sent",
            hint=f"kill -CONT {process.pid}",
        )


def _send(handle: int | None, process: Process, agent: Agent) -> None:
    # Once more, as late as can be: a program that has just been executed handles nothing.
    if not read_process(process.pid).handles(agent.signal):
        raise NoAgentError(
            f"process {process.pid} has just given up {agent.signal_name}: no signal was sent",
            hint="look again: heapsnap ps",
        )
    try:
        if handle is None:
            os.kill(process.pid, agent.signal)
        else:
            signal.pidfd_send_signal(handle, agent.signal)
    except PermissionError as error:
        raise ProcessClosedError(
            f"may not send process {process.pid} a signal",
            hint="be root or the user that it runs as",
        ) from error
    except ProcessLookupError as error:
        raise NoSuchProcessError(f"process {process.pid} has ended", hint="heapsnap ps") from error
