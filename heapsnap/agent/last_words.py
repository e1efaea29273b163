"""Snapshots at the end: a MemoryError that nobody caught, and the exit of the process.

The hooks of the program, and of who else hooked in before, are called all the same and last. A
worker of multiprocessing or of celery ends without running what ``atexit`` knows, so there its
own list of finalizers, or its own signal, is used.
"""

import atexit
import sys
import time

from .ballast import Ballast


class LastWords:
    """What is hooked in, so that it can be taken out again.

    Args:
        limits: A ``rules.Limits``, which others count in, too.
        taker: Takes the snapshots.
    """

    def __init__(self, limits, taker):
        self.limits = limits
        self.taker = taker
        self._ballast = None
        self._before = None
        self._threads_before = None
        self._at_exit = False

    def listen_for_memory_errors(self, ballast_bytes):
        """Take a snapshot when a MemoryError ends a thread."""
        import threading

        self._ballast = Ballast(ballast_bytes)
        self._before, self._threads_before = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_uncaught
        threading.excepthook = self._on_uncaught_in_thread

    def listen_for_exit(self):
        """Take a snapshot when the interpreter ends."""
        self._at_exit = True
        atexit.register(self._on_exit)

    def stop(self):
        """Take the hooks out, where nobody has put another one over them."""
        threading = sys.modules.get("threading")
        # Bound methods are made anew each time they are asked for, and compare as equal.
        if self._before is not None and sys.excepthook == self._on_uncaught:
            sys.excepthook = self._before
        if threading is not None and threading.excepthook == self._on_uncaught_in_thread:
            threading.excepthook = self._threads_before
        atexit.unregister(self._on_exit)
        self._at_exit = False
        if self._ballast is not None:
            self._ballast.release()

    def follow_into_worker(self):
        """In a forked child: end there as it is the custom there, and count anew.

        Returns:
            The limits that the worker has.
        """
        self.limits = self.limits.anew()
        if not self._at_exit:
            return self.limits
        for name in ("multiprocessing.util", "billiard.util"):
            util = sys.modules.get(name)
            if util is not None:
                # Called once the worker has emptied the list of finalizers that it inherited.
                util.register_after_fork(self, LastWords._finalize_in_worker)
        celery = sys.modules.get("celery.signals")
        if celery is not None:
            # Its workers leave without finalizers as well, and tell of it in this way.
            celery.worker_process_shutdown.connect(
                self._on_exit, weak=False, dispatch_uid="heapsnap.last_words"
            )
        return self.limits

    def _finalize_in_worker(self):
        for name in ("multiprocessing.util", "billiard.util"):
            util = sys.modules.get(name)
            if util is not None:
                # Before the pools and queues of the program, which have 10 and less, are gone.
                util.Finalize(None, self._on_exit, exitpriority=1000)

    def _on_uncaught(self, kind, error, traceback):
        self._on_error(kind, "the main thread")
        self._before(kind, error, traceback)

    def _on_uncaught_in_thread(self, arguments):
        name = getattr(arguments.thread, "_name", None)
        self._on_error(arguments.exc_type, f"thread {name}" if type(name) is str else "a thread")
        self._threads_before(arguments)

    def _on_error(self, kind, where):
        # type.mro is C's own: a metaclass of the program's is not asked.
        if MemoryError not in type.__dict__["__mro__"].__get__(kind):
            return
        now = time.monotonic()
        if self.limits.allow("on_memory_error", now):
            self._ballast.release()
            path = None
            try:
                path = self.taker.take(f"MemoryError in {where}", wait=True)
            finally:
                self.limits.note("on_memory_error", now, is_there=path is not None)

    def _on_exit(self, **_about):
        now = time.monotonic()
        if self._at_exit and self.limits.allow("at_exit", now, is_last=True):
            self._at_exit = False
            self.taker.take("exit of the process", wait=True)
