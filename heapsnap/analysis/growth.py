"""Growth by place: the paths of two or more heaps laid over each other, as one tree.

A place is a path of normalised references from a root, with the type at each step. Each
place knows how many objects stand there in each heap and how many bytes. Growth flows down
the tree: what grows below a place that grows is its consequence. The culprits are the
places where growth enters: the place above stands still.

Owns the tree and the choice of entries; knows nothing of how they are shown.

References:
    BLeak (Vilk and Berger, PLDI 2018, doi:10.1145/3192366.3192376) and LeakCanary's
    ``ObjectGrowthDetector`` compare heaps by path, not by identity, likewise.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from heapsnap.analysis.labels import ATTRIBUTES, ITEM, NAMED_ENTRIES
from heapsnap.analysis.roots import is_standard_library
from heapsnap.graph.signatures import NO_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from heapsnap.analysis.places import Places

NO_PLACE = -1
ANY_ATTRIBUTE = ".*"
NAMESPACE_LAYOUTS = frozenset({"type", "module"})
MANY_MODULES = 10
"""Modules with names that differ in a number alone, from which on somebody makes them."""
_NUMBER = re.compile(r"[0-9a-f]{8,}|\d+")
Key: TypeAlias = "tuple[int, str, str]"
"""A place's parent, the name of the reference, the type."""


@dataclass(slots=True, eq=False)
class PlaceTree:
    """``p`` places, parents before children.

    Attributes:
        parent: Place → the place above it, ``NO_PLACE`` for a root.
        reference: Place → normalised name of the reference that leads to it; a root's name.
        type: Place → full name of the type that stands there.
        counts: ``(h, p) int64``: objects there, for each of ``h`` heaps.
        sizes: ``(h, p) int64``: their shallow bytes.
        entering: ``(h, p) int64``: those that the place above holds; the others continue a run
            that is one place, as the nodes of a linked list and nested tuples do.
        place_by_signature: For each heap ``(s,) int32``.
    """

    parent: list[int] = field(default_factory=list)
    reference: list[str] = field(default_factory=list)
    type: list[str] = field(default_factory=list)
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    sizes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    entering: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    place_by_signature: list[NDArray[np.int32]] = field(default_factory=list)

    def enter(self, key: Key, index: dict[Key, int]) -> int:
        """The place of this key, made where it is new."""
        place = index.get(key)
        if place is None:
            place = index[key] = len(self.parent)
            self.parent.append(key[0])
            self.reference.append(key[1])
            self.type.append(key[2])
        return place

    def path(self, place: int) -> list[int]:
        """The places from the root down to this one."""
        steps = []
        while place != NO_PLACE:
            steps.append(place)
            place = self.parent[place]
        return steps[::-1]

    def subtree_sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up a value over each place and all below it.

        Args:
            values: ``(p,) int64``.
        """
        sums = values.tolist()
        for place in range(len(sums) - 1, -1, -1):
            above = self.parent[place]
            if above != NO_PLACE:
                sums[above] += sums[place]
        return np.array(sums, dtype=np.int64)


def lay_over(heaps: Sequence[Places]) -> PlaceTree:
    """Make one tree of the places of all heaps, with counts and bytes for each."""
    tree = PlaceTree()
    index: dict[Key, int] = {}
    for heap in heaps:
        rows = _signature_rows(heap)
        places = np.empty(len(rows), dtype=np.int32)
        for number, (above, reference, kind) in enumerate(rows):
            parent = NO_PLACE if above == NO_SIGNATURE else int(places[above])
            places[number] = tree.enter((parent, reference, kind), index)
        tree.place_by_signature.append(places)
    spaces = {t.full_name for h in heaps for t in h.snapshot.types if t.layout in NAMESPACE_LAYOUTS}
    tree = _fold_keys(tree, spaces)
    _count(tree, heaps)
    return tree


def _signature_rows(heap: Places) -> list[Key]:
    """Signature → (parent signature, name of the reference or root, type)."""
    table = heap.paths.signatures
    edge_texts, type_texts, root_texts = heap.edge_labels.texts, heap.type_texts, heap.root_texts
    return [
        (parent, (root_texts if parent == NO_SIGNATURE else edge_texts)[edge], type_texts[node])
        for parent, edge, node in zip(
            table.parent_by_signature.tolist(),
            table.edge_label_by_signature.tolist(),
            table.node_label_by_signature.tolist(),
            strict=True,
        )
    ]


def _fold_keys(tree: PlaceTree, spaces: AbstractSet[str]) -> PlaceTree:
    """Where the items of a place have no names in one heap, they have none in any.

    A dict of twelve entries is taken for a record, whose keys are told apart; when it has grown
    to 746 it no longer is, and its entries must still be compared. So are the attributes of an
    object that has very many of one type: they are set under names that are made at run time.

    Args:
        tree: The places of all heaps.
        spaces: Full names of the types of modules and classes: their names are always told apart.
    """
    folded = PlaceTree()
    index: dict[Key, int] = {}
    new_place = np.full(len(tree.parent), NO_PLACE, dtype=np.int32)
    numbered = _numbered_modules(tree)
    for places in _by_depth(tree):
        parents = [
            NO_PLACE if tree.parent[p] == NO_PLACE else int(new_place[tree.parent[p]])
            for p in places
        ]
        pairs = list(zip(places, parents, strict=True))
        unnamed = {parent for place, parent in pairs if tree.reference[place] == ITEM}
        crowds = Counter((parent, tree.type[p]) for p, parent in pairs if _is_attribute(tree, p))
        for place, parent in pairs:
            reference = tree.reference[place]
            if parent in unnamed and reference.startswith("['"):
                reference = ITEM
            elif (
                crowds[parent, tree.type[place]] > NAMED_ENTRIES
                and _is_attribute(tree, place)
                and _owner_type(folded, parent) not in spaces
            ):
                reference = ANY_ATTRIBUTE
            elif parent == NO_PLACE:
                reference = numbered.get(reference, reference)
            new_place[place] = folded.enter((parent, reference, tree.type[place]), index)
    folded.place_by_signature = [new_place[places] for places in tree.place_by_signature]
    return folded


def _numbered_modules(tree: PlaceTree) -> dict[str, str]:
    """Root → what all roots of its kind are called, for modules whose names a program counts up.

    A host that loads each plug-in as a module of its own has roots in place of entries.
    """
    kinds: dict[str, list[str]] = {}
    for parent, name, kind in zip(tree.parent, tree.reference, tree.type, strict=True):
        if parent == NO_PLACE and kind == "module" and not is_standard_library(name):
            pattern = _NUMBER.sub("*", name)
            if pattern != name:
                kinds.setdefault(pattern, []).append(name)
    return {
        name: f"sys.modules['{pattern}']"
        for pattern, names in kinds.items()
        if len(names) >= MANY_MODULES
        for name in names
    }


def _is_attribute(tree: PlaceTree, place: int) -> bool:
    return tree.parent[place] != NO_PLACE and tree.reference[place].startswith(".")


def _owner_type(tree: PlaceTree, place: int) -> str:
    """The type of the object that has its attributes here: this one, or the one above its dict."""
    above = tree.parent[place]
    is_its_dict = tree.reference[place] == ATTRIBUTES and above != NO_PLACE
    return tree.type[above if is_its_dict else place]


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


def _count(tree: PlaceTree, heaps: Sequence[Places]) -> None:
    width = len(tree.parent)
    tree.counts = np.zeros((len(heaps), width), dtype=np.int64)
    tree.sizes = np.zeros_like(tree.counts)
    tree.entering = np.zeros_like(tree.counts)
    above = np.array(tree.parent, dtype=np.int32)
    for number, (heap, places) in enumerate(zip(heaps, tree.place_by_signature, strict=True)):
        sums = heap.sums
        np.add.at(tree.counts[number], places, sums.count_by_signature)
        np.add.at(tree.sizes[number], places, sums.bytes_by_signature)
        place = places[sums.signature_by_step]
        # A root's holder is NO_SIGNATURE, the last cell: no place, as what is above a root's.
        holder = np.append(places, np.int32(NO_PLACE))[sums.holder_by_step]
        enters = holder == above[place]
        np.add.at(tree.entering[number], place[enters], sums.count_by_step[enters])
