"""Which reference is which: the collector's list of referents, laid beside the fields of an object.

Owns the names of what no field explains, and the alignment of referents with names.
"""

import gc

from . import format as fmt
from .identity import name_of_type
from .jsontext import quote

SHAPED_LIMIT = 64
"""References up to which objects with equal names share a shape."""

_ordered = [object(), object()]
SEQUENCE = fmt.POSITION_DOWN if gc.get_referents(_ordered)[0] is _ordered[1] else fmt.POSITION_UP
"""Whether the collector visits a list from its end, as CPython has done so far."""
del _ordered

REMAINDER = {
    "list": SEQUENCE,
    "tuple": SEQUENCE,
    "set": fmt.SET_MEMBER,
    "frozenset": fmt.SET_MEMBER,
    "deque": fmt.POSITION_UP,
    "module": "<state>",
    "generator": fmt.STACK_VALUE,
    "coroutine": fmt.STACK_VALUE,
    "async_generator": fmt.STACK_VALUE,
    "frame": fmt.STACK_VALUE,
    "mappingproxy": "<mapping>",
    "ReferenceType": ".__callback__",
    "_local": "<threads>",
    "_lru_cache_wrapper": "<cache>",
    "Context": "<variables>",
    "hamt": "<variables>",
    "hamt_bitmap_node": "<variables>",
    "hamt_array_node": "<variables>",
    "ContextVar": "<default>",
    "OrderedDict": fmt.DICT_KEY,
    "defaultdict": fmt.DICT_KEY,
    "frozendict": fmt.DICT_KEY,
    "list_iterator": "<iterated>",
    "list_reverseiterator": "<iterated>",
    "tuple_iterator": "<iterated>",
    "dict_keyiterator": "<iterated>",
    "dict_itemiterator": "<iterated>",
    "dict_values": "<iterated>",
    "enumerate": "<iterated>",
    "filter": "<iterated>",
    "map": "<iterated>",
    "zip": "<iterated>",
    "memoryview": "<buffer>",
    "managedbuffer": "<buffer>",
    "Future": "<callbacks>",
    "Task": "<callbacks>",
    "method-wrapper": "<descriptor>",
}
"""Name of the references that no field explains, by built-in layout."""

BY_CLASS = {
    ("type", "module"): "<module>",
    ("type", "type"): ".__base__",
    ("function", "tuple"): ".__annotations__",
    ("function", "function"): ".__annotate__",
    ("function", "str"): ".__doc__",
    ("property", "str"): ".__name__",
    ("generator", "function"): "<function>",
    ("coroutine", "function"): "<function>",
    ("async_generator", "function"): "<function>",
    ("Future", "Context"): "<context>",
    ("Task", "Context"): "<context>",
    ("Task", "str"): "<name>",
    ("Task", "int"): "<name>",
}
"""Names of what is left, by built-in layout and the class of what is referred to."""


class Naming:
    """Gives referents their names, and the names their shape."""

    def __init__(self, shapes):
        self.shapes = shapes

    def align(self, referents, fields, layout, extra=()):
        """Give each referent the name of the field that holds it, equal ones in turn."""
        remainder = REMAINDER.get(layout, fmt.UNKNOWN)
        names_by_address = {}
        for name, value in fields:
            names_by_address.setdefault(id(value), []).append(name)
        names = []
        for referent in referents:
            held = names_by_address.get(id(referent))
            if held:
                names.append(held.pop(0))
            else:
                names.append(BY_CLASS.get((layout, name_of_type(type(referent))), remainder))
        if extra:
            referents = referents + [value for _, value in extra]
            names += [name for name, _ in extra]
        if len(names) > SHAPED_LIMIT:
            return referents, self.shapes.add(_run_lengths(names))
        return referents, self.shapes.number(tuple(names))


def _run_lengths(names):
    parts = []
    previous, times = None, 0
    for name in [*names, None]:
        if name == previous:
            times += 1
            continue
        if previous is not None:
            parts.append(quote(previous))
            if times > 1:
                parts.append(str(times))
        previous, times = name, 1
    return parts
