"""From the request to the fork and back: what happens in the process itself.

Owns that one snapshot is taken at a time, and what happens when one cannot be: the process
goes on as if nothing had been asked, and one line says why. What the child does is a ``Job``.
"""

import gc
import os
import time
from itertools import compress, repeat
from operator import methodcaller, not_

from . import fork, header, manners, room, talk, threads
from .files import close_all, discard
from .foreign import is_foreign
from .format import PART_SUFFIX
from .job import Job
from .messenger import Messenger
from .redaction import OPEN
from .refusals import refusal
from .verdict import reason_of

STORM_SECONDS = 0.2
"""A signal that comes so soon after a dropped one belongs to the same storm: fifty signals in a
second are one snapshot and one line, however short a snapshot takes."""

VANISHED = "the process that wrote it vanished"
_call = methodcaller("__call__")
AGENT_VERSION = "0.1.0"


class Taker:
    """Takes the snapshots of one process, one at a time.

    Args:
        destination: Where they go, a ``Destination``.
        redaction: Which names become tokens.

    Attributes:
        refused: Why the last request was refused, as ``verdict`` has it.
        tell: Called with that at once; None: nobody is told.
    """

    def __init__(self, destination, redaction=OPEN):
        self.refused = ""
        self.tell = None
        self.destination = destination
        self.redaction = redaction
        self.forget()

    def forget(self):
        """Start anew, as a forked worker must: a count of its own, no snapshot under way."""
        self.sequence = 0
        self._dropped_at = -STORM_SECONDS
        self._busy = threads.allocate_lock()
        self._let_next = self._busy.release

    @property
    def is_busy(self):
        """Whether a snapshot is under way."""
        return self._busy.locked()

    def take(self, reason, path=None, redaction=None, *, wait):
        """Take a snapshot; never raises for what goes wrong with it.

        Signal handlers of the program's run where nothing is under way: while this waits for a
        child, between two chunks where the process itself is walked, and at the end. What they
        raise goes to the program.

        Args:
            reason: For the header.
            path: Where to; None for a name of its own in the directory.
            redaction: Of this one snapshot; None: as all are.
            wait: Return only when the file is there.

        Returns:
            The path of the file if ``wait`` and it is there, else None.
        """
        mask = manners.signal_mask()
        try:
            manners.block_signals()
            return self._take(reason, path, redaction, mask, wait=wait)
        finally:
            # Twice, as below: a handler of the program's may run and raise before the first.
            try:
                manners.restore_signals(mask)
            finally:
                manners.restore_signals(mask)

    def _take(self, reason, path, redaction, mask, *, wait):
        started = time.perf_counter()
        messenger = Messenger()
        try:
            if not self._is_admitted(messenger, reason, is_signal=not wait):
                return None
            refused = refusal()
            if refused:
                self._refuse(f"0:{refused}")
                talk.say(f"no snapshot: {refused}")
                return None
            self.sequence += 1
            facts = header.describe_process(reason, self.sequence, AGENT_VERSION)
            target = os.path.abspath(path) if path else self.destination.path_for(facts)
            redaction = self.redaction if redaction is None else redaction
            no_fork = room.lacks_for_child()
            if no_fork:
                facts["fork_error"] = no_fork
            elif fork.can_fork:
                messenger.part = target + PART_SUFFIX
                if self._fork(messenger, target, facts, started, redaction):
                    return self._wait(messenger, mask) if wait else self._leave_alone(messenger)
            no_walk = room.lacks_for_walk()
            if no_walk:
                self._refuse(f"0:memory is short, {no_walk}")
                talk.say(f"no snapshot: memory is short, {no_walk}")
                return None
            return self._take_inline(messenger, target, facts, redaction, mask)
        except BaseException as problem:  # noqa: BLE001 - the agent's own never go into the process
            self._part_from(messenger)
            if self._is_of_the_program(problem, messenger):
                raise
            self._refuse(reason_of(problem))
            talk.say(f"no snapshot: {type(problem).__name__}: {problem}")
            return None
        finally:
            try:
                self._release_unless_left(messenger)
            finally:
                self._release_unless_left(messenger)

    def _refuse(self, reason):
        """Note why there is no snapshot, and let those who asked know."""
        self.refused = reason
        if self.tell is not None:
            self.tell(reason)

    def _is_of_the_program(self, problem, messenger):
        """Ctrl-C, an exit, what a signal handler of the program's raised."""
        is_ours = isinstance(problem, Exception) and not messenger.is_waited_for
        return not is_ours or is_foreign(problem)

    def _release_unless_left(self, messenger):
        if not messenger.left_to:
            self._release(messenger)

    def _release(self, messenger):
        """Let the next snapshot be taken."""
        taken = map(list.pop, repeat(messenger.admitted, len(messenger.admitted)))
        all(map(not_, map(_call, taken)))

    def _is_admitted(self, messenger, reason, *, is_signal):
        """Take the lock, or say that the request is dropped; of a storm of signals, once."""
        now = time.monotonic()
        in_storm = is_signal and now - self._dropped_at < STORM_SECONDS
        messenger.admitted.extend(compress((self._let_next,), map(self._busy.acquire, (False,))))
        if messenger.admitted:
            if not in_storm:
                return True
            self._release(messenger)
        # Not told: whoever asks gets the one that is under way.
        self.refused = "0:a snapshot is under way already"
        if is_signal:
            self._dropped_at = now
        if not in_storm:
            talk.say(f"a snapshot is under way already; {reason} is dropped")
        return False

    def _fork(self, messenger, target, facts, started, redaction):
        """Fork and let the child do it; False where no child can be had."""
        collecting = gc.isenabled()
        gc.disable()
        job = None
        try:
            job = self._job(target, facts, started, redaction, in_child=True)
            job.messenger = messenger
            fork.start(job, messenger)
            return True
        except (OSError, RuntimeError) as problem:
            # RuntimeError: Python 3.12 lets nobody fork once it has begun to end.
            if messenger.born or is_foreign(problem):
                raise
            messenger.turn_away()
            facts["fork_error"] = str(problem)
            return False
        finally:
            # Nothing of the capture may outlive this moment, least of all frames.
            if job is not None:
                job.let_go()
            if collecting:
                gc.enable()

    def _job(self, target, facts, started, redaction, *, in_child):
        level = _gzip_level(target)
        return Job(target, level, facts, started, self.destination, redaction, in_child=in_child)

    def _wait(self, messenger, mask):
        """Wait for the child while handlers of the program's may run: the path, or None."""
        messenger.reap()
        messenger.is_waited_for = True
        manners.let_signals_in(mask, messenger.wait_for_word)
        messenger.is_waited_for = False
        return self._collect(messenger)

    def _leave_alone(self, messenger):
        """Wait for the child in a thread of its own, or here where none can be had."""
        try:
            messenger.collect_later(self._finish)
        except RuntimeError as problem:
            if is_foreign(problem):
                raise
            self._collect(messenger)

    def _part_from(self, messenger):
        """See to what was begun when something was raised."""
        close_all(messenger.writing)
        if messenger.reading and not messenger.left_to:
            try:
                messenger.collect_later(self._finish)
            except RuntimeError:
                messenger.turn_away()

    def _collect(self, messenger):
        path = messenger.collect()
        if path is None:
            # Whoever cleans up after a walker was killed as well: then it is for us to do.
            discard(messenger.part)
            cause = "its child hung and was ended" if messenger.has_hung else VANISHED
            self._refuse(f"0:{cause}")
            talk.say(f"no snapshot: {cause}")
        elif not path:
            self._refuse(messenger.refused or "0:the process that wrote it was ended or crashed")
        return path or None

    def _finish(self, messenger):
        try:
            self._collect(messenger)
        finally:
            self._release(messenger)

    def _take_inline(self, messenger, target, facts, redaction, mask):
        collecting = gc.isenabled()
        gc.disable()
        job = self._job(target, facts, time.perf_counter(), redaction, in_child=False)
        job.messenger = messenger
        job.mask = mask
        try:
            job.take_hold()
            job.hold_hooks()
            path = job.run()
            if path is None:
                self._refuse(messenger.refused)
            return path
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
