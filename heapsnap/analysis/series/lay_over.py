"""Growth by place: the paths of two or more heaps laid over each other, as one tree.

A place is a path of normalised references from a root, with the type at each step. Each
place knows how many objects stand there in each heap and how many bytes. Growth flows down
the tree: what grows below a place that grows is its consequence. The culprits are the
places where growth enters: the place above stands still.

Owns the laying over and the counting; which names are told apart is ``folding``'s business.

References:
    BLeak (Vilk and Berger, PLDI 2018, doi:10.1145/3192366.3192376) and LeakCanary's
    ``ObjectGrowthDetector`` compare heaps by path, not by identity, likewise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.facts import is_same_program
from heapsnap.analysis.series.folding import fold_names
from heapsnap.analysis.series.moved import follow_moved
from heapsnap.analysis.series.place_tree import NO_PLACE, Key, PlaceTree
from heapsnap.graph.signatures import NO_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.heap.places import Places

NAMESPACE_LAYOUTS = frozenset({"type", "module"})


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
    _count(tree, heaps)
    folded = PlaceTree()
    new_place = fold_names(tree, folded, spaces)
    folded.place_by_signature = [new_place[places] for places in tree.place_by_signature]
    _count(folded, heaps)
    if are_of_one_process(heaps) and follow_moved(folded, heaps):
        _count(folded, heaps)
    return folded


def are_of_one_process(heaps: Sequence[Places]) -> bool:
    """Whether all heaps are of one process, so that equal addresses may be equal objects."""
    first = heaps[0].snapshot
    return all(is_same_program(first, heap.snapshot) for heap in heaps[1:])


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
