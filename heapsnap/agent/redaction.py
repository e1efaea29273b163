"""Names that may be data, replaced by tokens: the same name, the same token.

Owns which names stay. What CPython itself calls its fields stays (``.__self__``), and what code is
called: modules, classes, functions, files. Keys of dicts, attributes, local
variables, names of threads and arguments of the command line go. Everything that a shape or a root
names comes through here, and what is not known to be CPython's own goes: a new kind of name is
hidden until somebody says that it may be seen.

Tokens are keyed: who has the file alone cannot try a dictionary on it (decision 31).
"""

import os
import types

from . import format as fmt
from .identity import namespace_of_type
from .jsontext import quote
from .members import SAFE_GETTERS
from .naming import BY_CLASS, REMAINDER
from .shapes import ShapeTable

TOKEN_BYTES = 6
SHORTEST_KEY = 16
"""Characters of a key that somebody chose: a shorter one could be guessed along with the names."""

_BUILT_IN = (
    object, type, dict, list, tuple, set, BaseException, OSError, SyntaxError, ImportError,
    UnicodeError, StopIteration, property, staticmethod, classmethod, super, slice, memoryview,
)  # fmt: skip
_MODULE_NAMES = (
    "__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__cached__",
    "__builtins__", "__path__", "__annotations__", "__dict__", "__module__", "__qualname__",
)  # fmt: skip


def _vocabulary():
    names = {fmt.POSITION_UP, fmt.POSITION_DOWN, fmt.UNNAMED_ITEM, fmt.SET_MEMBER, fmt.DICT_KEY}
    names |= {fmt.STACK_VALUE, fmt.UNKNOWN, fmt.CLASS, fmt.INSTANCE_DICT}
    names |= {*REMAINDER.values(), *BY_CLASS.values()}
    names |= {f".{name}" for getters in SAFE_GETTERS.values() for name in getters}
    fields = (types.MemberDescriptorType, types.GetSetDescriptorType)
    for kind in (*_BUILT_IN, *filter(_is_plain_class, vars(types).values())):
        space = namespace_of_type(kind)
        names |= {f".{name}" for name, value in space.items() if type(value) in fields}
    names |= {f"['{name}']" for name in _MODULE_NAMES}
    return frozenset(map(quote, names))


def _is_plain_class(value):
    return type(value) is type


class Redaction:
    """Replaces names by tokens.

    Args:
        key: Bytes that make the tokens; in no snapshot.
    """

    def __init__(self, key):
        try:
            from _blake2 import blake2b
        except ImportError:  # pragma: no cover - a build without it
            from hashlib import blake2b
        self._hash = blake2b
        self._key = key
        self._kept = _vocabulary()
        self._known = {}

    def token(self, name):
        """``~`` and twelve digits, the same for the same name."""
        data = name.encode("utf-8", "backslashreplace")
        return "~" + self._hash(data, digest_size=TOKEN_BYTES, key=self._key).hexdigest()

    def name(self, name):
        """The token of a name; empty and missing ones stay."""
        return self.token(name) if name else name

    def shape_table(self):
        """An empty table of shapes in which no name stands that may be data."""
        return _RedactedShapes(self)

    def part(self, part):
        """A part of a shape: JSON of a reference's name, or of a count."""
        if part in self._kept or not part.startswith('"'):
            return part
        found = self._known.get(part)
        if found is None:
            if len(self._known) > 100_000:
                self._known.clear()
            found = self._known[part] = self._hide(part[1:-1])
        return found

    def _hide(self, name):
        if name.startswith("[<") and name.endswith(">]"):
            return f'"{name}"'  # A key that is shown by its class alone.
        if name.startswith("['"):
            # As attributes are: an instance's dict reads as the instance.
            return f"\"['{self.token(name[2:-2])}']\""
        if name.startswith("["):
            return f'"[{self.token(name[1:-1])}]"'
        if name.startswith(".__closure__("):
            free = ", ".join(map(self.token, name[len(".__closure__(") : -1].split(", ")))
            return f'".__closure__({free})"'
        if name.startswith("."):
            return f'".{self.token(name[1:])}"'
        return f'"{self.token(name)}"'


class _RedactedShapes(ShapeTable):
    __slots__ = ("_redaction",)

    def __init__(self, redaction):
        super().__init__()
        self._redaction = redaction

    def add(self, parts):
        return super().add(list(map(self._redaction.part, parts)))


class OPEN:
    """What stands in a redaction's place where nothing is hidden; a class, so no object of ours."""

    shape_table = staticmethod(ShapeTable)

    @staticmethod
    def name(name):
        return name


_own_key = None


def choose(value):
    """The redaction that somebody asks for.

    Args:
        value: False or None: none. True: tokens that hold for this process and those that it forks
            from now on. A text: the key of tokens that hold wherever the same text is given.
    """
    global _own_key
    if not value:
        return OPEN
    if value is not True:
        return Redaction(_digest(value))
    if _own_key is None:
        _own_key = os.urandom(32)
    return Redaction(_own_key)


def read(value):
    """A flag, or the key of the tokens."""
    if isinstance(value, bool):
        return value
    text = str(value).strip()
    if text.lower() in {"", "0", "no", "false", "off"}:
        return False
    if text.lower() in {"1", "yes", "true", "on"}:
        return True
    if len(text) < SHORTEST_KEY:
        raise ValueError(f"expected 1, 0 or a key of {SHORTEST_KEY} characters or more")
    return text


def _digest(text):
    from hashlib import blake2b

    return blake2b(text.encode("utf-8", "backslashreplace")).digest()
