"""The plain tables of a diff: types, containers at the same place, garbage by owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.growth.warming import FEW
from heapsnap.analysis.heap.places import GARBAGE_ROOT
from heapsnap.analysis.results import ContainerGrowth, GarbageGrowth, TypeGrowth
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.series.series import Series


def type_growth(before: Places, after: Places) -> list[TypeGrowth]:
    """Every type of either heap, the most grown first."""
    columns: dict[str, list[int]] = {}
    for number, heap in enumerate((before, after)):
        counts = heap.type_sums.count_by_type.tolist()
        sizes = heap.type_sums.bytes_by_type.tolist()
        for kind, count, size in zip(heap.type_texts, counts, sizes, strict=True):
            row = columns.setdefault(kind, [0, 0, 0, 0])
            row[number], row[2 + number] = count, size
    rows = [TypeGrowth(kind, *row) for kind, row in columns.items() if any(row)]
    return sorted(rows, key=lambda r: (-r.growth, -(r.bytes_after - r.bytes_before), r.type))


def container_growth(series: Series) -> list[ContainerGrowth]:
    """Containers that stand at the same place in both heaps and have more entries now.

    Of several at one place, as the lists of all rooms, the entries are added up; there must be
    as many of them as before.
    """
    tree, last = series.tree, len(series.heaps) - 1
    stays = (tree.counts[0] == tree.counts[last]) & (tree.counts[0] > 0)
    entries = []
    for number in (0, last):
        counts = np.zeros(len(tree.parent), dtype=np.int64)
        amounts = series.heaps[number].sums.entries_by_signature
        np.add.at(counts, tree.place_by_signature[number], amounts)
        entries.append(counts)
    growth = entries[1] - entries[0]
    grown = np.flatnonzero(stays & (growth > 0) & ((tree.counts[0] == 1) | (growth >= FEW)))
    rows = [
        ContainerGrowth(
            series.path_text(place, series.verdict_of_place(place)),
            tree.type[place],
            int(entries[0][place]),
            int(entries[1][place]),
            int(tree.counts[0][place]),
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
