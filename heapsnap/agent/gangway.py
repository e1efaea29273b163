"""What runs first in a process that is entered: starts a thread that fetches all the rest.

This file goes in as text, with its path filled in; nothing of ours can be imported before. The
thread that it interrupts gets back to its work at once: reading and loading the agent takes a tenth
of a second, in which a thread of its own lets the others run. No exception of the program's signal
handlers can end up there either, since those run in the main thread.
"""

import _signal
import _thread
import os
import sys

CARGO = ""
"""The file with the rest. Who deletes it takes the snapshot: this may have come on two ways."""

SCRIPT = ""
"""The file that this text is run from, if it is one; else it came in memory."""

RESULT = ".result"
"""What the name of the file that says how it went has behind that of the cargo."""

PAGE, PAGE_BYTES, MUNMAP = 0, 4096, 0
"""The memory that was made to hold this text, which has been read by now; what gives it back."""

NONE_LEFT = (23, 24)
"""ENFILE and EMFILE, in ``asm-generic/errno-base.h``."""


def board():
    """Leave the rest to a thread of its own."""
    # Now, in the thread that reads it: whoever takes the request back sees that it has been run,
    # even where the thread that is started here does not get to its work.
    if SCRIPT:
        _delete(SCRIPT)
    try:
        _starter()(_fetch_deaf, ())
    except RuntimeError:  # no further thread may be made
        _fetch()


def _fetch_deaf():
    # Signals are for the program's threads: one that lands here would not wake them.
    _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
    _fetch()


def _fetch():
    if PAGE:
        _give_back()
    rest = {"__name__": ""}
    try:
        with open(CARGO, "rb") as file:
            os.unlink(CARGO)
            source = file.read()
        exec(compile(source, _fetch.__code__.co_filename, "exec", dont_inherit=True), rest)  # noqa: S102 - its purpose
    except OSError as problem:
        # Else it is fetched already, or withdrawn.
        if problem.errno in NONE_LEFT:
            _give_up(problem)
    # Functions and the namespace that they stand in hold each other: a program that has the
    # collector switched off would keep both for ever.
    rest.clear()
    globals().clear()


def _give_up(problem):
    try:
        os.unlink(CARGO)
        # A link needs no descriptor, and can hold a text.
        os.symlink(f"failed {problem.errno}:{problem.strerror}", CARGO + RESULT)
    except OSError:
        pass  # given up already


def _delete(path):
    try:
        os.unlink(path)
    except OSError:
        pass  # it is gone already


def _starter():
    """The interpreter's own way to start a thread: gevent puts greenlets in its place."""
    saved = getattr(sys.modules.get("gevent.monkey"), "saved", {}).get("_thread", {})
    return saved.get("start_new_thread", _thread.start_new_thread)


def _give_back():
    try:
        import ctypes

        # A library opened anew would leave classes behind that only the collector frees.
        munmap = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong)(MUNMAP)
        munmap(PAGE, PAGE_BYTES)
    except (ImportError, OSError):
        pass  # a Python without ctypes, or no descriptor left: one page stays
