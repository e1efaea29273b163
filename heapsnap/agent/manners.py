"""How the child behaves: it disturbs nobody and lets itself be sacrificed first.

A forked child has all that its parent had: its open sockets (a client waits for the end of a
connection until the last holder has closed it), its signal handlers, its wake-up file
descriptor, its tracing functions. All of it is put away before anything else happens.
"""

import _signal
import os
import sys

from .originals import kernel

NICENESS = 5
ALL_SIGNALS = frozenset(_signal.valid_signals())
_NULL_FLAGS = os.O_RDWR


def signal_mask():
    """The numbers of the signals that this thread keeps waiting, as bytes.

    No set: the collector tracks sets, and this is there while the heap is listed.
    """
    return bytes(_signal.pthread_sigmask(_signal.SIG_BLOCK, ()))


def block_signals():
    """Keep all signals waiting, in this thread.

    Raises what a handler of the program's raises that was due; they are kept waiting all the same.
    """
    _signal.pthread_sigmask(_signal.SIG_BLOCK, ALL_SIGNALS)


def restore_signals(mask):
    """Let the signals through again that came through before.

    Raises what a handler of the program's raises that was due.
    """
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def let_signals_in(mask, wait=None):
    """Let the handlers of the program's run that are due, and while ``wait()`` waits.

    Raises what they raise; signals are kept waiting again all the same.
    """
    try:
        restore_signals(mask)
        if wait is not None:
            wait()
    finally:
        block_signals()


def forget_the_program():
    """Drop everything through which code of the program could run in this process.

    Whoever calls this holds ``Hooks``: what the interpreter alone held would be freed here.
    """
    sys.settrace(None)
    sys.setprofile(None)
    _signal.set_wakeup_fd(-1)
    for number in ALL_SIGNALS:
        try:
            handler = _signal.getsignal(number)
            # SIG_DFL and SIG_IGN are numbers here. Comparing would call a handler's ``__eq__``.
            if type(handler) is not int and handler is not None:
                _signal.signal(number, _signal.SIG_DFL)
        except (OSError, ValueError):
            continue
    # Ctrl-C in a terminal goes to the whole group: it is meant for the service.
    for number in (_signal.SIGINT, _signal.SIGHUP, _signal.SIGPIPE):
        _signal.signal(number, _signal.SIG_IGN)
    # A service may leave its children to the kernel (SIG_IGN): then nobody could wait for these.
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    sys.unraisablehook = sys.__unraisablehook__


def ignore_termination():
    """Live on where the walker is told to end."""
    _signal.signal(_signal.SIGTERM, _signal.SIG_IGN)


_WAITED_ON = frozenset({"anon_inode:[eventpoll]", "anon_inode:[eventfd]"})
"""Descriptors on which a library's threads wait. A fork handler of gRPC's starts its threads anew
in the child, and they abort the process where these are gone (decision 71). Nobody outside the
process notices that they stay open."""


def close_files(keep):
    """Close every descriptor but stderr and those to keep; reads and writes go nowhere."""
    try:
        reading = writing = os.open(os.devnull, _NULL_FLAGS)
    except OSError:
        # A root without devices (chroot). Only that both numbers are taken matters.
        reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.dup2(writing, 1)
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        descriptor = int(name)
        if descriptor > 2 and descriptor not in keep:  # noqa: PLR2004 - stderr
            try:
                if os.readlink(f"/proc/self/fd/{name}") not in _WAITED_ON:
                    kernel.close(descriptor)
            except OSError:
                continue


def yield_to_the_service():
    """Take the processor last and, if memory runs out, be killed first."""
    try:
        os.nice(NICENESS)
        descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        try:
            kernel.write(descriptor, b"1000")
        finally:
            kernel.close(descriptor)
    except OSError:
        pass
