"""How many entries a cache may have: what says so is called by it, ``maxsize=100``.

No name, but it tells the cache that fills up from the one that grows for ever. Owns which
classes' instances are asked, and what of them is read; a deque's limit is in ``identity``. The
attribute is called by the word that it ends in, one of ``format.LIMIT_WORDS``, which tells nothing
of the program.
"""

import gc
import types

from .format import LIMIT_WORDS
from .identity import (
    HEAP_TYPE,
    code_of_function,
    derives_from,
    entry_of,
    flags_of_type,
    mro_of_type,
    namespace_of_type,
)
from .members import PLAIN_BYTES, bytes_of_type, dict_getter_of_type

MOST_ASKED = 10_000
"""Instances of one class that are asked: caches are few, and of what a program has millions each
name would cost as much as the row."""

LEAST_BYTES = 1_000_000
"""From here on a number is one of bytes (``client_max_size``), or as good as none."""

_closure_of_function = types.FunctionType.__dict__["__closure__"].__get__
_contents_of_cell = types.CellType.__dict__["cell_contents"].__get__


def limit_namer(kind, layout, *, may_materialize):
    """The function that names instances of a class by their limit; None where they have none.

    Args:
        kind: The class.
        layout: Of the class.
        may_materialize: See ``Instances``.
    """
    if layout == "_lru_cache_wrapper":
        return _name_wrapper
    if not flags_of_type(kind) & HEAP_TYPE:
        return None
    slots, attributes = _fields_of_limits(kind)
    reader = _dict_reader if may_materialize else _plain_reader
    readers = slots + (reader(kind, layout, attributes) if attributes else [])
    return _Namer(readers).name if readers else None


class _Namer:
    """Names instances of one class, the first so many."""

    __slots__ = ("left", "readers")

    def __init__(self, readers):
        self.readers = readers
        self.left = MOST_ASKED

    def name(self, instance):
        if not self.left:
            return ""
        self.left -= 1
        for word, read in self.readers:
            try:
                limit = read(instance)
            except AttributeError:
                continue
            if type(limit) is int and 0 < limit < LEAST_BYTES:
                return f"{word}={limit}"
        return ""


def _name_wrapper(wrapper):
    """By what ``functools`` wrote into the wrapper's dict: a function that has the limit in a cell.

    The collector is told of that dict last (Modules/_functoolsmodule.c); the getter would make one
    where somebody else made the wrapper. Nobody can derive a class from the wrapper's.
    """
    attributes = gc.get_referents(wrapper)[-1]
    told = entry_of(attributes, "cache_parameters") if type(attributes) is dict else None
    if type(told) is not types.FunctionType:
        return ""
    names, cells = code_of_function(told).co_freevars, _closure_of_function(told)
    if "maxsize" not in names:
        return ""
    limit = _contents_of_cell(cells[names.index("maxsize")])
    return f"maxsize={limit}" if type(limit) is int and limit > 0 else ""


def _fields_of_limits(kind):
    """The slots and attributes that may hold a limit.

    A class is asked by what its own code calls things, since no instance of it is at hand: what an
    ``__init__`` names may be an attribute of its own, and so may what it is given.

    Returns:
        Pairs of word and getter for slots, and of word and name for attributes.
    """
    slots, attributes = [], {}
    for base in mro_of_type(kind) or ():
        if not flags_of_type(base) & HEAP_TYPE:
            continue
        namespace = namespace_of_type(base)
        init = entry_of(namespace, "__init__")
        if type(init) is types.FunctionType:
            code = code_of_function(init)
            for name in (*code.co_names, *code.co_varnames):
                if word := _word_of(name):
                    attributes.setdefault(name, word)
        for name, descriptor in namespace.items():
            # What __get__ of these reads is a field of a C struct.
            if type(descriptor) is types.MemberDescriptorType and (word := _word_of(name)):
                slots.append((word, descriptor.__get__))
    return slots, [(word, name) for name, word in attributes.items()]


def _word_of(name):
    if type(name) is not str or not (lower := name.lower()).endswith(LIMIT_WORDS):
        return None
    return next(word for word in LIMIT_WORDS if lower.endswith(word))


def _dict_reader(kind, _, attributes):
    """In the child: from the dict of attributes, which was made when the instance was described."""
    read_dict = dict_getter_of_type(kind)
    if read_dict is None:
        return []

    def reader(name):
        def read(instance):
            held = read_dict(instance)
            return entry_of(held, name) if type(held) is dict else None

        return read

    return [(word, reader(name)) for word, name in attributes]


def _plain_reader(kind, layout, attributes):
    """In the process itself: of instances that have nothing but a dict or inline attributes.

    The collector tells of the class, and of the dict or else of what is inline. So where it tells
    of more than two, or of no dict, the attributes are inline and their names plain text: looking
    one up runs no comparison of anybody's, makes no dict, and finds nothing in the class, where the
    name is not.
    """
    if layout != "object" or bytes_of_type(kind) != PLAIN_BYTES:
        return []
    spaces = [namespace_of_type(base) for base in mro_of_type(kind) or ()]
    if not all(type(key) is str for space in spaces for key in space):
        return []

    def reader(name):
        def read(instance):
            held = gc.get_referents(instance)
            dicts = [item for item in held[:2] if derives_from(type(item), dict)]
            if len(held) > 2 or not dicts:
                return object.__getattribute__(instance, name)
            return entry_of(dicts[0], name) if type(dicts[0]) is dict else None

        return read

    return [
        (word, reader(name))
        for word, name in attributes
        if not any(name in space for space in spaces)
    ]
