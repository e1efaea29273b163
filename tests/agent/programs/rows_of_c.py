"""Hostile types as a C extension makes them, built with ``ctypes``."""

import ctypes

from biting import row

KEPT = []
DEFAULT_FLAGS = 1 << 18
HAVE_GC = 1 << 14
BASE_TYPE = 1 << 10
TYPE_BYTES = 1024
OFFSETS = {"name": 24, "basicsize": 32, "flags": 168, "traverse": 184, "members": 240, "new": 312}
"""Of fields in ``PyTypeObject``; they have kept their places since 3.8. Include/cpython/object.h."""


class Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(Slot)),
    ]


def heap_type(name, basicsize, flags=DEFAULT_FLAGS, slots=()):
    """A class made by ``PyType_FromSpec``."""
    table = (Slot * (len(slots) + 1))(*slots, Slot(0, None))
    spec = Spec(name, basicsize, 0, flags, table)
    KEPT.extend([table, spec])
    make = ctypes.pythonapi.PyType_FromSpec
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p]
    return make(ctypes.addressof(spec))


VISIT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


@VISIT
def visit_nothing(instance, visit, argument):
    return 0


def static_type(name, flags=DEFAULT_FLAGS, *, is_ready=True):
    """A class as an extension declares it in C: one that was not made at run time."""
    memory = ctypes.create_string_buffer(TYPE_BYTES)
    start = ctypes.addressof(memory)
    text = ctypes.create_string_buffer(name)
    KEPT.extend([memory, text])
    ctypes.c_ssize_t.from_address(start).value = 1 << 20
    ctypes.c_void_p.from_address(start + 8).value = id(type)
    fields = {"name": ctypes.addressof(text), "basicsize": 32, "flags": flags}
    if flags & HAVE_GC:
        fields["traverse"] = ctypes.cast(visit_nothing, ctypes.c_void_p).value
    fields["new"] = ctypes.cast(ctypes.pythonapi.PyType_GenericNew, ctypes.c_void_p).value
    for field, value in fields.items():
        ctypes.c_size_t.from_address(start + OFFSETS[field]).value = value
    if is_ready:
        ready = ctypes.pythonapi.PyType_Ready
        ready.argtypes = [ctypes.c_void_p]
        assert ready(start) == 0
    return ctypes.cast(start, ctypes.py_object).value


@row()
def extension_type_without_collector():
    """It holds an object, and the collector cannot know."""
    instance = heap_type(b"extension.Opaque", 32)()
    held = [1]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))
    ctypes.c_void_p.from_address(id(instance) + 16).value = id(held)
    return instance


@row()
def extension_type_with_an_empty_name():
    return heap_type(b"x.", 32)()


def impostor(name, flags=DEFAULT_FLAGS | HAVE_GC):
    kind = static_type(name, flags)
    instance = kind()
    KEPT.append(instance)
    return instance


@row()
def static_type_called_generator():
    """Extensions compiled by Cython bring generators and coroutines of their own."""
    KEPT.append(impostor(b"_cython_3_0.coroutine"))
    return impostor(b"_cython_3_0.generator")


@row()
def static_type_called_frame():
    return impostor(b"video.frame")


@row()
def static_type_called_ndarray():
    """As the arrays of other libraries are."""
    KEPT.append(impostor(b"other.ndarray", DEFAULT_FLAGS))
    return impostor(b"other.ndarray")


@row()
def static_types_called_like_everything():
    names = ("code", "function", "module", "type", "dict", "list", "tuple", "set", "cell", "Task")
    for name in (*names, "deque", "traceback", "mappingproxy", "BaseException", "OrderedDict"):
        KEPT.append(impostor(b"odd." + name.encode()))
    return KEPT[-1]


@row()
def static_type_that_nobody_made_ready():
    """``_socket.socket`` is one until ``socket`` is imported: it has no bases yet, not even none."""
    return static_type(b"extension.Waiting", is_ready=False)
