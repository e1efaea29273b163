"""Why there is no snapshot, where whoever asked for it can read it: in the name of a mapped page.

The line on stderr is for the service's log, and who sends the signal may not see that. The page is
like that of ``presence``, `/memfd:heapsnap-refused:1:3:28:No space left (deleted)`: the version of
this scheme, which refusal of this process it is, the number of the system's error or 0, words.
"""

import os

from . import pages

PREFIX = "heapsnap-refused:1:"

_up: "list[int]" = []
_told = 0


def reason_of(problem):
    """An exception as a reason: the system's number for it, a colon, words."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.errno or 0}:{problem.strerror}"
    return f"0:{type(problem).__name__}: {problem}"


def tell(reason):
    """Let a refusal be seen from outside, in the place of the last one.

    Where no page can be had (no descriptor is free), it is left.
    """
    global _told
    _told += 1
    last = _up[:]
    _up.clear()
    pages.put_up(name_of(_told, reason), _up)
    pages.take_down(last)


def take_back():
    """Let nothing be seen any more."""
    pages.take_down(_up)


def name_of(count: int, reason: str) -> str:
    """The name of the page; what does not fit is cut off."""
    name = f"{PREFIX}{count}:" + "".join(c if c.isprintable() else "?" for c in reason)
    return os.fsencode(name)[: pages.NAME_LIMIT].decode("utf-8", "ignore")


def read_name(name: str) -> "tuple[int, int, str] | None":
    """What a name says: which refusal it is, the system's number, words; None if not ours."""
    if not name.startswith(PREFIX):
        return None
    count, _, reason = name[len(PREFIX) :].partition(":")
    number, words = read_reason(reason)
    return (int(count), number, words) if count.isdigit() else None


def read_reason(reason: str) -> "tuple[int, str]":
    """The system's number for a reason, 0 where it has none, and the words."""
    number, _, words = reason.partition(":")
    return (int(number), words) if number.isdigit() else (0, reason)
