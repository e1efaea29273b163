"""A snapshot on the side: what the program asked of its own snapshots does not hold for it.

For a caller of ours that reads the file and throws it away: no line on stderr, no hook, no room
to be left on the disk, and the program's own count goes on as if nothing had been.
"""

import os

from .destination import Destination
from .taker import Taker

_taker = Taker(Destination(os.curdir, None, is_quiet=True))
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_taker.forget)


def dump_aside(path: str) -> "str | None":
    """Write a snapshot of this process to a file that must not exist.

    Returns:
        The path; None where it could not be written, with the reason on stderr.
    """
    return _taker.take("a test's guard", path, wait=True)
