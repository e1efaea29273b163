"""Shallow sizes without running a ``__sizeof__`` of the program's."""

import types

from .identity import HAVE_GC, flags_of_type, mro_of_type, namespace_of_type

GC_HEAD_BYTES = 16


def size_reader(kind):
    """How to size instances of a class.

    Returns:
        None if ``sys.getsizeof`` runs C code only; else a function of the instance, which asks
        the nearest base whose ``__sizeof__`` is C.
    """
    for base in mro_of_type(kind) or ():
        sizeof = namespace_of_type(base).get("__sizeof__")
        if type(sizeof) is types.MethodDescriptorType:
            if _first_definition(kind) is sizeof:
                return None
            head = GC_HEAD_BYTES if flags_of_type(kind) & HAVE_GC else 0
            return lambda instance: sizeof(instance) + head
    return lambda _: 0


def _first_definition(kind):
    for base in mro_of_type(kind):
        sizeof = namespace_of_type(base).get("__sizeof__")
        if sizeof is not None:
            return sizeof
    return None
