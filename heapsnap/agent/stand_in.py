"""A thread that takes the snapshot where the main thread does not come to it.

Python runs signal handlers in the main thread only, between two of its bytecodes. Where it
waits in C code that has let go of the interpreter (a query in a database driver, a big product
of matrices), another thread can do it. How that thread hears of the signal: CPython writes
the number of each signal to the wakeup descriptor, if there is one. There can be one in a process,
so it is taken only where it is free, and whoever takes it later (an event loop) has it.

A program that closes all its descriptors (a daemon) may get their numbers again for files of its
own. So ours have high numbers, which are hardly ever given twice, and none is read from or closed
that is not the pipe.

One signal is one snapshot: who reads the number from the pipe takes it. The thread leaves it there
for a while; the handler, which comes in time as a rule, finds it and takes it away.
"""

import _signal
import fcntl
import os
import select

from . import talk, threads
from .originals import kernel, original

_ALL = 4096
_poll = original(select, "poll")
_HIGH = 700
"""Below the usual limit of 1024 descriptors, above what most programs ever open."""


class StandIn:
    """Hears of a signal, waits for the main thread to handle it, and does it in its place.

    Args:
        number: The signal.
        patience_seconds: How long the main thread may take.
        take: Called with no argument, in the thread, where the main thread did not.
    """

    def __init__(self, number, patience_seconds, take):
        self.number = number
        self.patience_seconds = patience_seconds
        self._take = take
        self._deciding = threads.allocate_lock()
        self._stop = threads.allocate_lock()
        self._is_served = False
        self._reading = self._writing = self._pipe = None

    def start(self):
        """Begin to listen, in the main thread; says so where somebody else does already.

        Returns:
            Whether it listens.

        Raises:
            RuntimeError: No thread can be had.
        """
        self._reading, self._writing = map(_high, os.pipe())
        self._pipe = os.fstat(self._reading).st_ino
        before = _signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        if before != -1:
            _signal.set_wakeup_fd(before, warn_on_full_buffer=False)
            self._close()
            talk.say("no stand-in: the program has a wakeup descriptor of its own")
            return False
        self._stop.acquire()
        threads.start(self._listen, lasting=True)
        return True

    def follow_into_worker(self):
        """In a forked child: hear of its own signals, and not of its parent's."""
        before = _signal.set_wakeup_fd(-1)
        if before != self._writing:
            # Taken by the program meanwhile, or given up.
            _signal.set_wakeup_fd(before, warn_on_full_buffer=False)
            return None
        self._close()
        anew = StandIn(self.number, self.patience_seconds, self._take)
        return anew if anew.start() else None

    def stop(self):
        """Leave the wakeup descriptor, in the main thread; the thread ends at its next step."""
        before = _signal.set_wakeup_fd(-1)
        if before not in (-1, self._writing):
            _signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        if self._stop.locked():
            self._stop.release()
        if self._is_ours(self._writing):
            # Wakes the thread, which closes both ends.
            kernel.write(self._writing, b"\0")

    def is_my_turn(self):
        """Asked by the handler in the main thread: False where the stand-in was faster."""
        if not self._deciding.acquire(False):
            # The thread is taking it just now; or this handler interrupts itself, which is
            # taking one.
            return False
        try:
            came_anew = self.number in self._read()
            was_served, self._is_served = self._is_served, False
            return came_anew or not was_served
        finally:
            self._deciding.release()

    def _listen(self):
        try:
            while self._wait() and self._is_ours(self._reading):
                # A signal came, ours or another one. Who sleeps in this lock is woken by stop().
                if self._stop.acquire(True, self.patience_seconds):
                    break
                if self._decide():
                    self._take()
        except Exception as problem:
            talk.say(f"the stand-in has ended: {type(problem).__name__}: {problem}")
        self._close()

    def _wait(self):
        poll = _poll()
        poll.register(self._reading, select.POLLIN)
        return poll.poll()

    def _decide(self):
        """Whether the signal is still unanswered; from now on it is answered."""
        with self._deciding:
            if self.number not in self._read():
                return False
            self._is_served = True
            return True

    def _is_ours(self, descriptor):
        try:
            return os.fstat(descriptor).st_ino == self._pipe
        except OSError:
            return False

    def _read(self):
        if not self._is_ours(self._reading):
            return b""
        try:
            return kernel.read(self._reading, _ALL)
        except BlockingIOError:
            return b""

    def _close(self):
        for descriptor in (self._reading, self._writing):
            if self._is_ours(descriptor):
                kernel.close(descriptor)


def _high(descriptor):
    """The same end of the pipe, unblocking, under a number that is seldom given."""
    try:
        high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    except OSError:
        # The process may not have that many.
        high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    kernel.close(descriptor)
    os.set_blocking(high, False)
    return high
