"""What a class or an object is called, found without running a line of its code.

A metaclass may lie about ``__name__``, ``__mro__`` and ``__dict__``, a property may
stand where a string is expected, ``__class__`` may raise. So everything here goes
through the C getters of ``type`` itself and asks ``type(x)``, never ``isinstance``.
"""

import _collections
import os
import sys
import types

_name_of_type = type.__dict__["__name__"].__get__
qualname_of_type = type.__dict__["__qualname__"].__get__
mro_of_type = type.__dict__["__mro__"].__get__
_bases_of_type = type.__dict__["__bases__"].__get__
base_of_type = type.__dict__["__base__"].__get__
namespace_of_type = type.__dict__["__dict__"].__get__
flags_of_type = type.__dict__["__flags__"].__get__
item_bytes_of_type = type.__dict__["__itemsize__"].__get__
dict_of_module = type.__dict__["__dict__"].__get__(types.ModuleType)["__dict__"].__get__
code_of_function = types.FunctionType.__dict__["__code__"].__get__
qualname_of_function = types.FunctionType.__dict__["__qualname__"].__get__
module_of_function = types.FunctionType.__dict__["__module__"].__get__
code_of_frame = types.FrameType.__dict__["f_code"].__get__
line_of_frame = types.FrameType.__dict__["f_lineno"].__get__
globals_of_frame = types.FrameType.__dict__["f_globals"].__get__
locals_of_frame = types.FrameType.__dict__["f_locals"].__get__
_maxlen_of_deque = _collections.deque.__dict__["maxlen"].__get__
back_of_frame = types.FrameType.__dict__["f_back"].__get__

FOLDER = os.path.dirname(__file__) + os.sep
"""Where the agent's own code is: its running functions are in no snapshot."""

_PLAIN_NAMES = frozenset({id(str)})
_LIBRARY = frozenset(sys.stdlib_module_names) | {"numpy"}

# Bits of tp_flags, Include/object.h: they have kept their places since Python 3.0.
HEAP_TYPE = 1 << 9
READY = 1 << 12
HAVE_GC = 1 << 14

NAME_LIMIT = 500
"""Characters of a name that are kept: a class can be called anything, at any length."""


def bases_of_type(kind):
    """The bases, or None where the class has none yet.

    A static class of a C module of which nobody called ``PyType_Ready`` (``_socket.socket``, until
    ``socket`` is imported) has no tuple of bases, and the getter would read from address 0.
    """
    return _bases_of_type(kind) if flags_of_type(kind) & READY else None


def text(value):
    """The value if it is exactly a ``str``, cut to a sane length; else the empty string.

    A subclass of ``str`` is left alone: its ``__len__`` and ``__getitem__`` may be anybody's.
    Lone surrogates are spelt out, since JSON readers refuse them.
    """
    if type(value) is not str:
        return ""
    if len(value) > NAME_LIMIT:
        value = value[:NAME_LIMIT] + "…"
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def entry_of(namespace, name):
    """What stands under a name in a class's or a module's namespace, or None.

    Looking a name up compares it with every key of the same hash, and a key may be of a class
    derived from ``str`` whose ``__eq__`` is anybody's; a namespace may be of a class derived from
    ``dict`` with a ``get`` of its own. So the keys' classes are looked at before the key is.
    """
    if namespace is None:
        return None  # A class that is not ready has none.
    is_proxy = type(namespace) is types.MappingProxyType
    keys = namespace if is_proxy else dict.keys(namespace)
    # By address: the class of a key may have a metaclass that hashes and compares as it likes.
    if _PLAIN_NAMES.issuperset(map(id, map(type, keys))):
        return namespace.get(name) if is_proxy else dict.get(namespace, name)
    for key, value in list(namespace.items() if is_proxy else dict.items(namespace)):
        if type(key) is str and key == name:
            return value
    return None


def name_of_type(kind):
    """The plain name of a class; empty where it is no plain ``str``, whose methods may be odd."""
    name = _name_of_type(kind)
    return name if type(name) is str else ""


def derives_from(kind, base):
    """Whether a class has another in its MRO, without comparing them: a metaclass may do that."""
    return any(known is base for known in mro_of_type(kind) or ())


C_HEAP_TYPES = frozenset(
    {
        "collections.deque",
        "functools.partial",
        "functools._lru_cache_wrapper",
        "_asyncio.Future",
        "_asyncio.Task",
        "_thread._local",
        "weakref.ReferenceType",
    }
)
"""Classes written in C that some Python versions create at run time, as if they were a user's."""


def layout_of_type(kind):
    """The nearest built-in class that ``kind`` derives from, itself included.

    Classes declared in the C code of other libraries keep their module: Cython brings generators
    of its own and other array libraries an ``ndarray``, which are not read as Python's are.
    """
    for base in mro_of_type(kind) or ():
        if not flags_of_type(base) & HEAP_TYPE:
            module = module_of_type(base)
            name = name_of_type(base)
            return name if is_of_python(base) else f"{module}.{name}"
        if f"{module_of_type(base)}.{name_of_type(base)}" in C_HEAP_TYPES:
            return name_of_type(base)
    return "object"


def is_of_python(kind):
    """Whether a class comes with Python, or is of numpy, whose kinds are known as well."""
    return module_of_type(kind).partition(".")[0] in _LIBRARY


def with_subclasses(kind):
    """The class and all that derive from it, itself first; one may be there more than once."""
    found = [kind]
    for known in found:
        found += type.__subclasses__(known)
    return found


def module_of_type(kind):
    """The module's name that stands in the class's own namespace, if it is text."""
    if not flags_of_type(kind) & HEAP_TYPE:
        # Static types have their module in tp_name: the C getter reads it there.
        return text(type.__dict__["__module__"].__get__(kind))
    return text(entry_of(namespace_of_type(kind), "__module__"))


def describe_type(kind):
    """The row of the type table for a class, as ``docs/format.md`` has it."""
    flags = flags_of_type(kind)
    return {
        "module": module_of_type(kind),
        "name": text(qualname_of_type(kind)) or text(name_of_type(kind)),
        "address": id(kind),
        "layout": layout_of_type(kind),
        "heap": bool(flags & HEAP_TYPE),
        "tracked": bool(flags & HAVE_GC),
    }


def join(module, name):
    """``module.name``, or the name alone where there is no module to name."""
    return f"{module}.{name}" if module and module != "builtins" else name


def name_of_code(code):
    """``handle (/srv/app.py:12)``: a code object's qualified name, file and first line."""
    name = getattr(code, "co_qualname", None) or code.co_name
    return f"{text(name)} ({text(code.co_filename)}:{code.co_firstlineno})"


def function_of_code(code):
    """The qualified name of a code object; before Python 3.11 code knows its plain name only."""
    return text(getattr(code, "co_qualname", None) or code.co_name)


def _name_module(module):
    return text(entry_of(dict_of_module(module), "__name__"))


def _name_class(kind):
    return join(module_of_type(kind), text(qualname_of_type(kind)))


def _name_function(function):
    return join(text(module_of_function(function)), text(qualname_of_function(function)))


def _name_frame(frame):
    code = code_of_frame(frame)
    return f"{function_of_code(code)} ({text(code.co_filename)}:{line_of_frame(frame)})"


def _name_coroutine(coroutine):
    return text(type(coroutine).__dict__["__qualname__"].__get__(coroutine))


def _name_deque(queue):
    maxlen = _maxlen_of_deque(queue)
    return "" if maxlen is None else f"maxlen={maxlen}"


NAMERS = {
    "deque": _name_deque,
    "module": _name_module,
    "type": _name_class,
    "function": _name_function,
    "code": name_of_code,
    "frame": _name_frame,
    "generator": _name_coroutine,
    "coroutine": _name_coroutine,
    "async_generator": _name_coroutine,
}
"""How the objects of a built-in layout are named. Every entry reads C fields only.

The limit of a deque is no name, but tells the one that fills up from the one that grows for ever.
"""
