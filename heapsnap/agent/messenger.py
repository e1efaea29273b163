"""The first child of a snapshot, as the process sees it: a pid, a pipe, and what comes of them."""

import _signal
import fcntl
import os
import select
from itertools import chain, repeat
from operator import methodcaller

from . import threads
from .files import close_all, close_at_last
from .foreign import is_foreign
from .originals import kernel, original

_poll = original(select, "poll")
_call = methodcaller("__call__")
DONE = "done "
FAILED = "failed"
PATH_LIMIT = 8192
REASON_LIMIT = 1000
HIGH_DESCRIPTOR = 200
LOWEST_DESCRIPTOR = 3
PAUSES = (1, 2, 4, 8, 16, 32, 64)
"""Milliseconds between two looks whether the messenger has gone."""
MOST_PAUSES = 60_000 // PAUSES[-1]
"""A minute: the messenger forks, which takes a second where the process has 100 GB."""


class Messenger:
    """The child of the process, and what is to be seen to for it.

    Each thing is in a list that C code fills: whatever a signal handler of the program's raises in
    between, what there is to put away is known.

    Attributes:
        part: The half file.
        refused: Why there is no snapshot, as ``verdict`` has it; empty where that is not known.
        admitted: What lets the next snapshot be taken, while this is the one that is under way.
        birth: What the call that forks is made of.
        born: Its pid; empty before the fork, and once nobody needs to wait for it.
        reading: The end of a pipe whence the result can be read.
        writing: The other end, until the child has it.
        said: What was read so far, piece by piece; the last is empty.
        has_hung: Whether it had to be ended before it had begun.
        is_waited_for: Whether the program's signal handlers may run just now.
        left_to: The thread of the agent's own that sees to it, if there is one.
    """

    __slots__ = (
        "admitted",
        "birth",
        "born",
        "has_hung",
        "is_waited_for",
        "left_to",
        "part",
        "reading",
        "refused",
        "said",
        "writing",
    )

    def __init__(self):
        self.part = None
        self.refused = ""
        self.admitted = []
        self.birth = []
        self.born = []
        self.reading = []
        self.writing = []
        self.said = []
        self.left_to = []
        self.is_waited_for = False
        self.has_hung = False

    def own(self):
        """Addresses of what this is made of."""
        parts = (
            self,
            self.admitted,
            self.birth,
            self.born,
            self.reading,
            self.writing,
            self.said,
            self.left_to,
        )
        return set(map(id, (*parts, *self.birth)))

    def open_pipe(self):
        """Make the pipe, with ends that are not taken for standard streams."""
        low = []
        try:
            low.extend(chain.from_iterable(map(_call, (os.pipe,))))
            _move_up(low[:1], self.reading)
            _move_up(low[1:], self.writing)
        finally:
            close_at_last(low)

    def wait_for_word(self):
        """Wait until the walker has told its result, and leave that to ``collect``."""
        poll = _poll()
        poll.register(self.reading[0], select.POLLIN)
        poll.poll()

    def report(self, reason):
        """In the walker: tell the process why there is no snapshot, before the word itself."""
        self.refused = reason
        data = reason.encode("utf-8", "surrogateescape")[:REASON_LIMIT]
        for end in self.writing:
            try:
                kernel.write(end, data)
            except BrokenPipeError:
                pass  # the process has ended meanwhile

    def collect(self):
        """Wait for the messenger and for the walker's result; takes as long as the walk.

        Returns:
            The path of the snapshot; ``""`` where there is none and stderr has the reason; None
            where the processes that should know vanished.
        """
        self.reap()
        while self.reading and self.said[-1:] != [b""]:
            self.said.extend(map(kernel.read, self.reading, (PATH_LIMIT,)))
        close_all(self.reading)
        text = b"".join(self.said).decode("utf-8", "surrogateescape")
        if text.startswith(DONE):
            return text[len(DONE) :]
        self.refused = text.removesuffix(FAILED)
        return "" if text else None

    def collect_later(self, finish):
        """Call ``finish(self)`` in a thread of its own, without a thread object.

        Raises:
            RuntimeError: No thread can be had.
        """
        threads.start(lambda: finish(self), begun=self.left_to)

    def reap(self):
        """Take the messenger's exit status, if nobody else has; end it where it hangs.

        It takes no longer than a fork, unless what a library does in every forked child
        (``pthread_atfork``) waits there for a thread that the child has not.
        """
        nothing = _poll()
        for pid in self.born:
            try:
                for pause in chain(PAUSES, repeat(PAUSES[-1], MOST_PAUSES)):
                    if kernel.waitpid(pid, os.WNOHANG)[0]:
                        break
                    nothing.poll(pause)
                else:
                    self.has_hung = True
                    os.kill(pid, _signal.SIGKILL)
                    kernel.waitpid(pid, 0)
            except ChildProcessError as problem:
                if is_foreign(problem):
                    raise
        self.born.clear()

    def turn_away(self):
        """Do without the walker's word; the walker goes on."""
        close_all(self.writing)
        self.reap()
        close_all(self.reading)


def _move_up(low, high):
    """The same far up: programs that close one and open another count on the lowest number."""
    try:
        high.extend(map(fcntl.fcntl, low, (fcntl.F_DUPFD_CLOEXEC,), (HIGH_DESCRIPTOR,)))
    except OSError as problem:
        if is_foreign(problem):
            raise
        # Few are allowed. Then at least it must not be taken for a standard stream.
        high.extend(map(fcntl.fcntl, low, (fcntl.F_DUPFD_CLOEXEC,), (LOWEST_DESCRIPTOR,)))
