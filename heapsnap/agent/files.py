"""What the agent asks the kernel about files: nothing stays open, and nobody's error is lost.

A signal handler of the program's may raise after any call. Descriptors are therefore put into lists
by C code: no bytecode runs between that a file is open and that it is known to be.
"""

import os
import stat
from itertools import repeat
from operator import not_

from .foreign import is_foreign
from .originals import kernel


def open_into(descriptors, path, flags, mode=0o777):
    """Open a file; its descriptor is put at the end of a list.

    Raises:
        OSError: It cannot be.
    """
    descriptors.extend(map(os.open, (path,), (flags,), (mode,)))


def close_all(descriptors):
    """Close them and empty the list, with no bytecode in between."""
    taken = map(list.pop, repeat(descriptors, len(descriptors)))
    all(map(not_, map(kernel.close, taken)))


def close_at_last(descriptors):
    """The same, twice: a handler of the program's may raise before the first has begun."""
    try:
        close_all(descriptors)
    finally:
        close_all(descriptors)


def read_file(path, limit):
    """The first bytes of a file, as much as one call gives; empty where it cannot be read."""
    descriptors = []
    try:
        open_into(descriptors, path, os.O_RDONLY | os.O_CLOEXEC)
        return kernel.read(descriptors[0], limit)
    except OSError as problem:
        if is_foreign(problem):
            raise
        return b""
    finally:
        close_at_last(descriptors)


def discard(part):
    """Leave no half file behind."""
    try:
        os.unlink(part)
    except OSError:
        pass


def is_there(path):
    """Whether anything stands there, a link that leads nowhere included."""
    return _mode(path, kernel.lstat) != 0


def is_folder(path):
    """Whether a folder is there, or a link to one."""
    return stat.S_ISDIR(_mode(path, kernel.stat))


def _mode(path, look):
    try:
        return look(path).st_mode
    except (OSError, ValueError) as problem:
        if is_foreign(problem):
            raise
        return 0
