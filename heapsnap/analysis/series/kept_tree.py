"""The tree of places of several heaps in the index of the last one: laying over takes text by text.

Owns how a tree goes into an index and comes back.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.series.place_tree import PlaceTree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.index.part import Part

PREFIX = "tree-"
MOST_TREES = 4
"""Kept of one snapshot: the baselines with which it was compared last."""
TABLES = ("counts", "sizes", "entering")
BY_SIGNATURE = "place_by_signature_"


def kept_tree(heaps: Sequence[Places], make: Callable[[], PlaceTree]) -> PlaceTree:
    """Take the tree from the index of the last heap, or make it and keep it there.

    Args:
        heaps: All have an index, else nothing is kept.
        make: Lays them over each other.
    """
    indexes = [heap.index for heap in heaps if heap.index is not None]
    if len(indexes) < len(heaps):
        return make()
    contents = " ".join(index.identity.content for index in indexes)
    name = PREFIX + hashlib.sha256(contents.encode()).hexdigest()[:32]
    part = indexes[-1].recall(name)
    if part is not None:
        return _unpack(part, len(heaps))
    tree = make()
    references, reference_by_place = _number_texts(tree.reference)
    types, type_by_place = _number_texts(tree.type)
    columns = {
        "parent": np.array(tree.parent, dtype=np.int32),
        "reference": reference_by_place,
        "type": type_by_place,
        **{table: getattr(tree, table) for table in TABLES},
        **{f"{BY_SIGNATURE}{n}": places for n, places in enumerate(tree.place_by_signature)},
    }
    indexes[-1].drop_oldest(PREFIX, most=MOST_TREES - 1)
    indexes[-1].keep(name, columns, {"references": references, "types": types})
    return tree


def _unpack(part: Part, heap_count: int) -> PlaceTree:
    columns, facts = part.arrays, part.facts
    references, types = facts["references"], facts["types"]
    return PlaceTree(
        parent=columns["parent"].tolist(),
        reference=[references[number] for number in columns["reference"].tolist()],
        type=[types[number] for number in columns["type"].tolist()],
        **{table: columns[table] for table in TABLES},
        place_by_signature=[columns[f"{BY_SIGNATURE}{n}"] for n in range(heap_count)],
    )


def _number_texts(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct texts, and the number of each."""
    number_by_text: dict[str, int] = {}
    numbers = [number_by_text.setdefault(text, len(number_by_text)) for text in texts]
    return list(number_by_text), np.array(numbers, dtype=np.int32)
