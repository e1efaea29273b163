"""The agent's own threads: real ones, without a thread object, deaf to signals.

A raw thread is in no table of ``threading``, so the program neither sees nor waits for it, and
the interpreter ends without it. Under gevent and eventlet it is a thread all the same. The one
trace that it could leave is the warning of Python 3.12 and later that a process with threads
forks: a program that has one thread of its own must not be warned about ours.
"""

import _thread
import os
import sys

from . import manners
from .originals import original

_begin = original(_thread, "start_new_thread")
_allocate_lock = original(_thread, "allocate_lock") or _thread.allocate_lock
_running: list[None] = []
_filtered = False


def start(function, *, lasting=False, begun=None):
    """Call ``function()`` in a thread of the agent's own.

    Args:
        function: Swallows what it raises.
        lasting: Whether it runs until the program ends, and so may be there when it forks.
        begun: An empty list, which gets the thread's number, whatever is raised afterwards.

    Raises:
        RuntimeError: No thread can be had.
    """
    if lasting:
        _leave_the_program_unwarned()
    if _begin is None:
        raise RuntimeError("threads are somebody's greenlets here")

    def run():
        # Signals are for the program's threads: one that lands here would not wake them.
        manners.block_signals()
        try:
            function()
        finally:
            _running.pop()

    begun = [] if begun is None else begun
    _running.append(None)
    try:
        # In C, so that no signal handler of the program's can run and raise in between.
        begun.extend(map(_begin, (run,), ((),)))
    except BaseException:
        if not begun:
            _running.pop()
        raise


def allocate_lock():
    """A lock of the interpreter's own, that no greenlet library has put another in place of."""
    return _allocate_lock()


def forget():
    """In a forked child: none of the threads is there."""
    _running.clear()


class _OnlyOurs:
    """Stands in a warning filter where a compiled expression would; says yes to one message."""

    __slots__ = ()
    pattern = "This process .* is multi-threaded, use of"

    def match(self, text):
        """Whether it is the warning about threads, in a process whose threads are ours but one."""
        if "is multi-threaded, use of" not in text:
            return False
        try:
            return len(os.listdir("/proc/self/task")) - len(_running) <= 1
        except OSError:
            return False


def _leave_the_program_unwarned():
    global _filtered
    if _filtered or sys.version_info < (3, 12):
        return
    import warnings

    warnings.filters.insert(0, ("ignore", _OnlyOurs(), DeprecationWarning, None, 0))
    _filtered = True
