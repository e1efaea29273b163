"""Whom to blame for an entry: the nearest type below it that a person would name.

Owns that choice; where growth enters is ``entries``' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.heap.garbage import CLASS, WRAPPER
from heapsnap.analysis.heap.origins import Origin
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from heapsnap.analysis.growth.tree_growth import TreeGrowth

DEEPEST = 6
"""Steps from a tuple to the object of a bound method in a closure of a partial in it."""
SHARED = 0.45
"""Objects for each of the containers that hold them, if two containers may hold the same one."""
MOST_FOR_EACH = 2
MOST_IN_EACH = 20
"""Objects of the one telling type in each list: a list of events is told by its events."""
OUTER_OF = {
    Origin.PYTHON: {Origin.LIBRARY, Origin.PROGRAM},
    Origin.LIBRARY: {Origin.PROGRAM},
    Origin.PROGRAM: {Origin.PROGRAM},
}
LIST = 8
"""Rank from which on a type is a mere container."""
NAMED = frozenset({0, CLASS})
"""Ranks of the types that a person would name."""


def blame(tree_growth: TreeGrowth, entry: int, entries: AbstractSet[int]) -> int:
    """The place from the entry down whose type says something, one for each object.

    Args:
        tree_growth: What grew.
        entry: Where growth enters.
        entries: All such places: none below this one is its doing.
    """
    tree, growth = tree_growth.tree, tree_growth.growth
    rank = tree_growth.rank_of(entry)
    origin = tree_growth.origins.of_type(tree.type[entry])
    if origin == Origin.LIBRARY and tree.type[entry] in tree_growth.series.extension_types:
        rank = WRAPPER  # a handle of an extension's, and in it a callback of the program's
    if rank in NAMED or (tree.parent[entry] == NO_PLACE and tree.type[entry] == "module"):
        return entry
    entered = tree_growth.entered(entry)
    # A list that grows at its far end has no more entrances than before, and one that is reached on
    # another way has nothing but new ones.
    least = (min(entered, growth[entry]) if entered > 0 else growth[entry]) * SHARED
    frontier, wrapper = [entry], entry
    for _ in range(DEEPEST):
        below = [
            child
            for place in frontier
            for child in tree_growth.children.get(place, ())
            if child not in entries and least <= growth[child] <= growth[entry] * MOST_FOR_EACH
        ]
        telling = [child for child in below if tree_growth.rank_of(child) in NAMED]
        if rank == WRAPPER:
            # From a class of Python's own one of the program or a library leads on, from a
            # library's only one of the program.
            told = OUTER_OF[origin]
            telling = [c for c in telling if tree_growth.origins.of_type(tree.type[c]) in told]
        if telling:
            return min(telling, key=lambda child: (-growth[child], tree.type[child], child))
        if rank >= LIST and (several := _several_in_each(tree_growth, frontier, entry, entries)):
            return several[0]
        is_wrapped = rank > WRAPPER and wrapper == entry
        wrapper = min(
            (child for child in below if is_wrapped and _is_wrapper(tree_growth, child)),
            key=lambda child: (-growth[child], tree.type[child], child),
            default=wrapper,
        )
        if not below:
            break
        frontier = below
    return wrapper


def _several_in_each(
    tree_growth: TreeGrowth, frontier: list[int], entry: int, entries: AbstractSet[int]
) -> list[int]:
    """Of a list or dict the one kind of item that a person would name, if there is but one."""
    growth = tree_growth.growth
    items = [
        child
        for place in frontier
        for child in tree_growth.children.get(place, ())
        if child not in entries
        and MOST_FOR_EACH * growth[entry] < growth[child] <= MOST_IN_EACH * growth[entry]
    ]
    telling = [child for child in items if tree_growth.rank_of(child) in NAMED]
    return telling if len(telling) == 1 else []


def _is_wrapper(tree_growth: TreeGrowth, place: int) -> bool:
    """Whether it says more than the tuple or dict that it is in: a partial, a weak reference."""
    kind = tree_growth.tree.type[place]
    return tree_growth.rank_of(place) == WRAPPER and kind not in tree_growth.leaf_types
