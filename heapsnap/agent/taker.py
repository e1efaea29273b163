"""From the request to the fork and back: what happens in the process itself.

Owns that one snapshot is taken at a time, and what happens when one cannot be: the process
goes on as if nothing had been asked, and one line says why. What the child does is a ``Job``.
"""

import gc
import os
import time

from . import capture, fork, header, room, talk, threads
from .job import Job
from .redaction import OPEN

STORM_SECONDS = 0.2
"""A signal that comes so soon after a dropped one belongs to the same storm: fifty signals in a
second are one snapshot and one line, however short a snapshot takes."""

AGENT_VERSION = "0.1.0"


class Taker:
    """Takes the snapshots of one process, one at a time.

    Args:
        destination: Where they go, a ``Destination``.
        redaction: Which names become tokens.
    """

    def __init__(self, destination, redaction=OPEN):
        self.destination = destination
        self.redaction = redaction
        self.forget()

    def forget(self):
        """Start anew, as a forked worker must: a count of its own, no snapshot under way."""
        self.sequence = 0
        self._dropped_at = -STORM_SECONDS
        self._busy = threads.allocate_lock()

    @property
    def is_busy(self):
        """Whether a snapshot is under way."""
        return self._busy.locked()

    def take(self, reason, path=None, redaction=None, *, wait):
        """Take a snapshot; never raises for what goes wrong with it.

        Args:
            reason: For the header.
            path: Where to; None for a name of its own in the directory.
            redaction: Of this one snapshot; None: as all are.
            wait: Return only when the file is there.

        Returns:
            The path of the file if ``wait`` and it is there, else None.
        """
        started = time.perf_counter()
        if not self._is_admitted(reason, is_signal=not wait):
            return None
        handed_over = False
        try:
            if not capture.is_main_interpreter:
                talk.say("no snapshot: this is a subinterpreter; ask in the main one")
                return None
            self.sequence += 1
            facts = header.describe_process(reason, self.sequence, AGENT_VERSION)
            target = os.path.abspath(path) if path else self.destination.path_for(facts)
            redaction = self.redaction if redaction is None else redaction
            no_fork, no_walk = room.look()
            messenger = None
            if no_fork:
                facts["fork_error"] = no_fork
            elif fork.can_fork:
                messenger = self._fork(target, facts, started, redaction)
            if messenger is None and no_walk:
                talk.say(f"no snapshot: memory is short, {no_walk}")
                return None
            if messenger is None:
                return self._take_inline(target, facts, redaction)
            if not wait:
                handed_over = self._leave_alone(messenger)
            return None if handed_over else self._collect(messenger)
        except Exception as problem:  # noqa: BLE001 - never into the process
            talk.say(f"no snapshot: {type(problem).__name__}: {problem}")
            return None
        finally:
            if not handed_over:
                self._busy.release()

    def _is_admitted(self, reason, *, is_signal):
        """Take the lock, or say that the request is dropped; of a storm of signals, once."""
        now = time.monotonic()
        in_storm = is_signal and now - self._dropped_at < STORM_SECONDS
        if self._busy.acquire(False):
            if not in_storm:
                return True
            self._busy.release()
        if is_signal:
            self._dropped_at = now
        if not in_storm:
            talk.say(f"a snapshot is under way already; {reason} is dropped")
        return False

    def _fork(self, target, facts, started, redaction):
        """Fork and let the child do it: the messenger, or None where no child can be had."""
        collecting = gc.isenabled()
        gc.disable()
        job = None
        try:
            job = self._job(target, facts, started, redaction, in_child=True)
            return fork.start(job)
        except (OSError, RuntimeError) as problem:
            # RuntimeError: Python 3.12 lets nobody fork once it has begun to end.
            facts["fork_error"] = str(problem)
            return None
        finally:
            # Nothing of the capture may outlive this moment, least of all frames.
            if job is not None:
                job.let_go()
            if collecting:
                gc.enable()

    def _job(self, target, facts, started, redaction, *, in_child):
        level = _gzip_level(target)
        return Job(target, level, facts, started, self.destination, redaction, in_child=in_child)

    def _leave_alone(self, messenger):
        """Wait for the child in a thread of its own; False where none can be had."""
        try:
            fork.collect_later(self._finish, messenger)
        except RuntimeError:
            return False
        return True

    def _collect(self, messenger):
        path = fork.collect(messenger)
        if path is None:
            # Whoever cleans up after a walker was killed as well: then it is for us to do.
            fork.discard(messenger.part)
            talk.say("no snapshot: the process that wrote it vanished")
        return path or None

    def _finish(self, messenger):
        try:
            self._collect(messenger)
        finally:
            self._busy.release()

    def _take_inline(self, target, facts, redaction):
        collecting = gc.isenabled()
        gc.disable()
        job = self._job(target, facts, time.perf_counter(), redaction, in_child=False)
        try:
            job.take_hold()
            job.hold_hooks()
            return job.run()
        finally:
            job.let_go()
            if collecting:
                gc.enable()


def _gzip_level(target):
    if not target.endswith(".gz"):
        return 0
    # Before the fork: the child imports nothing.
    import zlib  # noqa: F401, PLC0415

    return 1
