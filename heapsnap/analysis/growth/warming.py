"""Growth of a leak, or of a program that warms up: what tells them apart after two snapshots.

Owns the tiers. Every rule is about how programs and Python work in general; what cannot be
told from two snapshots is taken for warming up, and a third one tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.growth.blame import NAMED
from heapsnap.analysis.growth.companions import WEAK_REFERENCES
from heapsnap.analysis.growth.kept_items import find_other_holding
from heapsnap.analysis.growth.limits import fills_up_to_its_limit
from heapsnap.analysis.growth.spread import rises_in_most
from heapsnap.analysis.growth.turnover import find_turnover, stay
from heapsnap.analysis.heap.labels import ITEMS, KEY, NAMELESS
from heapsnap.analysis.heap.origins import Origin
from heapsnap.analysis.heap.places import C_ROOT
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from heapsnap.analysis.growth.tree_growth import TreeGrowth
    from heapsnap.analysis.series.series import Series

LEAK, WARMING, MADE_ONCE = 0, 1, 2
"""Growth that repeats itself, as leaks do; that of a program which warms up; things that were
made once, such as a module that was imported meanwhile."""

KEPT_PART = 0.1
"""Of the growth of one kind of item, what the container must have gained in items of all kinds."""
FEW = 10
FEW_BYTES = 64 * 1024
"""Growth by fewer objects than that is no leak yet, unless it is by as many bytes."""
SEVERAL = 50
"""Objects of the program's own classes from which on an import is not what made them."""
MANY = 100
"""Plain values in many containers of a kind, such as the rows of each connection's last result,
come and go: up to that many say nothing. Nor do as many entries of a cache of Python's own."""
FILLED_ONCE = 5
"""A table of plain values that is so many times larger was filled when it was first used."""
A_FEW_EACH = 3
"""Entries in tables of Python's own and of libraries for each module that was imported."""
MANY_IMPORTS = 20
FINALIZER = "weakref.finalize._Info"
WEAK_CONTAINERS = frozenset({"WeakSet", "WeakKeyDictionary", "WeakValueDictionary"})
THREAD_DATA = "data of the thread"
TELLING_LIBRARIES = frozenset(
    {"asyncio", "atexit", "builtins", "codecs", "concurrent", "copyreg", "gc", "linecache",
     "logging", "multiprocessing", "os", "queue", "sched", "signal", "tempfile", "threading",
     "unittest", "warnings", "weakref"}
)  # fmt: skip
"""Modules of Python's own in which programs register things, and forget to take them out."""
CALLABLES = frozenset({"function", "method"})
"""What a program hands to Python's own modules by the dozen; no table of theirs is made of it."""
TELLING_ATTRIBUTES = frozenset({".path", ".meta_path", ".path_hooks"})
"""The same, of ``sys``: what else grows there are the interpreter's own tables."""


def tier_of(tree_growth: TreeGrowth, entry: int, blamed: int, bytes_below: int) -> int:
    """``LEAK``, ``WARMING`` or ``MADE_ONCE``.

    Args:
        tree_growth: What grew.
        entry: Where growth enters.
        blamed: The place of the type to blame.
        bytes_below: Bytes that came with it.
    """
    tree = tree_growth.tree
    growth = int(tree_growth.growth[entry])
    root = tree_growth.root_by_place[entry]
    is_small = growth < FEW and bytes_below < FEW_BYTES and not tree_growth.is_repeated
    if growth <= 1:
        return MADE_ONCE
    is_programs = (
        tree_growth.rank_of(blamed) in NAMED
        and tree_growth.origins.of_type(tree.type[blamed]) == Origin.PROGRAM
    )
    if tree_growth.growth[root] > 0 and root != entry:
        return LEAK if is_programs and growth >= SEVERAL else MADE_ONCE
    if is_small or _is_bounded_by_design(tree_growth, entry, blamed, bytes_below):
        return WARMING
    if not tree_growth.is_repeated and comes_and_goes(tree_growth.series, entry, blamed):
        return WARMING
    if is_programs:
        return LEAK
    if _came_with_imports(tree_growth, entry):
        return WARMING
    if tree_growth.rank_of(blamed) > 0 and (
        tier := _tier_of_plain_values(tree_growth, entry, blamed, bytes_below)
    ):
        return tier
    return _tier_by_owner(tree_growth, entry, blamed)


def comes_and_goes(series: Series, entry: int, blamed: int) -> bool:
    """Whether things come and go where it grew: fuller than before, and no leak yet."""
    turnover = find_turnover(series, entry)
    if turnover is None or not turnover.comes_and_goes:
        return False
    if blamed != entry and stay(series, blamed):
        return False
    elsewhere = find_other_holding(series, entry)
    turnover = None if elsewhere is None else find_turnover(series, entry, elsewhere)
    return turnover is None or turnover.comes_and_goes


def is_among_many(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether several objects of one kind hold what grew, each some of it."""
    above = tree_growth.tree.parent[entry]
    return above != NO_PLACE and bool(tree_growth.tree.counts[-1][above] > 1)


def _is_bounded_by_design(
    tree_growth: TreeGrowth, entry: int, blamed: int, bytes_below: int
) -> bool:
    """Whether Python itself keeps it from growing on."""
    tree = tree_growth.tree
    if tree.type[blamed] in WEAK_REFERENCES and _is_swept(tree_growth, blamed):
        return True
    if tree_growth.rank_of(blamed) not in NAMED and _lives_with_its_key(tree_growth, entry):
        return True
    if _is_of_many_threads(tree_growth, entry, blamed):
        return True
    above = tree.parent[entry]
    if above == NO_PLACE:
        return tree.reference[entry] == THREAD_DATA
    if was_replaced(tree_growth, entry) or is_one_for_each(tree_growth, entry):
        return True
    return fills_up_to_its_limit(tree_growth, entry, bytes_below)


def is_one_for_each(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether it is an attribute, of which each owner has at most one.

    So it is with what is computed when it is first asked for, and with counters that pass the
    numbers which Python makes once for all. That there are more owners is told of these.
    """
    tree, above = tree_growth.tree, tree_growth.tree.parent[entry]
    if above == NO_PLACE or tree.reference[entry] in ITEMS | NAMELESS:
        return False
    is_held_by_owners = tree.entering[-1][entry] == tree.counts[-1][entry]
    return bool(is_held_by_owners and tree.counts[-1][entry] <= tree.counts[-1][above])


def was_replaced(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether its containers have no more entries than before: others went as these came.

    So it is where objects of a new class take the places of those of the old one, where a list of
    None is filled, and where each tuple was replaced by another of the same length.
    """
    tree, entries = tree_growth.tree, tree_growth.series.entries
    if tree.reference[entry] not in ITEMS:
        return False
    above, growth = tree.parent[entry], tree_growth.growth
    gained = int(entries[-1][above] - entries[0][above])
    if not entries[-1][above]:  # a container of C's
        gained = sum(
            int(growth[child])
            for child in tree_growth.children[above]
            if tree.reference[child] == tree.reference[entry]
        )
    gained += int(growth[entry]) - tree_growth.entered(entry)  # at the far end of a linked list
    return gained < KEPT_PART * int(growth[entry])


def _is_of_many_threads(tree_growth: TreeGrowth, entry: int, blamed: int) -> bool:
    """Whether plain values are local variables of a function that several threads are in.

    How many of them are in it at the moment of a snapshot, and how far, is chance.
    """
    tree, root = tree_growth.tree, tree_growth.root_by_place[entry]
    is_local = tree.reference[root] in tree_growth.frame_labels
    is_plain = tree_growth.rank_of(blamed) > 0 and not tree_growth.is_repeated
    return is_local and is_plain and (root == entry or int(tree.counts[-1][root]) > 1)


def _came_with_imports(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether so much was imported meanwhile that the tables of libraries grew by that."""
    imported = tree_growth.imported_modules
    owner = tree_growth.origin_of_root(entry)
    is_theirs = owner in {Origin.PYTHON, Origin.LIBRARY} or (
        tree_growth.tree.reference[tree_growth.root_by_place[entry]] == C_ROOT
    )
    growth = int(tree_growth.growth[entry])
    return imported >= MANY_IMPORTS and is_theirs and growth <= A_FEW_EACH * imported


def _is_swept(tree_growth: TreeGrowth, place: int) -> bool:
    """Whether weak references stand where dead ones are taken out: the living are the leak.

    Weak sets and dicts do so, and what C code keeps for itself.
    """
    tree = tree_growth.tree
    path = tree.path(place)
    in_weak = any(tree.type[p].rpartition(".")[2] in WEAK_CONTAINERS for p in path)
    return in_weak or "?" in {tree.reference[p] for p in path}


def _lives_with_its_key(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether it goes when the object goes that it was noted for: that object may be the leak.

    What such a table holds is to blame only where it keeps that object itself, and then
    it is of a class that a person would name.
    """
    tree = tree_growth.tree
    path = tree.path(entry)
    in_weak_keys = any(
        tree.type[holder].rpartition(".")[2] == "WeakKeyDictionary"
        and (tree.reference[table], tree.reference[item]) == (".data", "[*]")
        for holder, table, item in zip(path, path[1:], path[2:], strict=False)
    )
    return in_weak_keys or tree.type[entry] == FINALIZER


def _tier_of_plain_values(
    tree_growth: TreeGrowth, entry: int, blamed: int, bytes_below: int
) -> int:
    """The tier of what is of a type that says little; ``LEAK`` where nothing speaks against it."""
    tree = tree_growth.tree
    growth = int(tree_growth.growth[entry])
    is_once = not tree_growth.is_repeated
    if tree.reference[entry] == KEY and growth < MANY and is_once:
        # The keys of a dict whose values are old objects, or none but True: few mean nothing.
        return MADE_ONCE
    is_little = is_among_many(tree_growth, entry) and growth < MANY and bytes_below < FEW_BYTES
    # An attribute is there once in each object: only collections gain more and more.
    is_item = tree.reference[entry] in ITEMS
    if is_little and is_once and not (is_item and rises_in_most(tree_growth.series, entry)):
        return WARMING
    is_pythons = tree_growth.origins.of_type(tree.type[blamed]) == Origin.PYTHON
    if is_pythons and tree.reference[tree_growth.root_by_place[entry]] == C_ROOT:
        # The tuples of code and the tables of classes are C's own: imports make them.
        return WARMING
    is_new = tree.counts[0][blamed] == 0
    is_library = tree_growth.origin_of_root(entry) == Origin.LIBRARY
    if is_new and is_library and tree.type[blamed] in tree_growth.leaf_types:
        return WARMING
    return LEAK


def _tier_by_owner(tree_growth: TreeGrowth, entry: int, blamed: int) -> int:
    """The tier by whose module it grows in: Python's own have caches that fill and stay."""
    tree = tree_growth.tree
    if tree_growth.root_by_place[entry] == entry or not is_pythons_own(tree_growth, entry):
        return LEAK
    if tree.type[blamed] in CALLABLES:
        return LEAK
    growth = int(tree_growth.growth[entry])
    # What had many entries before was in use then, and grows on.
    known = int(tree.counts[0][entry])
    is_filled = known < SEVERAL and growth >= FILLED_ONCE * known
    if growth < MANY or (is_filled and tree_growth.rank_of(blamed) > 0):
        return WARMING
    return LEAK


def is_pythons_own(tree_growth: TreeGrowth, place: int) -> bool:
    """Whether it stands in a module of Python's own in which programs register nothing.

    What an object of the program's keeps is the program's, wherever that object is.
    """
    if tree_growth.origin_of_root(place) != Origin.PYTHON or _is_in_programs(tree_growth, place):
        return False
    tree, root = tree_growth.tree, tree_growth.root_by_place[place]
    library = tree.reference[root].partition(".")[0].removeprefix("_")  # ``_asyncio`` is in C
    attributes = {tree.reference[step] for step in tree.path(place)[1:3]}
    return library not in TELLING_LIBRARIES and not (
        library == "sys" and attributes & TELLING_ATTRIBUTES
    )


def _is_in_programs(tree_growth: TreeGrowth, place: int) -> bool:
    """Whether an object of a class of the program's leads to it."""
    tree = tree_growth.tree
    return any(
        tree_growth.rank_of(step) in NAMED
        and tree_growth.origins.of_type(tree.type[step]) == Origin.PROGRAM
        for step in tree.path(place)[:-1]
    )
