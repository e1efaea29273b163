"""Shallow sizes without running a ``__sizeof__`` of the program's."""

import sys
import types

from .columns import Texts
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


def size_writer(kind):
    """How to size instances of a class.

    Returns:
        A function of instances of the class, at least one, to the texts of their sizes: what
        ``sys.getsizeof`` says if that runs C code only, else what it would say if the
        nearest base whose ``__sizeof__`` is C were asked.
    """
    first = None
    for base in mro_of_type(kind) or ():
        sizeof = entry_of(namespace_of_type(base), "__sizeof__")
        first = sizeof if first is None else first
        if type(sizeof) is types.MethodDescriptorType:
            break
    else:
        return _one_by_one(lambda _: 0)
    if first is not sizeof:
        head = GC_HEAD_BYTES if flags_of_type(kind) & HAVE_GC else 0
        return _one_by_one(lambda instance: sizeof(instance) + head)
    # Some classes have a header of the collector's in front of them, and some have not.
    if id(sizeof) not in _TRUSTED or layout_of_type(kind) == "type":
        return _one_by_one(sys.getsizeof)
    if id(sizeof) == _SIZEOF_OBJECT and item_bytes_of_type(kind) == 0:
        return _all_alike
    return _all_at_once(sizeof)


def _one_by_one(size_of):
    def write(instances):
        texts = []
        for instance in instances:
            try:
                size = size_of(instance)
            except BaseException:  # noqa: BLE001 - a C __sizeof__ may say anything
                size = 0
            texts.append(str(size) if type(size) is int and 0 <= size < SIZE_LIMIT else "0")
        return texts

    return write


def _all_alike(instances):
    """``object.__sizeof__`` adds up fields of the class where instances have no items."""
    return [str(sys.getsizeof(instances[0]))] * len(instances)


def _all_at_once(sizeof):
    """Python's own C methods, called directly (measured: 30 ns against 120 for ``getsizeof``)."""
    texts = None

    def write(instances):
        nonlocal texts
        if texts is None:
            # The headers in front of an object are the same for all instances of its class.
            texts = Sizes(sys.getsizeof(instances[0]) - sizeof(instances[0]))
        return map(texts.__getitem__, map(sizeof, instances))

    return write
