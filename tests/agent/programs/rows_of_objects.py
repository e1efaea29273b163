"""Hostile instances: each has code of its own in a place where a heap walker may look."""

import collections
import decimal
import io
import socket
import sqlite3
import sys
import threading
import types
import weakref

from biting import biting, biting_text, noting, row

KEPT = []


def sized(result=None, raises=None):
    bites = biting("__sizeof__", raises) if raises else noting("__sizeof__", result)
    return type("Sized", (), {"__sizeof__": bites})()


def instance_with(**hooks):
    return type("Instance", (), {f"__{name}__": hook for name, hook in hooks.items()})()


@row()
def sizeof_raises():
    return sized(raises=ValueError)


@row()
def sizeof_is_negative():
    return sized(-5)


@row()
def sizeof_is_text():
    return sized("x")


@row()
def sizeof_interrupts():
    return sized(raises=KeyboardInterrupt)


@row()
def sizeof_is_two_to_the_forty():
    return sized(2**40)


@row()
def class_property_raises():
    return type("Instance", (), {"__class__": property(biting("__class__", RuntimeError))})()


@row()
def getattribute_raises():
    return instance_with(getattribute=biting("__getattribute__"), getattr=biting("__getattr__"))


@row()
def repr_runs_a_query():
    return instance_with(
        repr=biting("__repr__"), str=biting("__str__"), format=biting("__format__")
    )


@row()
def dir_exits():
    return instance_with(dir=biting("__dir__", SystemExit))


@row()
def hash_eq_bool_len_raise():
    names = ("hash", "eq", "ne", "lt", "bool", "len", "index", "int", "float", "contains", "iter")
    return instance_with(**{name: biting(f"__{name}__") for name in names})


@row()
def reduce_and_copy_raise():
    names = ("reduce", "reduce_ex", "copy", "deepcopy", "getstate", "call", "enter", "await")
    return instance_with(**{name: biting(f"__{name}__") for name in names})


@row()
def dict_that_overrides_everything():
    names = [name for name in dir(dict) if callable(getattr(dict, name)) and name != "__new__"]
    spared = {"__init__", "__class__", "__init_subclass__", "__subclasshook__", "__getattribute__"}
    hooks = {name: biting(f"dict.{name}") for name in names if name not in spared}
    table = type("Table", (dict,), hooks)(a=1)
    dict.update(table, b=[2])
    return table


@row()
def list_that_overrides_everything():
    names = ("__iter__", "__len__", "__getitem__", "__contains__", "__eq__", "__sizeof__", "index")
    rows = type("Rows", (list,), {name: biting(f"list.{name}") for name in names})
    return rows([1, [2]])


@row()
def set_that_overrides_everything():
    names = ("__iter__", "__len__", "__contains__", "__eq__", "__hash__", "__sizeof__")
    members = type("Members", (set,), {name: biting(f"set.{name}") for name in names})
    return members(["a", ("b",)])


@row()
def tuple_that_overrides_everything():
    names = ("__iter__", "__len__", "__getitem__", "__eq__", "__hash__", "__sizeof__")
    record = type("Record", (tuple,), {name: biting(f"tuple.{name}") for name in names})
    return record([1, [2]])


@row()
def ordered_dict_and_defaultdict_that_override():
    names = ("__iter__", "__len__", "keys", "items", "values", "__missing__")
    hooks = {name: biting(name) for name in names}
    table = type("Ordered", (collections.OrderedDict,), hooks)()
    dict.__setitem__(table, "k", 1)
    fallback = type("Default", (collections.defaultdict,), hooks)(biting("default_factory"))
    KEPT.append(fallback)
    return table


@row()
def text_that_overrides_everything():
    return biting_text("text")


@row()
def number_and_bytes_that_override():
    names = ("__repr__", "__index__", "__eq__", "__hash__", "__len__", "__str__")
    hooks = {name: biting(name) for name in names}
    KEPT.append(type("Bytes", (bytes,), hooks)(b"x"))
    KEPT.append(type("Real", (float,), hooks)(1.5))
    return type("Number", (int,), hooks)(7)


@row()
def dead_weak_proxy():
    referent = type("Instance", (), {})()
    return weakref.proxy(referent)


@row()
def weak_proxy_of_a_hostile_object():
    referent = instance_with(getattribute=biting("__getattribute__"), bool=biting("__bool__"))
    KEPT.append(referent)
    return weakref.proxy(referent)


@row()
def weak_reference_with_a_callback():
    referent = type("Instance", (), {})()
    KEPT.append(referent)
    return weakref.ref(referent, biting("weakref callback"))


@row()
def del_raises():
    return instance_with(**{"del": biting("__del__")})


@row()
def del_resurrects():
    label = noting("__del__", None)

    class Lazarus:
        def __del__(self):
            label()
            KEPT.append(self)

    lost = Lazarus()
    lost.myself = lost
    return lost


@row()
def garbage_with_a_finalizer():
    """A cycle that nobody holds: it is in the snapshot, and is not finalized by it."""
    cycle = instance_with(**{"del": noting("__del__", None)})
    cycle.me = cycle
    weakref.finalize(cycle, noting("finalize", None)).atexit = False
    return [type(cycle)]


@row()
def descriptors_with_side_effects():
    class Descriptor:
        __get__ = biting("__get__")
        __set__ = biting("__set__")
        __set_name__ = noting("__set_name__", None)

    names = ("__name__", "__self__", "__doc__", "__code__", "args", "x")
    return type("Instance", (), {name: Descriptor() for name in names})()


@row()
def dict_attribute_is_a_property():
    hooks = {"__dict__": property(biting("__dict__")), "__slots__": ("kept",)}
    instance = type("Instance", (), hooks)()
    instance.kept = [1]
    return instance


@row()
def dict_attribute_is_a_hostile_dict():
    names = ("items", "keys", "values", "__iter__", "__len__", "__getitem__", "get")
    space = type("Space", (dict,), {name: biting(f"dict.{name}") for name in names})
    instance = type("Instance", (), {})()
    instance.__dict__ = space(a=[1])
    return instance


@row()
def dict_attribute_was_deleted():
    instance = type("Instance", (), {})()
    instance.a, instance.b = [1], [2]
    del instance.__dict__
    return instance


@row()
def attribute_names_are_hostile():
    instance = type("Instance", (), {})()
    instance.__dict__[biting_text("attribute")] = [1]
    instance.__dict__[7] = [2]
    return instance


@row()
def keys_are_hostile():
    key = type("Key", (), {"__hash__": lambda self: 1})()
    type(key).__eq__ = noting("key.__eq__", False)
    type(key).__repr__ = biting("key.__repr__")
    KEPT.append({key, 8})
    return {key: 1, biting_text("k"): 2, 1: 3, (biting_text("in a tuple"), key): 4}


@row()
def key_is_a_deep_tuple():
    key = ()
    for _ in range(5_000):
        key = (key,)
    return {key: 1} if sys.version_info >= (3, 12) else [key]


@row()
def keys_are_enormous():
    return {10**5000: 1, b"b" * 100_000: 2, "s" * 100_000: 3, float("nan"): 4, -(2**63): 5}


@row()
def objects_that_were_never_initialised():
    kinds = (io.TextIOWrapper, io.BufferedReader, socket.socket, threading.Thread, sqlite3.Cursor)
    KEPT.extend(kind.__new__(kind) for kind in kinds)
    KEPT.append(sqlite3.Connection.__new__(sqlite3.Connection))
    KEPT.append(collections.deque.__new__(collections.deque))
    KEPT.append(decimal.Context.__new__(decimal.Context))
    KEPT.append(types.ModuleType.__new__(types.ModuleType))
    KEPT.append(OSError.__new__(OSError))
    return KEPT[-1]


@row()
def bytes_of_five_gigabytes():
    """The pages are never touched: it costs address space and no memory."""
    return bytes(5 << 30)


@row()
def chain_of_a_hundred_thousand():
    head = None
    for _ in range(100_000):
        head = [head]
    return head


@row()
def objects_that_mock_everything():
    from unittest import mock

    def touched(*args, **keywords):
        return called(*args, **keywords)

    called = noting("mock side effect", 1)
    return mock.MagicMock(side_effect=touched)
