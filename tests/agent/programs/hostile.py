"""A heap full of objects that bite, of which none may notice that a snapshot is taken.

Arguments: FOLDER [fork | inline | touch]. Every hook writes its name to FOLDER/bites, once armed; a file, since what
runs in the child must show too. Tells the path of the snapshot. With ``touch`` the program itself touches one of them: a check on the hooks.
"""

import collections
import gc
import os
import sys
import threading
import types
import weakref

from telling import tell

import heapsnap
from heapsnap.agent import fork

FOLDER = sys.argv[1]
STATE = {"armed": False}
ADDRESSES = {}


def bite(name):
    if STATE["armed"]:
        with open(os.path.join(FOLDER, "bites"), "a", encoding="utf-8") as file:
            file.write(f"{name} in {os.getpid()}\n")


def biting(name, error=ValueError):
    """A method that must not be called while a snapshot is taken."""

    def hook(*args, **keywords):
        bite(name)
        if STATE["armed"]:
            raise error(name)
        return NotImplemented

    return hook


class Attributes:
    def __getattribute__(self, name):
        bite("__getattribute__ " + name)
        return object.__getattribute__(self, name)

    __class__ = property(biting("__class__"))


class Descriptors:
    """Names that the agent looks for, taken by code."""

    __slots__ = ("kept",)
    __dict__ = property(biting("__dict__"))
    __name__ = property(biting("__name__"))
    __module__ = property(biting("__module__"))
    __self__ = property(biting("__self__"))
    __doc__ = property(biting("__doc__"))


class Meta(type):
    __name__ = property(biting("metaclass __name__"))
    __module__ = property(biting("metaclass __module__"))
    __mro__ = property(biting("metaclass __mro__"))
    __bases__ = property(biting("metaclass __bases__"))
    __dict__ = property(biting("metaclass __dict__"))
    __flags__ = property(biting("metaclass __flags__"))
    __subclasses__ = biting("metaclass __subclasses__")
    __instancecheck__ = biting("__instancecheck__")

    def __eq__(cls, other):
        bite("metaclass __eq__")
        return cls is other

    def __hash__(cls):
        bite("metaclass __hash__")
        return 1

    def __getattribute__(cls, name):
        bite("metaclass __getattribute__ " + name)
        return super().__getattribute__(name)


class UnhashableMeta(type):
    def __eq__(cls, other):
        bite("metaclass __eq__")
        return False


class Masked(metaclass=Meta):
    pass


class Unhashable(metaclass=UnhashableMeta):
    pass


def sized(result, raises=None):
    def __sizeof__(self):
        bite("__sizeof__")
        if raises is not None:
            raise raises
        return result

    return type("Sized", (), {"__sizeof__": __sizeof__})()


class Table(dict):
    for _name in (
        "keys",
        "values",
        "items",
        "get",
        "__iter__",
        "__len__",
        "__getitem__",
        "__contains__",
    ):
        locals()[_name] = biting("dict." + _name)
    del _name


class Rows(list):
    __iter__ = biting("list.__iter__")
    __len__ = biting("list.__len__")
    __getitem__ = biting("list.__getitem__")


class Text(str):
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        bite("str.__eq__")
        return str.__eq__(self, other)

    __str__ = biting("str.__str__")
    __repr__ = biting("str.__repr__")
    __len__ = biting("str.__len__")
    __getitem__ = biting("str.__getitem__")
    __format__ = biting("str.__format__")
    encode = biting("str.encode")
    isascii = biting("str.isascii")


class Number(int):
    __repr__ = biting("int.__repr__")
    __index__ = biting("int.__index__")
    __eq__ = biting("int.__eq__")
    __hash__ = int.__hash__


class Key:
    def __hash__(self):
        bite("key.__hash__")
        return 1

    def __eq__(self, other):
        bite("key.__eq__")
        return self is other

    __repr__ = biting("key.__repr__")
    __bool__ = biting("key.__bool__")


class Deleted:
    def __del__(self):
        bite("__del__")


class Module(types.ModuleType):
    def __getattr__(self, name):
        bite("module.__getattr__ " + name)
        raise AttributeError(name)


class Namespace(dict):
    def __getitem__(self, name):
        bite("namespace.__getitem__")
        return dict.__getitem__(self, name)

    def __setitem__(self, name, value):
        bite("namespace.__setitem__")
        dict.__setitem__(self, name, value)

    keys = biting("namespace.keys")
    items = biting("namespace.items")


class Prepared(type):
    @classmethod
    def __prepare__(cls, name, bases):
        return Namespace()


class Thread(threading.Thread):
    name = property(biting("thread.name"), biting("thread.name"))
    __hash__ = threading.Thread.__hash__

    def __eq__(self, other):
        bite("thread.__eq__")
        return self is other


def plant():
    kept = [Attributes(), Descriptors(), Masked(), Unhashable(), Masked, Unhashable]
    kept[0].x = 1
    kept[1].kept = kept
    ADDRESSES["Masked"] = id(Masked)
    kept += [
        sized(-5),
        sized("x"),
        sized(2**70),
        sized(0, ValueError()),
        sized(0, KeyboardInterrupt()),
    ]
    kept += [Table(a=1), Rows([1, 2]), Text("text"), Number(7)]
    holder = types.SimpleNamespace()
    holder.__dict__[Text("attribute")] = 1
    plain = Key()
    plain.__dict__[Text("attribute")] = 2
    kept += [holder, plain]
    kept += [{Key(): 1, Text("key"): 2, Number(3): 3}, {Text("only"): 1}, {Key(), Text("member")}]
    kept.append({(Text("in a tuple"), Number(1)): 1, frozenset([Text("frozen")]): 2})
    kept += [Deleted(), Deleted()]
    watched = Key()
    kept += [watched, weakref.ref(watched, biting("weakref callback"))]
    dead = Key()
    kept.append(weakref.proxy(dead))
    del dead
    kept.append("\ud800 lone")
    kept.append({"\ud800": 1, "\x1b[31m": 2, "n" * 100_000: 3})
    odd = type("Odd", (), {})
    odd.__qualname__ = "\udcff" + "N" * 100_000
    kept.append(odd())
    kept.append(type("Kind\n\x1b[31m", (), {"__module__": 7})())
    kept.append(type("Renamed", (), {"__module__": Text("module"), "__qualname__": "Renamed"})())
    wide = collections.namedtuple("wide", ["a", "b"])
    kept.append(tuple.__new__(wide, range(100_000)))
    module = Module("biting")
    module.__name__ = Text("biting")
    sys.modules["biting"] = module
    sys.modules["nothing"] = None
    sys.modules["number"] = 7
    sys.modules[Text("odd")] = module
    function = types.FunctionType((lambda: 0).__code__, {"__name__": Text("global name")})
    function.__qualname__ = Text("odd qualified name")
    function.__module__ = Key()
    function.__doc__ = Key()
    kept.append(function)
    return kept


def take(path):
    STATE["armed"] = True
    taken = heapsnap.dump(path)
    STATE["armed"] = False
    return taken


def take_in_half_built_tuple(path):
    def items():
        yield [1]
        yield take(path)

    return tuple(items())[1]


def take_in_class_body(path):
    class Body(metaclass=Prepared):
        taken = take_in_half_built_tuple(path)

    return Body.taken


def wait_in_thread(ready):
    local = {Text("local"): Key()}
    ready.set()
    threading.Event().wait()
    return local


def refuse():
    raise OSError(11, "no process for you")


def main(mode="fork"):
    if mode == "inline":
        fork._fork = refuse
    gc.disable()
    kept = plant()
    if mode == "touch":
        STATE["armed"] = True
        kept[0].x
        os._exit(0)
    ready = threading.Event()
    Thread(target=wait_in_thread, args=(ready,), daemon=True).start()
    ready.wait()
    sys.argv[0] = Text(sys.argv[0])
    path = take_in_class_body(os.path.join(FOLDER, "hostile.json"))
    tell(path=path, addresses=ADDRESSES, kept=len(kept))
    os._exit(0)


main(*sys.argv[2:])
