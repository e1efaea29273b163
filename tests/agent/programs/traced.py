"""Objects of many kinds, each allocated at a line that is known, under tracemalloc.

Arguments: FILE MODE. Takes a snapshot there, in a child (`fork`) or inline, and tells for each kind the address
and the line; for those that nobody saw the address alone.
"""

import copy
import sys
import tracemalloc

from telling import tell

PATH, MODE = sys.argv[1:]
LINES, KEPT = {}, {}


class Plain:
    def __init__(self):
        self.number = 1


class Slotted:
    __slots__ = ("__weakref__", "number")


class Mapping(dict):
    pass


def keep(kind, item):
    LINES[kind] = sys._getframe(1).f_lineno
    KEPT[kind] = item


UNSEEN = [Plain(), [], b"unseen" * 9]
# What is on the free lists when tracing begins is memory that nobody saw allocated.
EMPTIED = [([], {}) for _ in range(200)]
tracemalloc.start(8)
keep("plain", Plain())
keep("slotted", Slotted())
keep("mapping", Mapping())
keep("list", [1, 2])
keep("dict", {"key": 1})
keep("text", "x" * len(PATH))
keep("bytes", bytes(77))
keep("function", lambda: None)
keep("class", type("Made", (), {}))
keep("generator", (number for number in KEPT))
keep("error", ValueError("x"))
keep("copied by the library", copy.deepcopy(KEPT["plain"]))

import heapsnap  # noqa: E402 - so that the agent's own modules are traced as well

if MODE == "inline":
    from heapsnap.agent import fork

    fork.can_fork = False
heapsnap.dump(PATH)
tell(
    file=__file__,
    lines={kind: (id(item), LINES[kind]) for kind, item in KEPT.items()},
    unseen=list(map(id, UNSEEN)),
)
