"""A process held by gdb for a moment: calls are made in its main thread, and it goes on.

gdb is told one command at a time and answers each, so what is done next is decided here, while
the process stands still. Whatever happens to us, gdb comes to the end of its input, lets go of the
process and ends. A call that does not return is interrupted in a way by which gdb puts the thread
back to where it was before the call.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from heapsnap.errors import AttachError, NoSuchProcessError, ProcessClosedError
from heapsnap.live.procfs import CLOSED_HINT, read_process

if TYPE_CHECKING:
    from typing_extensions import Self

START = (
    "gdb", "-nx", "-q",
    "-iex", "set prompt",
    "-iex", "set confirm off",
    "-iex", "set pagination off",
    "-iex", "set style enabled off",
    # Nothing is read but what is needed: the process waits meanwhile.
    "-iex", "set auto-load off",
    "-iex", "set auto-solib-add off",
    "-iex", "set debuginfod enabled off",
    "-iex", "set debug-file-directory /nonexistent",
    "-iex", "set libthread-db-search-path /nonexistent",
    "-iex", "set sysroot /nonexistent",
    "-iex", "set language c",
    "-iex", "set unwindonsignal on",
)  # fmt: skip
DONE = "heapsnap-done"
HOLDER = re.compile(r"already traced by process (\d+)")
VALUE = re.compile(r"^\$\d+ = (?:\([^)]*\) )?(-?\d+|0x[0-9a-f]+)", re.MULTILINE)
START_SECONDS = 20.0
INTERRUPT_SECONDS = 5.0
INSTALL_HINT = "install gdb (apt install gdb), or start the program with heapsnap run"


def is_installed() -> bool:
    """Whether there is a gdb to be started."""
    return shutil.which("gdb") is not None


class Held:
    """A process that stands still for as long as the ``with`` block lasts.

    Args:
        pid: The process.
        timeout_seconds: How long one call in it may take.

    Attributes:
        seconds: How long it stood still, once it goes on.

    Raises:
        AttachError: There is no gdb, or it cannot attach.
        ProcessClosedError: We may not.
    """

    def __init__(self, pid: int, *, timeout_seconds: float = 10.0) -> None:
        if not is_installed():
            raise AttachError(
                f"process {pid} can only be entered with gdb, which is not installed",
                hint=INSTALL_HINT,
            )
        self.pid = pid
        self.seconds = 0.0
        self._timeout_seconds = timeout_seconds
        self._output = b""
        # A session of its own: Ctrl-C in the terminal is for us, and we end it in order.
        self._gdb = subprocess.Popen(
            START,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        try:
            self._command("", START_SECONDS)  # it has started, and the process runs on till then
            self._held_at = time.monotonic()
            self._attach()
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()
        self.seconds = time.monotonic() - self._held_at

    def _attach(self) -> None:
        told = self._command(f"attach {self.pid}", START_SECONDS)
        if not VALUE.search(self._command("print/d (unsigned long)$pc")):
            raise self._refused(told)

    def call(self, address: int, *arguments: int, kind: str = "int") -> int:
        """Call a function in the main thread; all threads run meanwhile.

        Args:
            address: The function.
            arguments: Whole numbers and addresses.
            kind: What it returns: ``int`` or ``long``.

        Raises:
            AttachError: It did not come back; the thread has been put back to where it was.
        """
        types = ", ".join(["unsigned long"] * len(arguments)) or "void"
        values = ", ".join(map(str, arguments))
        command = f"print/d ({kind})(({kind} (*)({types})) {address})({values})"
        answer = self._command(command)
        found = VALUE.search(answer)
        if found is None:
            raise AttachError(
                f"a call in process {self.pid} failed: {_last_line(answer)}; it goes on as before",
                hint="try again; if that fails as well, start the program with heapsnap run",
            )
        return int(found[1], 0)

    def write(self, address: int, file: str) -> None:
        """Copy a file's content into the process's memory."""
        self._command(f"restore {file} binary {address}")

    def _command(self, command: str, timeout_seconds: float | None = None) -> str:
        """Give gdb a command; returns what it prints."""
        assert self._gdb.stdin is not None
        try:
            self._gdb.stdin.write(f"{command}\necho \\n{DONE}\\n\n".encode())
            self._gdb.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: what it said last tells why
        return self._read_answer(timeout_seconds or self._timeout_seconds)

    def _read_answer(self, timeout_seconds: float) -> str:
        until = time.monotonic() + timeout_seconds
        mark = f"\n{DONE}\n".encode()
        is_interrupted = False
        while mark not in self._output:
            if not self._read_more(until - time.monotonic()):
                if is_interrupted or self._gdb.poll() is not None:
                    break
                # With `unwindonsignal` gdb takes back the call that it was making.
                self._gdb.send_signal(signal.SIGINT)
                is_interrupted, until = True, time.monotonic() + INTERRUPT_SECONDS
        answer, _, self._output = self._output.partition(mark)
        text = answer.decode("utf-8", "replace")
        if is_interrupted:
            raise AttachError(
                f"a call in process {self.pid} took longer than {timeout_seconds:g} s and was "
                "taken back; it goes on as before",
                hint="try again later, or start the program with heapsnap run",
            )
        return text

    def _read_more(self, seconds: float) -> bool:
        """Read what there is; False if nothing came within that time, or nothing can come."""
        assert self._gdb.stdout is not None
        ready, _, _ = select.select([self._gdb.stdout], [], [], max(0.0, seconds))
        if not ready:
            return False
        piece = os.read(self._gdb.stdout.fileno(), 1 << 16)
        self._output += piece
        return bool(piece)

    def _let_go(self) -> None:
        """Let the process go on, whatever gdb is doing just now."""
        assert self._gdb.stdin is not None
        assert self._gdb.stdout is not None
        try:
            self._gdb.stdin.write(b"detach\nquit\n")
            self._gdb.stdin.close()
        except BrokenPipeError:
            pass
        for number in (None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if number is not None:
                self._gdb.send_signal(number)
            try:
                self._gdb.wait(INTERRUPT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        self._gdb.stdout.close()

    def _refused(self, told: str) -> AttachError | ProcessClosedError:
        # One may have come since we looked. gdb names it even where it has let go by now.
        holder = HOLDER.search(told)
        tracer = int(holder[1]) if holder else _tracer_of(self.pid)
        if tracer:
            return AttachError(
                f"process {self.pid} is held by another debugger, process {tracer}",
                hint="another heapsnap dump --attach, perhaps: try again when it is through",
            )
        if "not permitted" in told or "ptrace" in told:
            return ProcessClosedError(
                f"gdb may not attach to process {self.pid}",
                hint=f"{CLOSED_HINT}; kernel.yama.ptrace_scope may forbid it",
            )
        return AttachError(
            f"gdb cannot attach to process {self.pid}: {_last_line(told)}", hint=INSTALL_HINT
        )


def _tracer_of(pid: int) -> int:
    try:
        return read_process(pid).tracer
    except NoSuchProcessError:
        return 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no answer"
