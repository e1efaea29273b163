"""How others see from outside that this process answers a signal with a snapshot.

An uninstalled USR1 kills a process, so whoever sends it must know. What tells them is the name of
one mapped page, `/memfd:heapsnap:1:10:/var/tmp/heaps (deleted)` in `/proc/PID/maps`: the version
of this scheme, the signal, the folder of the snapshots. A mapping is what the handler is: a forked
worker has both, a program that is executed in the process's place has neither, nothing stays
where the process is killed, and whoever closes all descriptors (a daemon) does not close it. The
page is never touched, so it takes no memory. docs/decisions/0020-presence.md has the other ways.
"""

import os

from . import pages

PREFIX = "heapsnap:1:"

_up: "list[int]" = []


def show(signal_number, directory):
    """Let it be seen that this process handles a signal and where its snapshots go.

    The number 0 (``signals.OFF``) says that the agent is there and listens to none.

    Tells others only, so where it cannot be done (an old kernel, a sandbox) it is left.
    """
    hide()
    pages.put_up(name_of(signal_number, directory), _up)


def hide():
    """Take back what ``show`` said, in this process only."""
    pages.take_down(_up)


def name_of(signal_number: int, directory: str) -> str:
    """The name of the page; a folder that does not fit is left out."""
    start = f"{PREFIX}{signal_number}:"
    # `maps` writes a line end in a name as `\\012`, and a backslash as it is.
    name = start + directory.replace("%", "%25").replace("\n", "%0A")
    return name if len(os.fsencode(name)) <= pages.NAME_LIMIT else start


def read_name(name: str) -> "tuple[int, str] | None":
    """What a name says: signal number and folder (``""``: it did not fit); None if not ours."""
    if not name.startswith(PREFIX):
        return None
    number, _, directory = name[len(PREFIX) :].partition(":")
    if not number.isdigit():
        return None
    return int(number), directory.replace("%0A", "\n").replace("%25", "%")
