"""Shallow sizes without running a ``__sizeof__`` of the program's."""

import sys
import types

from .columns import Texts
from .foreign import is_foreign
from .identity import (
    HAVE_GC,
    entry_of,
    flags_of_type,
    item_bytes_of_type,
    layout_of_type,
    mro_of_type,
    namespace_of_type,
)

GC_HEAD_BYTES = 16
SIZE_LIMIT = 1 << 62

_TRUSTED = {
    id(base.__dict__["__sizeof__"])
    for base in (object, dict, list, tuple, set, frozenset, str, int, bytes, bytearray)
    if "__sizeof__" in base.__dict__
}
"""Methods that give an ``int``, always. An extension's may give and raise anything."""

_SIZEOF_OBJECT = id(object.__dict__["__sizeof__"])


class Sizes(Texts):
    """What ``__sizeof__`` says → the text of the size with the headers in front of the object."""

    __slots__ = ("head",)

    def __init__(self, head):
        super().__init__()
        self.head = head

    def write(self, number):
        """The text of a size."""
        return str(number + self.head)


class Trusted:
    """Sizes by one of Python's own methods, called directly: 30 ns against 120 for ``getsizeof``.

    Attributes:
        method: It.
        texts: What it says → text; None before the first instance.
    """

    __slots__ = ("method", "texts")

    def __init__(self, method):
        self.method = method
        self.texts = None

    def rule(self, instance):
        """The method, and the bytes in front of an instance: the same for all of a class."""
        if self.texts is None:
            self.texts = Sizes(sys.getsizeof(instance) - self.method(instance))
        return self.method, self.texts.head

    def write(self, instances):
        """The texts of the sizes of instances, at least one."""
        self.rule(instances[0])
        return map(self.texts.__getitem__, map(self.method, instances))


class Constant:
    """``object.__sizeof__`` adds up fields of the class where instances have no items."""

    __slots__ = ()

    def rule(self, instance):
        """No method to ask, and the size of any instance."""
        return None, sys.getsizeof(instance)

    def write(self, instances):
        """The texts of the sizes of instances, at least one."""
        return [str(sys.getsizeof(instances[0]))] * len(instances)


class Guarded:
    """Sizes by a method that may say and raise anything."""

    __slots__ = ("size_of",)

    def __init__(self, size_of):
        self.size_of = size_of

    def rule(self, _):
        """None: each is to be asked."""

    def write(self, instances):
        """The texts of the sizes of instances, a list."""
        texts = []
        for instance in instances:
            try:
                size = self.size_of(instance)
            except BaseException as problem:  # noqa: BLE001 - a C __sizeof__ may say anything
                if is_foreign(problem):
                    raise
                size = 0
            texts.append(str(size) if type(size) is int and 0 <= size < SIZE_LIMIT else "0")
        return texts


def sizes_of(kind):
    """How to size instances of a class.

    Returns:
        One of the above: it says what ``sys.getsizeof`` says if that runs C code only, else what
        it would say if the nearest base whose ``__sizeof__`` is C were asked.
    """
    first = None
    for base in mro_of_type(kind) or ():
        sizeof = entry_of(namespace_of_type(base), "__sizeof__")
        first = sizeof if first is None else first
        if type(sizeof) is types.MethodDescriptorType:
            break
    else:
        return Guarded(lambda _: 0)
    if first is not sizeof:
        head = GC_HEAD_BYTES if flags_of_type(kind) & HAVE_GC else 0
        return Guarded(lambda instance: sizeof(instance) + head)
    # Some classes have a header of the collector's in front of them, and some have not.
    if id(sizeof) not in _TRUSTED or layout_of_type(kind) == "type":
        return Guarded(sys.getsizeof)
    if id(sizeof) == _SIZEOF_OBJECT and item_bytes_of_type(kind) == 0:
        return Constant()
    return Trusted(sizeof)
