"""The agent in a process that never asked for it: a snapshot for whoever carried it in.

It installs nothing: no signal, no hook, no thread that outlives the snapshot.
"""

import os

from . import names
from .destination import Destination
from .taker import Taker

REASON = "attached"

_taker = None
_owner = None


def take(directory, is_gzip):
    """Write a snapshot and say how it went: ``done PATH`` or ``failed REASON``.

    Args:
        directory: Where to; an absolute path.
        is_gzip: Whether it is compressed.
    """
    global _taker, _owner
    template = names.read_template(names.DEFAULT_TEMPLATE)
    destination = Destination(directory, names.compressed(template) if is_gzip else template)
    if _owner != os.getpid():
        # A forked worker finds what was loaded in its parent: its count and its lock are its own.
        _taker, _owner = Taker(destination), os.getpid()
    _taker.destination = destination
    # Gives the GIL away and waits for its turn: from here on it has it for a whole time slice,
    # so that no other thread goes on between the look at all threads and the fork.
    os.stat(directory)
    path = _taker.take(REASON, wait=True)
    return f"done {path}" if path else f"failed {_taker.refused}"
