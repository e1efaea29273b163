"""The plain tables of a diff: types, containers at the same place, garbage by owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.growth import NO_PLACE
from heapsnap.analysis.places import GARBAGE_ROOT
from heapsnap.analysis.results import ContainerGrowth, GarbageGrowth, TypeGrowth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.places import Places
    from heapsnap.analysis.series import Series

CONTAINER_LAYOUTS = frozenset({"dict", "list", "set", "frozenset", "deque", "tuple"})


def type_growth(before: Places, after: Places) -> list[TypeGrowth]:
    """Every type of either heap, the most grown first."""
    columns: dict[str, list[int]] = {}
    for number, heap in enumerate((before, after)):
        width = len(heap.type_texts)
        labels = heap.type_label_by_node
        counts = np.bincount(labels, minlength=width).tolist()
        weights = heap.snapshot.shallow_bytes_by_node
        sizes = np.bincount(labels, weights=weights, minlength=width).astype(np.int64).tolist()
        for kind, count, size in zip(heap.type_texts, counts, sizes, strict=True):
            row = columns.setdefault(kind, [0, 0, 0, 0])
            row[number], row[2 + number] = count, size
    rows = [TypeGrowth(kind, *row) for kind, row in columns.items() if any(row)]
    return sorted(rows, key=lambda r: (-r.growth, -(r.bytes_after - r.bytes_before), r.type))


def container_growth(series: Series) -> list[ContainerGrowth]:
    """Containers that stand alone at their place in both heaps and have more entries now."""
    tree, last = series.tree, len(series.heaps) - 1
    alone = (tree.counts[0] == 1) & (tree.counts[last] == 1)
    entries = []
    for number in (0, last):
        counts = np.zeros(len(tree.parent), dtype=np.int64)
        nodes, amounts = entry_counts(series.heaps[number])
        places = series.places_of_nodes(number)[nodes]
        reached = places != NO_PLACE
        counts[places[reached]] = amounts[reached]
        entries.append(counts)
    grown = np.flatnonzero(alone & (entries[1] > entries[0]))
    rows = [
        ContainerGrowth(
            series.path_text(place, series.verdict_of_place(place)),
            tree.type[place],
            int(entries[0][place]),
            int(entries[1][place]),
        )
        for place in grown.tolist()
    ]
    return sorted(rows, key=lambda r: (r.entries_before - r.entries_after, r.path, r.type))


def garbage_growth(series: Series) -> list[GarbageGrowth]:
    """Knots of garbage by the type of their owner, the most grown first."""
    tree = series.tree
    sizes = [tree.subtree_sums(tree.sizes[number]) for number in (0, -1)]
    rows = []
    for place, label in enumerate(tree.reference):
        if label == GARBAGE_ROOT and tree.parent[place] == NO_PLACE:
            below = {tree.type[child] for child, above in enumerate(tree.parent) if above == place}
            rows.append(
                GarbageGrowth(
                    tree.type[place],
                    tuple(sorted({tree.type[place]} | below)),
                    int(tree.counts[0][place]),
                    int(tree.counts[-1][place]),
                    int(sizes[0][place]),
                    int(sizes[1][place]),
                )
            )
    return sorted(rows, key=lambda r: (r.count_before - r.count_after, r.owner))


def entry_counts(heap: Places) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Containers of the heap, and how many entries each has: references that are no keys."""
    snapshot = heap.snapshot
    is_container = np.array([kind.layout in CONTAINER_LAYOUTS for kind in snapshot.types])
    nodes = np.flatnonzero(is_container[snapshot.type_by_node[: snapshot.container_count]])
    names = snapshot.edge_names
    is_entry_name = np.array([name != "<key>" and not name.startswith(".") for name in names])
    is_entry = is_entry_name[snapshot.name_by_edge]
    before = np.concatenate([[0], np.cumsum(is_entry)])
    first, end = snapshot.first_edge_by_node[nodes], snapshot.first_edge_by_node[nodes + 1]
    return nodes, before[end] - before[first]
