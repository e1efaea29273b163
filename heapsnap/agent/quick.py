"""Which chunk the walk uses: the one in C where it was built and may be used, else ``chunk``.

Both write the same bytes. The one in C holds objects without counting its references, so it
is for the child alone, where nothing else runs.
"""

import os

from . import chunk

try:
    from . import _quick
except ImportError:
    # Not built: there was no compiler, or nobody asked for it.
    _quick = None

INTERFACE = 2
"""Counted up when what the walk asks of a chunk changes: csource/quick.c has the same number."""
if getattr(_quick, "INTERFACE", None) != INTERFACE:
    # Built from another version's source, and left where it was: it would fail every snapshot.
    _quick = None

VARIABLE = "HEAPSNAP_PURE"
"""Set to anything, the walk is Python throughout."""

is_pure = bytearray([bool(os.environ.get(VARIABLE))])
"""A flag that can be changed in a child without changing what refers to what."""


def choose(*, is_still):
    """The module with the class ``Chunk`` and the function ``split`` to use.

    Args:
        is_still: Whether nothing but the agent runs: in the child.
    """
    return _quick if _quick is not None and is_still and not is_pure[0] else chunk
