"""The places where growth enters the heap, and how much each of them is to blame for.

Owns the choice and the ranking of entries in a tree of places; no words, no chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.garbage import CLASS, WRAPPER
from heapsnap.analysis.growth import NO_PLACE
from heapsnap.analysis.places import C_ROOT
from heapsnap.analysis.roots import is_standard_library

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from heapsnap.analysis.growth import PlaceTree
    from heapsnap.analysis.series import Series

KEY = "<key>"
VESSELS = 9
"""Growth of a place that may be a mere vessel: a registry made on first use, then filled, or the
blocks of a queue that C keeps. Fewer than ``FEW`` objects are no leak by themselves."""
FILLED = 8
"""How many times more the contents grew than the vessel, for the contents to be the leak."""
VESSEL_DEPTH = 8
SHARED = 0.45
"""Objects for each of the containers that hold them, if two containers may hold the same one."""
NAMED = frozenset({0, CLASS})
"""Ranks of the types that a person would name."""
NO_VESSELS = frozenset({"function", "code", "type", "tuple", "frame"})
FEW = 10
FEW_BYTES = 64 * 1024
"""Growth by fewer objects than that is no leak yet, unless it is by as many bytes."""
MANY = 100
"""Plain values in many containers of a kind, such as the rows of each connection's last result,
come and go: up to that many say nothing."""
WARMING = 100
"""Growth below which a place under Python's own modules is taken for a cache that warms up."""
LRU_WRAPPER, LRU_LINK = "functools._lru_cache_wrapper", "functools._lru_list_elem"
LRU_LIMIT = 128
"""Entries that ``functools.lru_cache`` keeps unless told otherwise: until then it only fills."""
TELLING_LIBRARIES = frozenset(
    {"asyncio", "atexit", "concurrent", "gc", "logging", "multiprocessing", "queue", "sched",
     "signal", "threading", "unittest", "weakref"}
)  # fmt: skip
"""Modules of Python's own in which programs register things, and forget to take them out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A place at which growth enters.

    ``blamed`` is the place at or below ``place`` whose type a person would name: the entry
    itself, or what its tuples, methods and dicts hold one of each. ``bytes_growth`` is that of
    the blamed place, ``tree_bytes_growth`` that of the entry with everything below it.
    ``tier``: 0 for growth that repeats itself, as leaks do; 1 for what looks like a program
    that warms up; 2 for things that were made once, such as a module that was imported meanwhile.
    """

    place: int
    blamed: int
    growth: int
    bytes_growth: int
    tree_bytes_growth: int
    tier: int


def find_entries(
    tree: PlaceTree,
    *,
    plumbing_by_type: dict[str, int],
    leaf_types: AbstractSet[str] = frozenset(),
    before: int = 0,
    after: int = -1,
) -> list[Entry]:
    """Find where growth enters, the worst first.

    Args:
        tree: The heaps laid over each other.
        plumbing_by_type: Full type name → 0 for what a person would blame, more for what
            merely connects.
        leaf_types: Full names of types whose objects refer to nothing.
        before: Number of the baseline in the tree.
        after: Number of the heap that may have grown.
    """
    growth = tree.counts[after] - tree.counts[before]
    bytes_growth = tree.sizes[after] - tree.sizes[before]
    tree_bytes = tree.subtree_sums(np.maximum(bytes_growth, 0))
    net_by_type = _net_growth(tree, growth)
    children = _children(tree)
    entries = []
    for place in np.flatnonzero(growth > 0).tolist():
        above = tree.parent[place]
        if above != NO_PLACE and growth[above] > 0:
            continue
        entry = _filled_vessel(place, tree, growth, children)
        blamed = _blame(entry, tree, growth, children, plumbing_by_type, before, after)
        net = net_by_type[tree.type[blamed]]
        if net <= 0:
            # Its objects came here from elsewhere; there are no more of them than before.
            continue
        entries.append(
            Entry(
                place=entry,
                blamed=blamed,
                growth=int(min(growth[blamed], net)),
                bytes_growth=int(bytes_growth[blamed]),
                tree_bytes_growth=int(tree_bytes[entry]),
                tier=_tier(entry, blamed, tree, growth, tree_bytes, plumbing_by_type),
            )
        )
    entries += _swollen(tree, growth, bytes_growth, leaf_types, children)
    entries.sort(key=lambda e: (e.tier, -e.tree_bytes_growth, -e.growth, e.place))
    return _without_companions(entries, tree, plumbing_by_type)


def find_leaks(series: Series) -> frozenset[int]:
    """The places at which growth enters as it does in leaks."""
    entries = find_entries(
        series.tree, plumbing_by_type=series.plumbing_by_type, leaf_types=series.leaf_types
    )
    return frozenset(entry.place for entry in entries if entry.tier == 0)


def _swollen(
    tree: PlaceTree,
    growth: NDArray[np.int64],
    bytes_growth: NDArray[np.int64],
    leaf_types: AbstractSet[str],
    children: dict[int, list[int]],
) -> list[Entry]:
    """Places whose objects are no more than before but much larger: a buffer that is never cut.

    So is a list of small numbers or of None, to which no new object belongs.
    """
    net_bytes: dict[str, int] = {}
    for kind, size in zip(tree.type, bytes_growth.tolist(), strict=True):
        net_bytes[kind] = net_bytes.get(kind, 0) + size
    large = np.flatnonzero((bytes_growth >= FEW_BYTES) & (growth <= 0) & (tree.counts[-1] > 0))
    return [
        Entry(
            place=place,
            blamed=place,
            growth=int(growth[place]),
            bytes_growth=int(bytes_growth[place]),
            tree_bytes_growth=int(bytes_growth[place]),
            tier=1
            if tree.type[root := tree.path(place)[0]] == "module"
            and is_standard_library(tree.reference[root])
            else 0,
        )
        for place in large.tolist()
        # What a container weighs is told by its entries; and what merely moved has not grown.
        if (tree.type[place] in leaf_types or _has_no_new_entries(place, growth, children))
        and net_bytes[tree.type[place]] >= FEW_BYTES
    ]


def _has_no_new_entries(
    place: int, growth: NDArray[np.int64], children: dict[int, list[int]]
) -> bool:
    return all(growth[child] <= 0 for child in children.get(place, ()))


def _without_companions(
    entries: list[Entry], tree: PlaceTree, plumbing_by_type: dict[str, int]
) -> list[Entry]:
    """Leave out what came along into the same container: the keys beside the values, say."""
    kept: list[Entry] = []
    taken: set[int] = set()
    telling = {tree.parent[e.place] for e in entries if not plumbing_by_type[tree.type[e.blamed]]}
    with_values = {tree.parent[e.place] for e in entries if tree.reference[e.place] != KEY}
    for entry in entries:
        above = tree.parent[entry.place]
        says_little = plumbing_by_type[tree.type[entry.blamed]] > 0
        if above != NO_PLACE and says_little and (above in taken or above in telling):
            continue
        if says_little and tree.reference[entry.place] == KEY and above in with_values:
            continue
        taken.add(above)
        kept.append(entry)
    return kept


def _tier(
    entry: int,
    blamed: int,
    tree: PlaceTree,
    growth: NDArray[np.int64],
    tree_bytes: NDArray[np.int64],
    plumbing_by_type: dict[str, int],
) -> int:
    root = tree.path(entry)[0]
    if growth[entry] <= 1 or (growth[root] > 0 and root != entry):
        return 2
    if growth[entry] < FEW and tree_bytes[entry] < FEW_BYTES:
        return 1
    if _is_filling_lru(entry, tree):
        return 1
    says_little = plumbing_by_type[tree.type[blamed]] > 0
    if says_little and tree.reference[entry] == KEY and growth[entry] < WARMING:
        # The keys of a dict whose values are old objects, or none but True: few mean nothing.
        return 2
    above = tree.parent[entry]
    is_among_many = above != NO_PLACE and tree.counts[-1][above] > 1
    if says_little and is_among_many and growth[entry] < MANY and tree_bytes[entry] < FEW_BYTES:
        return 1
    if says_little and tree.reference[root] == C_ROOT:
        # The tuples of code and the tables of classes are C's own: imports make them.
        return 1
    library = tree.reference[root].partition(".")[0]
    is_own = is_standard_library(library) and tree.type[root] == "module" and root != entry
    return 1 if is_own and library not in TELLING_LIBRARIES and growth[entry] < WARMING else 0


def _is_filling_lru(entry: int, tree: PlaceTree) -> bool:
    """Whether the entry stands in an ``lru_cache`` that has a limit and may not have reached it.

    Only a cache with a limit links its entries (Modules/_functoolsmodule.c).
    """
    path = tree.path(entry)
    for wrapper, below in pairwise(path):
        if tree.type[wrapper] == LRU_WRAPPER and tree.reference[below] == "<cache>":
            links = [
                place
                for place, kind in enumerate(tree.type)
                if kind == LRU_LINK and wrapper in tree.path(place)
            ]
            most = LRU_LIMIT * int(tree.counts[-1][wrapper])
            return bool(links) and bool(tree.counts[-1][entry] <= most)
    return False


def _net_growth(tree: PlaceTree, growth: NDArray[np.int64]) -> dict[str, int]:
    net: dict[str, int] = {}
    for kind, count in zip(tree.type, growth.tolist(), strict=True):
        net[kind] = net.get(kind, 0) + count
    return net


def _children(tree: PlaceTree) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for place, above in enumerate(tree.parent):
        if above != NO_PLACE:
            children.setdefault(above, []).append(place)
    return children


def _filled_vessel(
    place: int, tree: PlaceTree, growth: NDArray[np.int64], children: dict[int, list[int]]
) -> int:
    """The contents that grew, if the place is a vessel of theirs that is new itself."""
    if growth[place] > VESSELS:
        return place
    vessels = [place]
    for _ in range(VESSEL_DEPTH):
        below = [
            child
            for vessel in vessels
            if tree.type[vessel] not in NO_VESSELS
            for child in children.get(vessel, ())
            if growth[child] > 0
        ]
        filled = [child for child in below if growth[child] >= FILLED * growth[place]]
        if filled:
            return max(filled, key=lambda child: (growth[child], -child))
        vessels = below
    return place


def _blame(
    entry: int,
    tree: PlaceTree,
    growth: NDArray[np.int64],
    children: dict[int, list[int]],
    plumbing_by_type: dict[str, int],
    before: int,
    after: int,
) -> int:
    """The nearest place from the entry down whose type says something, one for each object."""
    is_module = tree.parent[entry] == NO_PLACE and tree.type[entry] == "module"
    if plumbing_by_type[tree.type[entry]] in NAMED or is_module:
        return entry
    entered = int(tree.entering[after][entry] - tree.entering[before][entry])
    # A list that grows at its far end has no more entrances than before.
    least = (entered if entered > 0 else growth[entry]) * SHARED
    frontier = [entry]
    for _ in range(4):
        below = [
            child
            for place in frontier
            for child in children.get(place, ())
            # As many of them as of the entry's objects: one each, or one for two that share it.
            if least <= growth[child] <= growth[entry] * 2
        ]
        telling = [child for child in below if plumbing_by_type[tree.type[child]] in NAMED]
        if plumbing_by_type[tree.type[entry]] == WRAPPER:
            # From a class of Python's own only one of the program leads on.
            telling = [child for child in telling if not is_standard_library(tree.type[child])]
        if telling:
            return min(telling, key=lambda child: (-growth[child], tree.type[child], child))
        if not below:
            break
        frontier = below
    return entry
