"""A heap with one hostile object for each row of a table; none may notice that a snapshot is taken.

Arguments: FOLDER fork | inline | touch [proxies]. With ``proxies`` they are those of libraries. Tells for each row the object's address, class and what
changed about it. With ``touch`` the program itself looks at the objects: a check on the hooks.
"""

import gc
import importlib
import os
import sys

from biting import FOLDER, STATE, build_all
from telling import tell

import heapsnap
from heapsnap.agent import fork

NAMES = (
    ("rows_of_proxies",)
    if "proxies" in sys.argv
    else ("rows_of_objects", "rows_of_classes", "rows_of_c")
)
MODULES = tuple(map(importlib.import_module, NAMES))
HUGE = {"bytes_of_five_gigabytes", "chain_of_a_hundred_thousand", "key_is_a_deep_tuple"}
name_of_type = type.__dict__["__name__"].__get__


def name_of(kind):
    # A name may be anybody's ``str``: only the methods of ``str`` itself are asked.
    return str.encode(name_of_type(kind), "utf-8", "backslashreplace").decode()[:400]


def refuse():
    raise OSError(11, "no process for you")


def describe(built):
    """What must be the same before and after, by row; of all that is kept, not of the rows alone."""
    counts = {name: sys.getrefcount(value) for name, value in built.items()}
    kept = [value for module in MODULES for value in module.KEPT]
    counts["kept"] = [sys.getrefcount(value) for value in kept]
    referents = {name: list(map(id, gc.get_referents(value))) for name, value in built.items()}
    return {"refcounts": counts, "referents": referents}


def touch(built):
    for name in built.keys() - HUGE:
        value = built[name]
        for look in (repr, hash, dir, sys.getsizeof, len, bool, lambda v: v.x, lambda v: v == 1):
            try:
                look(value)
            except BaseException:
                pass


def main(mode):
    if mode == "inline":
        fork._fork = refuse
    gc.disable()
    built = {name: value for name, value in build_all().items() if value is not None}
    describe(built)
    before = describe(built)
    STATE["armed"] = True
    if mode == "touch":
        touch(built)
        os._exit(0)
    path = heapsnap.dump(os.path.join(FOLDER, "rows.json"))
    STATE["armed"] = False
    after = describe(built)
    changed = {
        name: [before[what][name], after[what][name]]
        for what in before
        for name in before[what]
        if before[what][name] != after[what][name]
    }
    rows = {
        name: {"address": id(value), "type": name_of(type(value))} for name, value in built.items()
    }
    tell(path=path, rows=rows, changed=changed, lazy=name_of(type(sys.modules.get("this"))))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[2])
