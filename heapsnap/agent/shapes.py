"""The running tables of a snapshot: classes and shapes, each written once and then named by number.

Almost all instances of a class, and all records with the same keys, name their references
alike: 2.1 million objects of a web service had 581 shapes. Both tables grow while the heap
is walked; each chunk carries what it added.
"""

from .identity import text
from .jsontext import quote

KEY_LIMIT = 100
"""Characters of a dict key that are kept in the name of a reference."""

REMEMBERED_SHAPES = 100_000
"""Shapes that are looked up again. A heap whose dicts all have keys of their own would
otherwise keep every one of them in memory; beyond this the table only grows in the file."""


KEY_DEPTH = 4
"""Levels of tuples in tuples that are shown: a key may be nested deeper than Python recurses."""


def key_text(key, depth=0):
    """``['k']``, ``[42]``, ``[('a', 1)]``: how a person writes the item under this key.

    Only keys whose class is exactly one of Python's own plain ones are shown by value:
    their ``repr`` is C code that calls nobody. Others are shown by their class.
    """
    kind = type(key)
    if kind is str or kind is bytes:
        shown = repr(key[:KEY_LIMIT]) + ("…" if len(key) > KEY_LIMIT else "")
    elif kind is int or kind is float or kind is bool or key is None:
        shown = repr(key) if kind is not int or -(10**30) < key < 10**30 else "…"
    elif kind is tuple and 0 < len(key) <= 4 and depth < KEY_DEPTH:  # noqa: PLR2004 - longer keys help nobody
        shown = "(" + ", ".join([key_text(part, depth + 1)[1:-1] for part in key]) + ")"
    else:
        shown = f"<{class_text(kind)}>"
    return f"[{shown}]"


def class_text(kind):
    """The class's plain name, through the C getter."""
    return text(type.__dict__["__name__"].__get__(kind))


class ShapeTable:
    """Numbers for tuples of reference names; remembers what is not written yet.

    The numbers are texts: nobody calculates with them, and each is written many times.
    """

    __slots__ = ("_by_names", "_fresh", "count")

    def __init__(self):
        self._by_names = {}
        self._fresh = []
        self.count = 0

    def number(self, names):
        """The number of the shape with exactly these names, each a ``str``."""
        found = self._by_names.get(names)
        if found is None:
            found = self.add([quote(name) for name in names])
            self.remember(names, found)
        return found

    def remember(self, key, number):
        """Look ``number`` up under ``key`` from now on; forgets all when there are too many."""
        if len(self._by_names) >= REMEMBERED_SHAPES:
            self._by_names.clear()
        self._by_names[key] = number

    def recall(self, key):
        """The number that was remembered under ``key``, or None."""
        return self._by_names.get(key)

    def add(self, parts):
        """A new shape from ready JSON parts: quoted names and repeat counts."""
        self._fresh.append("[" + ",".join(parts) + "]")
        self.count += 1
        return str(self.count - 1)

    def take_fresh(self):
        """The JSON of the shapes added since the last call, a list."""
        fresh, self._fresh = self._fresh, []
        return "[" + ",".join(fresh) + "]"
