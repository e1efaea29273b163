"""Which names of places are told apart, and which stand for one place: keys, attributes, modules.

A record's keys say something, the keys of a collection do not; so it is with attributes and with
modules that are made at run time. Owns that choice, for all heaps of a series at once: where
items have no names in one heap, they have none in any.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.labels import ATTRIBUTES, ITEM, NAMED_ENTRIES
from heapsnap.analysis.heap.roots import is_standard_library
from heapsnap.analysis.series.place_tree import NO_PLACE, Key, PlaceTree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

ANY = ".*"
MANY_NUMBERED = 10
"""Names that differ in a number alone, from which on somebody counts them up."""
ALIKE = 3
"""Entries of one dict that are of one type and in which the same type grew: a collection."""
MOST_FIELDS = 2 * NAMED_ENTRIES
"""Keys of one type that the records at one place may have together."""
LEAST_SHARED = 3
"""Characters that attributes' names have in common where they are one collection, spread out."""
_NUMBER = re.compile(r"[0-9a-f]{8,}|\d+")
_NEVER_NUMBERED = frozenset({"module", "type", "function"})
"""What a package lists under numbered names when it is imported: `encodings.cp1252`."""


def fold_names(tree: PlaceTree, folded: PlaceTree, spaces: AbstractSet[str]) -> NDArray[np.int32]:
    """Copy a tree so that what is one collection has one place for its items.

    Args:
        tree: The places of all heaps, with their counts.
        folded: Empty; the copy.
        spaces: Full names of the types of modules and classes.

    Returns:
        ``(p,) int32``: the place in the copy of each place of the tree.
    """
    index: dict[Key, int] = {}
    new_place = np.full(len(tree.parent), NO_PLACE, dtype=np.int32)
    modules = _numbered_modules(tree)
    grown_below = _grown_below(tree)
    for places in _by_depth(tree):
        above = [tree.parent[p] for p in places]
        parents = [NO_PLACE if p == NO_PLACE else int(new_place[p]) for p in above]
        level = _Level(tree, folded, list(zip(places, parents, strict=True)), spaces, grown_below)
        for place, parent in level.pairs:
            reference = tree.reference[place]
            if parent == NO_PLACE:
                reference = modules.get(reference, reference)
            elif reference.startswith("['"):
                reference = level.name_of_key(place, parent)
            elif reference.startswith("."):
                reference = level.name_of_attribute(place, parent)
            new_place[place] = folded.enter((parent, reference, tree.type[place]), index)
    return new_place


class _Level:
    """The places that are equally far from their roots, and what stands beside each.

    Args:
        tree: The places of all heaps.
        folded: The copy, down to the places above these.
        pairs: Each place, and the place above it in the copy.
        spaces: Full names of the types of modules and classes.
        grown_below: Place → types that grew at it and below.
    """

    def __init__(
        self,
        tree: PlaceTree,
        folded: PlaceTree,
        pairs: list[tuple[int, int]],
        spaces: AbstractSet[str],
        grown_below: dict[int, frozenset[str]],
    ) -> None:
        self.tree, self.folded, self.pairs, self.spaces = tree, folded, pairs, spaces
        references, types = tree.reference, tree.type
        self._unnamed = {parent for place, parent in pairs if references[place] == ITEM}
        attributes = [(p, parent) for p, parent in pairs if references[p].startswith(".")]
        self._crowds = Counter((parent, types[p]) for p, parent in attributes)
        self._numbered = Counter(
            (parent, types[p], _NUMBER.sub("*", references[p])) for p, parent in attributes
        )
        keyed = [(p, parent) for p, parent in pairs if references[p].startswith("['")]
        alike = Counter(
            (parent, types[p], kind) for p, parent in keyed for kind in grown_below.get(p, ())
        )
        self._collections = {key[:2] for key, count in alike.items() if count >= ALIKE}
        # Dicts of one entry each look like records, but no record has so many fields.
        fields = Counter((parent, types[p]) for p, parent in keyed)
        self._collections |= {key for key, count in fields.items() if count > MOST_FIELDS}
        self._spread = self._spread_collections(attributes, grown_below)

    def _spread_collections(
        self, attributes: list[tuple[int, int]], grown_below: dict[int, frozenset[str]]
    ) -> dict[tuple[int, str], str]:
        """Owner and type → ``.*_prices``, where attributes so called grew by one type."""
        names: dict[tuple[int, str, str], set[str]] = {}
        for place, parent in attributes:
            if self.tree.type[place] not in _NEVER_NUMBERED:
                for kind in grown_below.get(place, ()):
                    key = parent, self.tree.type[place], kind
                    names.setdefault(key, set()).add(self.tree.reference[place])
        shared = {key: _what_they_share(alike) for key, alike in sorted(names.items())}
        return {key[:2]: name for key, name in shared.items() if name}

    def name_of_key(self, place: int, parent: int) -> str:
        """``[*]`` where the dict is a collection, in this heap or in another; else the key."""
        is_one = parent in self._unnamed or (parent, self.tree.type[place]) in self._collections
        return ITEM if is_one else self.tree.reference[place]

    def name_of_attribute(self, place: int, parent: int) -> str:
        """``.check_*`` where names are counted up, ``.*`` where an object has very many."""
        reference, kind = self.tree.reference[place], self.tree.type[place]
        pattern = _NUMBER.sub("*", reference)
        if (
            pattern != reference
            and kind not in _NEVER_NUMBERED
            and self._numbered[parent, kind, pattern] >= MANY_NUMBERED
        ):
            return pattern
        start, star, end = self._spread.get((parent, kind), "").partition("*")
        if star and reference.startswith(start) and reference.endswith(end):
            return start + star + end
        is_crowded = self._crowds[parent, kind] > NAMED_ENTRIES
        return ANY if is_crowded and self._owner_type(parent) not in self.spaces else reference

    def _owner_type(self, place: int) -> str:
        """Whose attributes are here: this object's, or those of the one above its dict."""
        above = self.folded.parent[place]
        is_its_dict = self.folded.reference[place] == ATTRIBUTES and above != NO_PLACE
        return self.folded.type[above if is_its_dict else place]


def _what_they_share(names: AbstractSet[str]) -> str:
    """``.*_prices``: what is alike in attributes' names; empty for few, and where little is."""
    if len(names) < ALIKE:
        return ""
    first, last = min(names), max(names)
    start = _alike_from_the_start(first, last)
    ends = sorted(name[len(start) :][::-1] for name in names)
    end = _alike_from_the_start(ends[0], ends[-1])[::-1]
    return f"{start}*{end}" if len(start[1:]) + len(end) >= LEAST_SHARED else ""


def _alike_from_the_start(first: str, last: str) -> str:
    """What the first and the last of sorted texts begin with, and so all between them."""
    length = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        length += 1
    return first[:length]


def _grown_below(tree: PlaceTree) -> dict[int, frozenset[str]]:
    """Entry or attribute → the types with which growth enters at it or below; left out if none."""
    grown: dict[int, set[str]] = {}
    has_grown = tree.counts[-1] > tree.counts[0]
    for start in np.flatnonzero(has_grown).tolist():
        kind, place = tree.type[start], start
        if tree.parent[place] != NO_PLACE and has_grown[tree.parent[place]]:
            continue
        while place != NO_PLACE:
            if tree.reference[place].startswith(("['", ".")):
                grown.setdefault(place, set()).add(kind)
            place = tree.parent[place]
    return {place: frozenset(kinds) for place, kinds in grown.items()}


def _numbered_modules(tree: PlaceTree) -> dict[str, str]:
    """Root → what all roots of its kind are called, for modules whose names a program counts up.

    A host that loads each plug-in as a module of its own has roots in place of entries.
    """
    kinds: dict[str, list[str]] = {}
    for name in _module_roots(tree):
        pattern = _NUMBER.sub("*", name)
        if pattern != name and not is_standard_library(name):
            kinds.setdefault(pattern, []).append(name)
    return {
        name: f"sys.modules['{pattern}']"
        for pattern, names in kinds.items()
        if len(names) >= MANY_NUMBERED
        for name in names
    }


def _module_roots(tree: PlaceTree) -> Iterable[str]:
    rows = zip(tree.parent, tree.reference, tree.type, strict=True)
    return (name for parent, name, kind in rows if parent == NO_PLACE and kind == "module")


def _by_depth(tree: PlaceTree) -> list[list[int]]:
    """The places by how many steps they are from their root."""
    depth = [0] * len(tree.parent)
    levels: list[list[int]] = []
    for place, parent in enumerate(tree.parent):
        if parent != NO_PLACE:
            depth[place] = depth[parent] + 1
        if depth[place] == len(levels):
            levels.append([])
        levels[depth[place]].append(place)
    return levels
