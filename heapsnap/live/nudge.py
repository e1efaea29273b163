"""Waking a thread from `epoll_wait` without doing anything to it.

Of the calls in which a server waits this one is not started again by the kernel after a debugger
has held the thread for a moment: it returns with EINTR, and Python (3.14 and later) looks for a
script to run before it waits again. Nothing is called or changed in the process.

References:
    ``signal(7)``, "Interruption of system calls and library functions by stop signals";
    ``ptrace(2)``; ``PyErr_CheckSignals`` in ``Modules/signalmodule.c`` (3.14).
"""

from __future__ import annotations

import ctypes
import os
import time

CALLS = frozenset({"epoll_wait", "epoll_pwait", "epoll_pwait2"})
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
EVERY_CHILD = 0x40000000  # __WALL
PATIENCE_SECONDS = 2.0
LOOK_SECONDS = 0.001


def wake(pid: int) -> bool:
    """Hold the main thread of a process for some microseconds; False where we may not."""
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.ptrace.restype = ctypes.c_long
    # Seized, and not attached to: no signal is sent, which its parent would be told of.
    if library.ptrace(SEIZE, pid, None, None) != 0:
        return False
    library.ptrace(INTERRUPT, pid, None, None)
    until = time.monotonic() + PATIENCE_SECONDS
    while os.waitpid(pid, os.WNOHANG | EVERY_CHILD)[0] == 0 and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return bool(library.ptrace(DETACH, pid, None, None) == 0)
