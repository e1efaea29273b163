"""What the objects of a type refer to, merged by name and type, and one of them in detail."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import name_of_reference, text_of_node
from heapsnap.analysis.heap.facts import describe_snapshot
from heapsnap.analysis.heap.find import find_nodes
from heapsnap.analysis.heap.labels import ATTRIBUTES, CLOSED_LAYOUTS, KEY, LATE_NAMES
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.results import ReferenceSummary, Refs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.model import Snapshot

BREADTH = (20, 6, 3)
"""References that the example shows of one object, level by level; the rest is counted."""
_ITEM = re.compile(r"\[(\d+)\]")


def refs(snapshot: Snapshot, name: str) -> Refs:
    """Explain what objects refer to.

    An instance's dict reads as part of the instance: `.x`, not `.__dict__['x']`.

    Args:
        snapshot: The heap.
        name: A type, an address or the name of a module, function or class: see ``find_nodes``.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
    """
    nodes = find_nodes(snapshot, name)
    heap = Places(snapshot)
    kinds = {snapshot.types[number].full_name for number in np.unique(snapshot.type_by_node[nodes])}
    return Refs(
        snapshot=describe_snapshot(snapshot, heap.verdicts),
        type=", ".join(sorted(kinds)),
        count=len(nodes),
        references=tuple(_summaries(heap, nodes)),
        example=tuple(_Example(heap).lines(int(nodes[-1]))),
    )


def _summaries(heap: Places, nodes: NDArray[np.int64]) -> list[ReferenceSummary]:
    """All references of the objects, with those of their attribute dicts in place of these."""
    edges, is_attribute = _attribute_edges(heap, nodes)
    labels = heap.edge_labels.label_by_edge[edges].astype(np.int64)
    referents = heap.graph.referent_by_edge[edges]
    types = heap.type_label_by_node[referents].astype(np.int64)
    width = len(heap.type_texts)
    keys, key_by_edge, counts = np.unique(
        (labels * width + types) * 2 + is_attribute, return_inverse=True, return_counts=True
    )
    # An object that is referred to often is there once.
    pairs = np.unique(
        np.stack([key_by_edge.reshape(-1).astype(np.int64), referents.astype(np.int64)]), axis=1
    )
    sizes = heap.snapshot.shallow_bytes_by_node[pairs[1]]
    total_bytes = np.bincount(pairs[0], weights=sizes, minlength=len(keys)).astype(np.int64)
    merged: Counter[tuple[str, str]] = Counter()
    merged_bytes: Counter[tuple[str, str]] = Counter()
    for key, count, size in zip(keys.tolist(), counts.tolist(), total_bytes.tolist(), strict=True):
        label, kind = divmod(key // 2, width)
        pair = (heap.edge_labels.texts[label], heap.type_texts[kind])
        merged[pair] += count
        merged_bytes[pair] += size
    rows = [
        ReferenceSummary(reference, kind, count, merged_bytes[reference, kind])
        for (reference, kind), count in merged.items()
    ]
    return sorted(rows, key=lambda row: (-row.count, -row.bytes, row.reference, row.type))


def _attribute_edges(
    heap: Places, nodes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges of the objects and of their attribute dicts, and a 1 for each of the latter."""
    edges = _edges_of(heap, nodes)
    is_dict = _is_named(heap, edges, ATTRIBUTES)
    namespaces = np.unique(heap.graph.referent_by_edge[edges[is_dict]])
    below = _edges_of(heap, namespaces)
    below = below[~_is_named(heap, below, KEY)]
    kept = edges[~is_dict]
    is_attribute = np.repeat(np.array([0, 1], dtype=np.int64), [len(kept), len(below)])
    return np.concatenate([kept, below]), is_attribute


def _edges_of(heap: Places, nodes: NDArray[np.signedinteger]) -> NDArray[np.int64]:
    return heap.graph.edges_of(nodes.astype(np.int32))[0]


def _is_named(heap: Places, edges: NDArray[np.int64], name: str) -> NDArray[np.bool_]:
    names = heap.snapshot.edge_names
    number = names.index(name) if name in names else -1
    is_named: NDArray[np.bool_] = heap.snapshot.name_by_edge[edges] == number
    return is_named


@dataclass(frozen=True, eq=False)
class _Example:
    """The tree of one object, to a depth and a breadth that a screen holds."""

    heap: Places

    def lines(self, node: int) -> list[tuple[int, str, str]]:
        """Level, reference and text of the object and what it refers to, in the order of a tree."""
        address = int(self.heap.snapshot.address_by_node[node])
        found = [(0, "", f"{text_of_node(self.heap, node)} at {address:#x}")]
        self._below(node, 1, {node}, found)
        return found

    def _below(
        self, node: int, level: int, shown: set[int], found: list[tuple[int, str, str]]
    ) -> None:
        references, breadth = self._references(node), BREADTH[level - 1]
        for reference, referent in references[:breadth]:
            text = text_of_node(self.heap, referent)
            is_known = referent in shown
            found.append((level, reference, f"{text} (shown above)" if is_known else text))
            if not is_known and self._is_open(reference, referent):
                shown.add(referent)
                if level < len(BREADTH):
                    self._below(referent, level + 1, shown, found)
        if (rest := len(references) - breadth) > 0:
            found.append((level, "", f"and {rest:,} more"))

    def _references(self, node: int) -> list[tuple[str, int]]:
        """Names and referents: items by position, keys left out, what explains little last."""
        edges, is_attribute = _attribute_edges(self.heap, np.array([node], dtype=np.int64))
        shown: list[tuple[str, int]] = []
        late: list[tuple[str, int]] = []
        for edge, is_own in zip(edges.tolist(), is_attribute.tolist(), strict=True):
            if is_own:
                label = self.heap.edge_labels.label_by_edge[edge]
                name = self.heap.edge_labels.texts[int(label)]
            else:
                name = name_of_reference(self.heap, edge)
            if name != KEY:
                pair = (name, int(self.heap.graph.referent_by_edge[edge]))
                (late if name in LATE_NAMES else shown).append(pair)
        return sorted(shown, key=_position) + late

    def _is_open(self, reference: str, node: int) -> bool:
        kind = self.heap.snapshot.types[int(self.heap.snapshot.type_by_node[node])]
        is_container = node < self.heap.snapshot.container_count
        return is_container and reference not in LATE_NAMES and kind.layout not in CLOSED_LAYOUTS


def _position(named: tuple[str, int]) -> int:
    """The number of an item; 0, which keeps the order, for whatever else has a name."""
    number = _ITEM.fullmatch(named[0])
    return int(number[1]) if number else 0
