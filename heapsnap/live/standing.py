"""Where the main thread of a process stands: whether it is in a system call, and in which.

From that follows how it can be entered. Code may be run in a thread that waits in the kernel and
has given the GIL away; anywhere else that is what kills or hangs a process, and the interpreter
itself must be asked to run the code when it is ready.

References:
    ``proc_pid_syscall(5)``; ``futex(2)``; ``arch/x86/entry/syscalls/syscall_64.tbl`` and
    ``include/uapi/asm-generic/unistd.h`` for the numbers of the calls.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from heapsnap.errors import ProcessClosedError
from heapsnap.live.procfs import CLOSED_HINT, PROC

if TYPE_CHECKING:
    from heapsnap.live.symbols import Symbol

WAITS_X86_64 = {
    0: "read", 1: "write", 7: "poll", 17: "pread64", 19: "readv", 20: "writev", 23: "select",
    34: "pause", 35: "nanosleep", 42: "connect", 43: "accept", 44: "sendto", 45: "recvfrom",
    46: "sendmsg", 47: "recvmsg", 61: "wait4", 65: "semop", 70: "msgrcv", 72: "fcntl",
    73: "flock", 128: "rt_sigtimedwait", 130: "rt_sigsuspend", 202: "futex", 208: "io_getevents",
    219: "restart_syscall", 220: "semtimedop", 230: "clock_nanosleep", 232: "epoll_wait",
    247: "waitid", 270: "pselect6", 271: "ppoll", 281: "epoll_pwait", 288: "accept4",
    299: "recvmmsg", 441: "epoll_pwait2",
}  # fmt: skip
WAITS_AARCH64 = {
    4: "io_getevents", 22: "epoll_pwait", 25: "fcntl", 32: "flock", 63: "read", 64: "write",
    65: "readv", 66: "writev", 67: "pread64", 72: "pselect6", 73: "ppoll", 95: "waitid",
    98: "futex", 101: "nanosleep", 115: "clock_nanosleep", 128: "restart_syscall",
    133: "rt_sigsuspend", 137: "rt_sigtimedwait", 188: "msgrcv", 192: "semtimedop", 193: "semop",
    202: "accept", 203: "connect", 206: "sendto", 207: "recvfrom", 211: "sendmsg", 212: "recvmsg",
    242: "accept4", 243: "recvmmsg", 260: "wait4", 441: "epoll_pwait2",
}  # fmt: skip
WAITS = {"x86_64": WAITS_X86_64, "aarch64": WAITS_AARCH64}
"""The calls in which a thread waits for somebody else. Others (``mmap``, ``madvise``) are made by
the allocator with its lock held."""

FUTEX_WAIT = 0
FUTEX_OPERATION = 0x7F  # the rest are flags: private, realtime clock
CONTENDED = 2
"""What a futex holds while glibc's lowest lock, of a mutex or of malloc, is waited for. Python's
own locks are semaphores, which wait with other numbers and another operation."""


class Standing(Enum):
    """What the main thread does, as the kernel shows it."""

    RUNNING = "runs"
    WAITING = "waits in the kernel"
    WAITING_FOR_GIL = "waits for the GIL"
    WAITING_FOR_MUTEX = "waits for a lock of C code"
    CALLING = "is in a system call that is about to end"


@dataclass(frozen=True, slots=True)
class Look:
    """The main thread at a moment; ``call`` names the system call, if it is a known one."""

    standing: Standing
    call: str = ""


def look_at_main_thread(pid: int, runtime: Symbol | None) -> Look:
    """See where the main thread stands; it may be held by a debugger meanwhile.

    Args:
        pid: The process.
        runtime: The interpreter's own data, in which it waits for the GIL; None: not known.

    Raises:
        ProcessClosedError: We may not look into it.
    """
    try:
        text = (PROC / str(pid) / "task" / str(pid) / "syscall").read_text()
    except OSError as error:
        raise ProcessClosedError(
            f"may not see what process {pid} waits for", hint=CLOSED_HINT
        ) from error
    words = text.split()
    if not words[0].isdigit():
        return Look(Standing.RUNNING)  # "running", or -1: stopped outside of any call
    name = WAITS.get(platform.machine(), {}).get(int(words[0]), "")
    if not name:
        return Look(Standing.CALLING)
    if name != "futex":
        return Look(Standing.WAITING, name)
    return Look(_futex_standing([int(word, 16) for word in words[1:4]], runtime), name)


def _futex_standing(arguments: list[int], runtime: Symbol | None) -> Standing:
    address, operation, value = arguments
    if runtime and runtime.address <= address < runtime.address + runtime.size_bytes:
        return Standing.WAITING_FOR_GIL
    if operation & FUTEX_OPERATION == FUTEX_WAIT and value & 0xFFFFFFFF == CONTENDED:
        return Standing.WAITING_FOR_MUTEX
    return Standing.WAITING
