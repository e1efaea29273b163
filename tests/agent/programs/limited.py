"""Caches that say how many entries they may have, and objects that look as if they did.

Arguments: PATH, then fork, inline or redact. Tells the addresses by what each should be called, which
code of the program ran meanwhile, and whether a dict was made for what had its attributes inline.
"""

import collections
import functools
import gc
import os
import sys

from telling import tell

import heapsnap
from heapsnap.agent import fork

PATH, MODE = sys.argv[1:3]
RUN = []
NAMED, UNNAMED = [], {}


def bite(name):
    def run(*_, **__):
        RUN.append(name)
        return 99

    return run


def called(name, item):
    NAMED.append((name, item))
    return item


def nameless(label, item):
    UNNAMED[label] = item
    return item


class Cache:
    """As cachetools has it: the attribute is mangled, and a property stands before it."""

    def __init__(self, maxsize):
        self.__maxsize = maxsize
        self.__data = {("key", 1): object()}

    maxsize = property(bite("property"))
    __getattr__ = bite("__getattr__")


class LRUCache(Cache):
    def __init__(self, maxsize):
        Cache.__init__(self, maxsize)
        self.__order = collections.OrderedDict()


class Slotted:
    __slots__ = ("_max_entries", "data")

    def __init__(self, limit):
        if limit is not None:
            self._max_entries = limit


class WithBoth:
    __slots__ = ("__dict__", "size_limit")


class Recent(collections.OrderedDict):
    def __init__(self, capacity):
        super().__init__()
        self.capacity = capacity


class Frozen:
    """Its code names no attribute, but what it is given."""

    def __init__(self, max_items):
        vars(self)["max_items"] = max_items


class Lying:
    def __init__(self, limit):
        self.SECRET_MAX_SIZE = limit

    def __getattribute__(self, name):
        RUN.append(f"__getattribute__ {name}")
        return object.__getattribute__(self, name)


class Covered(Lying):
    __dict__ = property(bite("__dict__"))


class Plain:
    def __init__(self, limit):
        self.maxsize = limit


class OfClass:
    maxsize = 8

    def __init__(self):
        self.size = self.maxsize


class Callable:
    def __call__(self, *_):
        self.maxsize = 4

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)


class NoFunction:
    __init__ = Callable()


class Text(str):
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        RUN.append("str.__eq__")
        return str.__eq__(self, other)


class Number(int):
    __gt__ = __lt__ = __str__ = __repr__ = __format__ = bite("int")


def cached(limit):
    return functools.lru_cache(limit)(lambda x: x)


def wrapped(told):
    wrapper = cached(3)
    wrapper.cache_parameters = told
    return wrapper


def closed_over(maxsize, *, is_there=True):
    def told():
        return maxsize

    if not is_there:
        del maxsize
    return told


def plant():
    called("maxsize=4096", cached(4096))("x")
    called("maxsize=128", functools.lru_cache(lambda x: x))
    called("maxsize=64", wrapped(closed_over(64)))
    for label, wrapper in {
        "no limit": cached(None),
        "keeps nothing": cached(0),
        "not made by functools": functools._lru_cache_wrapper(len, 3, False, tuple),
        "told by no function": wrapped(Callable()),
        "told by a number": wrapped(5),
        "not told": wrapped(lambda: 7),
        "an empty cell": wrapped(closed_over(5, is_there=False)),
        "true": wrapped(closed_over(True)),
        "a text": wrapped(closed_over("5")),
        "below zero": wrapped(closed_over(-5)),
        "a number of another class": wrapped(closed_over(Number(5))),
        "of so many digits": wrapped(closed_over(10**5000)),
    }.items():
        nameless(label, wrapper)
    odd = nameless("told under an odd key", cached(3))
    vars(odd).clear()
    vars(odd)[Text("cache_parameters")] = closed_over(5)

    called("maxsize=300", Cache(300))
    called("maxsize=301", LRUCache(301))
    called("max_entries=302", Slotted(302))
    called("maxsize=303", Plain(303))
    both = called("size_limit=304", WithBoth())
    both.size_limit = 304
    called("max_size=307", Lying(307))
    if MODE != "inline":
        called("capacity=305", Recent(305))["x"] = 1
        called("max_items=306", Frozen(306))
        called("max_size=308", Covered(308))
    nameless("empty slot", Slotted(None))
    nameless("of the class", OfClass())
    for limit in (None, 0, -1, True, 5.0, "5", 1 << 20, 10**5000, Number(5), []):
        nameless(f"plain {type(limit).__name__} {UNNAMED.keys().__len__()}", Plain(limit))
    nameless("no function", NoFunction())
    nameless("not initialised", Plain.__new__(Plain))
    odd = nameless("odd key", Plain(5))
    vars(odd).clear()
    vars(odd)[Text("maxsize")] = 5


def dicts_of_inline():
    """Dicts with attributes of what nobody has asked for its ``__dict__``."""
    own = "_LRUCache__order"
    return sum(type(item) is dict and own in dict.keys(item) for item in gc.get_objects())


def refuse():
    raise OSError(11, "no process for you")


def main():
    plant()
    gc.collect()
    if MODE == "inline":
        fork._fork = refuse
    before, _ = dicts_of_inline(), RUN.clear()
    heapsnap.dump(PATH, redact=MODE == "redact")
    after, ran = dicts_of_inline(), list(RUN)
    tell(
        named=[(name, id(item)) for name, item in NAMED],
        unnamed={label: id(item) for label, item in UNNAMED.items()},
        ran=ran,
        made=after - before,
    )
    os._exit(0)


main()
