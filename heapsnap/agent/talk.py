"""The one line on stderr, written so that it can neither block nor hit the wrong file."""

import select

from .foreign import is_foreign
from .originals import kernel, original

LINE_LIMIT = 2000
PATIENCE_MILLISECONDS = 200
_poll = original(select, "poll")


def say(message):
    """Write ``heapsnap: message`` to file descriptor 2 if it takes it at once; else say nothing.

    No ``sys.stderr`` (it may be anybody's object, or hold a lock), no ``logging``. A pipe that
    nobody empties would block for ever, so it is asked first: a pipe that says it can be written
    has room for a line (PIPE_BUF).
    """
    line = "heapsnap: " + shown(message)
    data = line[:LINE_LIMIT].encode("utf-8", "backslashreplace") + b"\n"
    try:
        poll = _poll()
        poll.register(2, select.POLLOUT)
        if any(event & select.POLLOUT for _, event in poll.poll(PATIENCE_MILLISECONDS)):
            kernel.write(2, data)
    except Exception as problem:  # noqa: BLE001 - stderr is closed or gone: there is nobody to tell
        if is_foreign(problem):
            raise


def shown(message):
    """The text with control characters spelled out, which would act on a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)


def duration(seconds):
    """``3.1 ms``, ``0.41 s``: how people say it."""
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"  # noqa: PLR2004


def counted(number):
    """``212,408``."""
    return f"{number:,}"
