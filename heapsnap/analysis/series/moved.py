"""Objects that are reached on another way than before: they keep the place that they have now.

The shortest way to a task of asyncio leads through the queue of what is ready, through a timer or
through the table of what runs, and with it the way to all that the task holds. In one process the
same address tells that it is the same object. Owns which places of an earlier heap are the same as
others of the last heap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.series.place_tree import PlaceTree

MOST = 0.9
"""Of the objects of a place that are still there, the part that must be at one other place."""


def follow_moved(tree: PlaceTree, heaps: Sequence[Places]) -> bool:
    """Give places that are empty in the last heap to those to which their objects moved.

    Only places change that had no objects before: whatever is handed on from one queue to the next
    goes where others of its kind have been.

    Args:
        tree: Changed, but for its sums.
        heaps: Of one process.

    Returns:
        Whether anything changed.
    """
    last = heaps[-1]
    places = [
        _place_by_node(heap, by_signature)
        for heap, by_signature in zip(heaps, tree.place_by_signature, strict=True)
    ]
    containers = last.snapshot.address_by_node[: last.snapshot.container_count]
    order = np.argsort(containers, kind="stable")
    type_numbers = {text: number for number, text in enumerate(dict.fromkeys(tree.type))}
    type_by_place = np.array([type_numbers[text] for text in tree.type], dtype=np.int64)
    changed = False
    for number, heap in enumerate(heaps[:-1]):
        went = (tree.counts[number] > 0) & (tree.counts[-1] == 0)
        came = (tree.counts[number] == 0) & (tree.counts[-1] > 0)
        nodes = np.arange(heap.snapshot.container_count)
        nodes = nodes[_at(places[number], nodes, went)]
        if not len(nodes):
            continue
        wanted = heap.snapshot.address_by_node[nodes]
        found = np.minimum(np.searchsorted(containers, wanted, sorter=order), len(containers) - 1)
        there = order[found]
        is_there = (containers[there] == wanted) & (places[-1][there] != NO_PLACE)
        old, new = places[number][nodes[is_there]], places[-1][there[is_there]]
        same = type_by_place[old] == type_by_place[new]
        target = _targets(tree, went, came, old[same], new[same])
        moved = target[tree.place_by_signature[number]]
        changed |= bool((moved != tree.place_by_signature[number]).any())
        tree.place_by_signature[number] = moved
    return changed


def _place_by_node(heap: Places, by_signature: NDArray[np.int32]) -> NDArray[np.int32]:
    # An unreached node has signature -1 and reads the last cell.
    return np.append(by_signature, np.int32(NO_PLACE))[heap.paths.signature_by_node]


def _at(
    place_by_node: NDArray[np.int32], nodes: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    # Nodes without a place read the last cell.
    return np.append(chosen, False)[place_by_node[nodes]]


def _targets(
    tree: PlaceTree,
    went: NDArray[np.bool_],
    came: NDArray[np.bool_],
    old: NDArray[np.int32],
    new: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Place → the place that it is in the last heap."""
    width = len(tree.parent)
    pairs, votes = np.unique(old.astype(np.int64) * width + new, return_counts=True)
    total = np.bincount(old, minlength=width)
    chosen: dict[int, int] = {}
    for pair, count in zip(pairs.tolist(), votes.tolist(), strict=True):
        place, other = divmod(pair, width)
        if came[other] and count >= MOST * total[place]:
            chosen[place] = other
    target = np.arange(width, dtype=np.int32)
    if not chosen:
        return target
    index = {
        (above, tree.reference[place], tree.type[place]): place
        for place, above in enumerate(tree.parent)
    }
    for place in np.flatnonzero(went).tolist():
        above = tree.parent[place]
        if place in chosen:
            target[place] = chosen[place]
        elif above != NO_PLACE and target[above] != above:
            # What stood there is gone; its like stands below the place that the holder has now.
            key = (int(target[above]), tree.reference[place], tree.type[place])
            target[place] = index.get(key, place)
    return target
