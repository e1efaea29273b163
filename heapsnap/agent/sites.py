"""Where objects were allocated, as far as tracemalloc knows it: file and line, by number.

Owns which frame of an allocation is its site, and the running table of sites. Asked in the child
alone; nothing of it is there where the process does not trace (decision 76).

References:
    ``Modules/_tracemalloc.c`` (3.10 to 3.12), ``Python/tracemalloc.c`` (3.13 and later):
    ``_get_object_traceback`` knows how much stands in front of an object in its block (the head of
    the collector, from 3.11 on the pointers of instances as well), which this file need not.
"""

import os
import sys

from .columns import Texts, write_texts
from .identity import FOLDER, flags_of_type, text
from .jsontext import dumps

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None

try:
    import _tracemalloc
except ImportError:  # pragma: no cover - another Python than CPython
    _tracemalloc = None

UNKNOWN = "0"
"""The number of no site: what was allocated before tracing began, and what the agent made."""

_LIBRARY_FOLDERS = ("/site-packages/", "/dist-packages/")
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_FROZEN = "<frozen "

_MANAGED_DICT = 1 << 4
"""``Py_TPFLAGS_MANAGED_DICT``, Include/object.h (3.11)."""
_BEFORE_INSTANCES = 32
"""Bytes of the block before an object of such a class: two words its own, two the collector's."""


def traced_frames():
    """How many frames tracemalloc keeps of each allocation; 0 where it does not trace."""
    if _tracemalloc is None or not _tracemalloc.is_tracing():
        return 0
    return _tracemalloc.get_traceback_limit()


class _Probe:
    pass


class Sites(Texts):
    """Frames of an allocation, innermost first, as tracemalloc gives them → number of the site.

    Attributes:
        read: The frames of an object's allocation, or None; a function in C that calls nobody.
        read_block: The same from the address of instances that keep their attributes inline,
            where ``read`` overlooks them; else None.
    """

    __slots__ = ("_fresh", "_numbers", "read", "read_block")

    def __init__(self):
        super().__init__()
        self.read = _tracemalloc._get_object_traceback
        self.read_block = None if self.read(_Probe()) else _read_block
        self._numbers = {}
        self._fresh = []

    def column(self, objects):
        """The numbers of the sites of these objects, a JSON list."""
        if self.read_block is None:
            found = map(self.read, objects)
        else:
            found = map(self._read_either, objects)
        # Hashes names of files, as tracemalloc did before, holding its lock: with a hash of its own
        # in Python, which allocates, such a name would have stopped the program there for good.
        return write_texts(map(self.__getitem__, found))

    def _read_either(self, instance):
        if flags_of_type(type(instance)) & _MANAGED_DICT:
            return self.read_block(id(instance))
        return self.read(instance)

    def write(self, frames):
        """The number of the site of these frames, as text."""
        site = choose([(text(file), line) for file, line in frames or ()])
        if site is None:
            return UNKNOWN
        number = self._numbers.get(site)
        if number is None:
            number = self._numbers[site] = str(len(self._numbers) + 1)
            self._fresh.append(site)
        return number

    def take_fresh(self):
        """The JSON of the sites added since the last call, a list."""
        fresh, self._fresh = self._fresh, []
        return dumps(fresh)


def _block_reader():
    """The reader for Python 3.11, whose own takes such an instance for the start of its block."""
    if ctypes is None or sys.version_info[:2] != (3, 11):
        return None
    read = ctypes.PyDLL(None)._PyTraceMalloc_GetTraceback
    read.argtypes, read.restype = [ctypes.c_uint, ctypes.c_size_t], ctypes.py_object
    return lambda address: read(0, address - _BEFORE_INSTANCES)


# Here and not in the child, where it would add to classes of the program's.
_read_block = _block_reader()


def choose(frames):
    """The innermost frame that is the program's own; if none is, the innermost.

    The line in ``json.decoder`` where a dict was made tells nobody who keeps it.

    Args:
        frames: Pairs of file and line, innermost first.

    Returns:
        One of them; None where there are none, or the agent's own come first.
    """
    if not frames or frames[0][0].startswith(FOLDER):
        return None
    return next((frame for frame in frames if not _is_library(frame[0])), frames[0])


def _is_library(file):
    is_standard = file.startswith((_STANDARD_LIBRARY, _FROZEN))
    return is_standard or any(folder in file for folder in _LIBRARY_FOLDERS)
