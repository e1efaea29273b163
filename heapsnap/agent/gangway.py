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

PAGE, PAGE_BYTES = 0, 4096
"""The memory that was made to hold this text; it has been read by now."""


def board():
    """Leave the rest to a thread of its own."""
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
    try:
        with open(CARGO, "rb") as file:
            os.unlink(CARGO)
            source = file.read()
    except OSError:
        return  # fetched already, or withdrawn
    exec(compile(source, board.__code__.co_filename, "exec", dont_inherit=True), {"__name__": ""})  # noqa: S102 - that is what it is for


def _starter():
    """The interpreter's own way to start a thread: gevent puts greenlets in its place."""
    saved = getattr(sys.modules.get("gevent.monkey"), "saved", {}).get("_thread", {})
    return saved.get("start_new_thread", _thread.start_new_thread)


def _give_back():
    try:
        import ctypes

        ctypes.PyDLL(None).munmap(ctypes.c_void_p(PAGE), ctypes.c_size_t(PAGE_BYTES))
    except (ImportError, AttributeError):
        pass  # a Python without ctypes: one page stays
