"""Reading the fields of an object through the C getters of its class, by name.

The collector tells *what* an object refers to, not *as what*. This module finds for
each class the getters that say so: every struct member and slot, and those computed
attributes that are known to read a field and do nothing else.
"""

import types

from .foreign import is_foreign
from .identity import (
    entry_of,
    is_of_python,
    module_of_type,
    mro_of_type,
    name_of_type,
    namespace_of_type,
)

SAFE_GETTERS = {
    "function": (
        "__code__", "__defaults__", "__kwdefaults__", "__module__", "__name__", "__qualname__",
        "__type_params__",
    ),
    "cell": ("cell_contents",),
    "type": ("__mro__", "__bases__", "__base__"),
    "BaseException": ("args", "__traceback__", "__context__", "__cause__"),
    "traceback": ("tb_next",),
    "generator": ("gi_yieldfrom", "gi_code", "__name__", "__qualname__"),
    "coroutine": ("cr_await", "cr_code", "__name__", "__qualname__"),
    "async_generator": ("ag_await", "ag_code", "__name__", "__qualname__"),
    "frame": ("f_code", "f_globals", "f_builtins", "f_trace"),
    "builtin_function_or_method": ("__self__",),
    "method-wrapper": ("__self__",),
    "ndarray": ("base",),
    "ContextVar": ("name",),
    "_asyncio.Future": ("_loop", "_result", "_exception", "_source_traceback"),
    "_asyncio.Task": ("_coro", "_fut_waiter"),
}  # fmt: skip
"""Computed attributes that only read a field, by the class that defines them.

Everything else that is computed stays unread: ``function.__annotations__`` runs code
from Python 3.14 on, ``Future._callbacks`` makes a new list, ``function.__dict__`` makes a dict.
"""


class _Plain:
    """A class as the interpreter makes them, with a dict for its instances."""


_doc_of_getter = types.GetSetDescriptorType.__dict__["__doc__"].__get__
_MADE = _doc_of_getter(_Plain.__dict__["__dict__"])
"""What the interpreter says of each getter that it makes itself; those of C types say nothing."""

bytes_of_type = type.__dict__["__basicsize__"].__get__
PLAIN_BYTES = bytes_of_type(_Plain)
"""Of an instance that has no slot and no field of C's."""


def getters_of_type(kind):
    """Every ``(name, getter)`` that reads a field of instances of ``kind``, most derived first.

    A getter takes the instance and returns what the field holds; it raises
    ``AttributeError`` or ``ValueError`` where the field is empty.
    """
    getters = []
    for base in mro_of_type(kind) or ():
        namespace = namespace_of_type(base)
        allowed = SAFE_GETTERS.get(name_of_type(base), ())
        allowed += SAFE_GETTERS.get(f"{module_of_type(base)}.{name_of_type(base)}", ())
        for name, descriptor in namespace.items():
            if type(name) is not str:
                continue
            described = type(descriptor)
            if described is types.MemberDescriptorType or (
                described is types.GetSetDescriptorType and name in allowed
            ):
                # Descriptors of these two exact types are C structs: calling __get__ reads a
                # field of the instance and cannot reach a line of Python.
                getters.append((f".{name}", descriptor.__get__))
    return getters


def read_fields(instance, getters):
    """Pairs of name and value for the fields that are set."""
    fields = []
    for name, getter in getters:
        try:
            fields.append((name, getter(instance)))
        except AttributeError:
            continue
        except Exception as problem:  # noqa: BLE001 - what a C getter says of a half-built object
            if is_foreign(problem):
                raise
    return fields


def dict_getter_of_type(kind):
    """The C getter of the instance's ``__dict__``, or None where instances have none.

    A class may define a property of that name; the getter that is looked for is the
    one that the interpreter made, further up the MRO. It asks the getter of a base written in C,
    and an extension's may do anything: that of ``wrapt.ObjectProxy`` asks the object behind it, in
    Python. So only the library's own are asked.
    """
    found = None
    for base in mro_of_type(kind) or ():
        descriptor = entry_of(namespace_of_type(base), "__dict__")
        if type(descriptor) is types.GetSetDescriptorType and base is not type:
            if _doc_of_getter(descriptor) != _MADE and not is_of_python(base):
                return None
            found = found or descriptor.__get__
    return found
