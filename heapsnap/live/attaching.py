"""A snapshot from a process that never heard of heapsnap: the ways in, tried in order.

Every way ends in bounded time with a snapshot or with a word on what the main thread is doing; a
request that was not answered is withdrawn, and the process goes on as if nothing had been.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from heapsnap.errors import AttachError, NoAgentError, NoAnswerError, NotBegunError
from heapsnap.live import gdb, nudge, remote
from heapsnap.live.arrival import Arrival
from heapsnap.live.asking import Answer, Question, answered
from heapsnap.live.entering import Entered, enter, find_inside
from heapsnap.live.interpreter import find_interpreter
from heapsnap.live.landing import Landing, choose_directory
from heapsnap.live.presence import find_agent
from heapsnap.live.procfs import (
    STOPPED,
    has_descriptor_left,
    is_running,
    read_living,
    read_mappings,
)
from heapsnap.live.standing import Look, Standing, look_at_main_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapsnap.live.interpreter import Interpreter
    from heapsnap.live.procfs import Process
    from heapsnap.live.symbols import Symbol

    Tell = Callable[[str], None]

OLDEST = (3, 10)
ANSWER_SECONDS = 3.0
"""How long a signal may go unanswered before the process is entered."""
LOOK_SECONDS = 0.02
IDLE_SECONDS = 0.5
"""A main thread that is found waiting for so long will not come to its pending calls by itself."""
RESTARTED = "restart_syscall"
"""What the kernel makes of a timed call that a debugger has interrupted, whatever it was."""
STARTS_WITH_AGENT = "start the program with heapsnap run"


class Entry:
    """A process that is asked by its signal where an agent listens, and entered where none does.

    One that does not answer soon is entered as well, once it is waited for again: nobody can see
    from outside whether the program has put a handler of its own over the agent's. A snapshot that
    comes late is written beside ours.

    Args:
        pid: The process.
        directory: Where the snapshot goes, as the process names it; None: somewhere fit.

    Raises:
        HeapsnapError: As ``Question``.
    """

    def __init__(self, pid: int, *, directory: str | None) -> None:
        self._pid = pid
        self._directory = directory
        process = read_living(pid)
        agent = find_agent(process, read_mappings(process))
        is_listening = agent is not None and agent.is_listening
        self._question = Question(pid, directory=directory) if is_listening else None

    def wait(self, *, timeout_seconds: float, tell: Tell) -> Answer:
        """Wait for the snapshot; may be called again after a ``NotBegunError``.

        Raises:
            HeapsnapError: As ``Question.wait`` and ``attach``.
        """
        if self._question is not None:
            question, self._question = self._question, None
            patience = min(timeout_seconds / 2, ANSWER_SECONDS)
            return question.wait(timeout_seconds=patience, tell=tell)
        return attach(
            self._pid, directory=self._directory, timeout_seconds=timeout_seconds, tell=tell
        )


def attach(
    pid: int, *, directory: str | None, timeout_seconds: float, tell: Tell, is_gzip: bool = False
) -> Answer:
    """Enter a process, make it write a snapshot, and wait for that.

    Args:
        pid: The process.
        directory: Where the snapshot goes, as the process names it; None: somewhere fit.
        timeout_seconds: How long the process may take to begin, and then be silent.
        tell: Is told now and then how far it is.
        is_gzip: Whether it is compressed.

    Raises:
        NoSuchProcessError: There is no such process.
        NoAgentError: It runs no Python.
        ProcessClosedError: We may not enter it.
        AttachError: It cannot be entered.
        NotBegunError: It does not come to it. The request is withdrawn.
        NoAnswerError: It was entered, and no snapshot came.
    """
    process = read_living(pid)
    interpreter = _check(process)
    folder = choose_directory(process, directory)
    with Landing(process, folder, is_gzip=is_gzip) as landing:
        arrival = Arrival(process, landing.folder)
        visit = Visit(process, interpreter, landing, timeout_seconds, tell)
        way = visit.begin()
        arrived = arrival.wait(timeout_seconds=timeout_seconds, tell=tell, verdict=landing.verdict)
    return replace(answered(process, arrived, way), held_seconds=visit.held_seconds)


class Visit:
    """One try to make a process begin a snapshot.

    Attributes:
        held_seconds: How long a debugger has held the process, in all.
    """

    def __init__(
        self,
        process: Process,
        interpreter: Interpreter,
        landing: Landing,
        timeout_seconds: float,
        tell: Tell,
    ) -> None:
        self._process = process
        self._interpreter = interpreter
        self._landing = landing
        self._timeout_seconds = timeout_seconds
        self._tell = tell
        self._runtime: Symbol | None = None
        self._last: Entered | None = None
        self.held_seconds = 0.0

    def begin(self) -> str:
        """Make the process fetch what it is to run; returns the way on which it was reached.

        Raises:
            NotBegunError: It does not come to it. The request is withdrawn.
            AttachError: It cannot be entered.
        """
        reason, is_asked = "", False
        call = self._idle_call()
        if self._takes_scripts() and (not call or call in nudge.CALLS):
            reason = self._ask()
            is_asked = not reason
            is_woken = is_asked and bool(call) and nudge.wake(self._process.pid)
            if is_asked and self._has_begun():
                return f"sys.remote_exec, woken from {call}" if is_woken else "sys.remote_exec"
        if not gdb.is_installed() or (is_asked and not self._idle_call()):
            raise self._unanswered(reason, is_asked=is_asked)
        return self._begin_with_gdb(is_asked=is_asked)

    def _takes_scripts(self) -> bool:
        version = self._interpreter.version
        return version is not None and version >= remote.SINCE

    def _ask(self) -> str:
        """Ask by ``sys.remote_exec``; returns why that cannot be, or nothing."""
        assert self._interpreter.version is not None
        self._tell(f"asking process {self._process.pid} by sys.remote_exec")
        self._landing.write_script()
        return remote.request(self._process, self._interpreter.version, self._landing.script)

    def _begin_with_gdb(self, *, is_asked: bool) -> str:
        inside = find_inside(self._process, self._interpreter)
        self._runtime = inside.runtime
        until = time.monotonic() + self._timeout_seconds
        while True:
            self._tell(f"entering process {self._process.pid} with gdb")
            self._last = enter(self._process, inside, self._landing.text)
            self.held_seconds += self._last.held_seconds
            way = "gdb, in its idle main thread" if self._last.is_run else "gdb, a pending call"
            if self._has_begun(until):
                return way
            if time.monotonic() >= until:
                raise self._unanswered("", is_asked=is_asked)

    def _has_begun(self, until: float | None = None) -> bool:
        """Wait until it has begun; False when it is idle, and waiting no use, or at the end."""
        now = time.monotonic()
        until = now + self._timeout_seconds if until is None else until
        busy_at = now
        while now < until:
            if self._landing.has_begun:
                return True
            if not is_running(self._process.pid):
                raise NoAnswerError(
                    f"process {self._process.pid} ended before it began a snapshot",
                    hint="its stderr or its supervisor's log tells why",
                )
            look = look_at_main_thread(self._process.pid, self._runtime)
            if look.standing is not Standing.WAITING:
                busy_at = now
            elif now - busy_at > IDLE_SECONDS and not self._keeps_gil():
                return False
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
        return self._landing.has_begun

    def _keeps_gil(self) -> bool:
        return self._last is not None and self._last.keeps_gil

    def _idle_call(self) -> str:
        """The call in which the main thread waits, now and a moment later; empty: it does not."""
        call = ""
        for _ in range(3):
            look = look_at_main_thread(self._process.pid, self._runtime)
            if look.standing is not Standing.WAITING:
                return ""
            call = look.call
            time.sleep(LOOK_SECONDS)
        return call

    def _unanswered(self, reason: str, *, is_asked: bool) -> NoAnswerError | AttachError:
        """Withdraw the request; say what the main thread is doing instead."""
        self._landing.withdraw()
        if is_asked:
            self._landing.leave_script_harmless()
        pid = self._process.pid
        look = look_at_main_thread(pid, self._runtime)
        if not gdb.is_installed() and (not is_asked or look.standing is Standing.WAITING):
            why = f" ({reason})" if reason else ""
            return AttachError(
                f"process {pid} can only be entered with gdb, which is not installed{why}",
                hint=gdb.INSTALL_HINT,
            )
        if look.call == RESTARTED and self._last is not None:
            look = self._last.look
        doing = describe(look, keeps_gil=self._keeps_gil())
        return NotBegunError(
            f"the main thread of process {pid} has run no Python code for "
            f"{self._timeout_seconds:g} s: it {doing}; the request is withdrawn, the process goes "
            "on as before",
            hint=f"try again when that is over, give a longer --timeout, or {STARTS_WITH_AGENT}",
        )


def describe(look: Look, *, keeps_gil: bool) -> str:
    """What the main thread does, as the end of a sentence."""
    if look.standing is Standing.RUNNING:
        return "is in a long call of C code"
    if look.standing is Standing.WAITING and keeps_gil:
        return f"waits in C code ({look.call}) that keeps the GIL"
    if look.standing is Standing.WAITING:
        return f"waits in the kernel ({look.call})"
    return str(look.standing.value)


def _check(process: Process) -> Interpreter:
    """The interpreter of a process that can be entered."""
    name = f"process {process.pid} ({process.name})"
    interpreter = find_interpreter(process, read_mappings(process))
    if interpreter is None:
        raise NoAgentError(f"{name} runs no Python", hint="heapsnap ps lists those that do")
    if interpreter.version is not None and interpreter.version < OLDEST:
        version = ".".join(map(str, interpreter.version))
        raise AttachError(
            f"{name} runs Python {version}", hint="heapsnap knows CPython 3.10 and later"
        )
    if process.tracer:
        raise AttachError(
            f"{name} is held by another debugger, process {process.tracer}",
            hint="let it go first",
        )
    if process.state in STOPPED:
        raise AttachError(f"{name} is stopped", hint=f"kill -CONT {process.pid}")
    if not has_descriptor_left(process):
        raise AttachError(
            f"{name} has no descriptor left (RLIMIT_NOFILE), so it could open no file",
            hint=f"give it more: prlimit --pid {process.pid} --nofile=4096:",
        )
    return interpreter
