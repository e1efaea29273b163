"""The thread that looks at memory and clock from time to time, where rules ask for it.

It sleeps in a lock, reads a few lines of ``/proc``, and takes the snapshot itself: a fork from
this thread is as good as one from any other. Of several processes that write to one folder one
takes a snapshot at a time: eight workers under one limit would otherwise copy their heaps all at
once.
"""

import fcntl
import os
import time

from . import pressure, talk, threads
from .originals import kernel
from .rules import Rules


class Patrol:
    """Follows the rules of one process until it is stopped.

    Args:
        settings: ``poll`` and what ``Rules`` takes.
        limits: A ``rules.Limits``, which others count in, too.
        taker: Takes the snapshots.
    """

    def __init__(self, settings, limits, taker):
        self.settings = settings
        self.limits = limits
        self.taker = taker
        self._stop = threads.allocate_lock()
        self._groups = ()

    def start(self):
        """Begin, in a thread of the agent's own.

        Raises:
            RuntimeError: There can be none.
        """
        self._stop.acquire()
        rules = Rules(self.settings, time.monotonic(), pressure.read_rss())
        if rules.asks_for_ceilings:
            self._groups = pressure.find_groups()
        threads.start(lambda: self._go_round(rules), lasting=True)

    def stop(self):
        """Let the thread end at its next step; does not wait for it."""
        try:
            self._stop.release()
        except RuntimeError:
            pass

    def _go_round(self, rules):
        try:
            while not self._stop.acquire(True, self.settings.poll):
                self._look(rules)
        except Exception as problem:
            talk.say(f"the rules have ended: {type(problem).__name__}: {problem}")

    def _look(self, rules):
        now = time.monotonic()
        rss_bytes = pressure.read_rss()
        ceilings = pressure.read_ceilings(self._groups) if rules.asks_for_ceilings else ()
        due = rules.due(now, rss_bytes, ceilings, self.taker.sequence)
        if not due or self.taker.is_busy:
            return
        allowed = [found for found in due if self.limits.allow(found[0], now)]
        if not allowed:
            return
        rule, reason = allowed[0]
        turn = _take_turn(self.taker.destination.directory)
        if turn is None:
            return
        path = None
        try:
            path = self.taker.take(reason, wait=True)
            if path is None:
                rules.note_failure(self.taker.sequence)
            else:
                # What the snapshot itself needed is not the program's growth.
                rules.note(rule, time.monotonic(), pressure.read_rss())
        finally:
            self.limits.note(rule, now, is_there=path is not None)
            if turn >= 0:
                kernel.close(turn)


def _take_turn(directory):
    """A descriptor that holds the folder's turn; -1 where turns cannot be had; None: not now."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        kernel.close(descriptor)
        return None
    except OSError:
        kernel.close(descriptor)
        return -1
    return descriptor
