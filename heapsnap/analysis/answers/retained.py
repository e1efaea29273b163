"""What would be freed if something were gone: single objects, modules, or what a name stands for.

Owns the choice of what is shown. The figures of single objects come from the dominator tree; what
a group keeps alive together is more than what its objects keep alive each: it is found by
walking the heap without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import text_of_node
from heapsnap.analysis.heap.facts import describe_snapshot
from heapsnap.analysis.heap.find import find_nodes
from heapsnap.analysis.heap.labels import ATTRIBUTES
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.results import TypeSummary
from heapsnap.analysis.series.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.results import SnapshotFacts
    from heapsnap.snapshot.model import NodeArray, Snapshot

MOST_OBJECTS = 1000
"""Objects that are described; whoever wants all reads the file."""


@dataclass(frozen=True, slots=True)
class RetainedObject:
    """One object with what it alone keeps alive; ``place`` is its path, normalised."""

    address: int
    text: str
    type: str
    place: str
    shallow_bytes: int
    retained_bytes: int


@dataclass(frozen=True, slots=True)
class RetainedModule:
    """A module with what would be freed if it and its namespace were gone."""

    name: str
    retained_bytes: int


@dataclass(frozen=True, slots=True)
class Retained:
    """What is kept alive by the objects that a name stands for, or by each object of the heap.

    Attributes:
        snapshot: The heap.
        name: What was asked for; None: nothing, and the figures are those of the whole heap.
        count: Objects asked about.
        shallow_bytes: Their own.
        retained_bytes: What would be freed if all of them were gone.
        freed: What that would be, by type, the largest first; empty without a name.
        objects: Those that keep the most alive, each alone.
        modules: Those that keep anything alive; empty where a name was asked for.
    """

    snapshot: SnapshotFacts
    name: str | None
    count: int
    shallow_bytes: int
    retained_bytes: int
    freed: tuple[TypeSummary, ...]
    objects: tuple[RetainedObject, ...]
    modules: tuple[RetainedModule, ...]


def retained(snapshot: Snapshot, name: str | None = None) -> Retained:
    """Find what would be freed if the objects were gone.

    Args:
        snapshot: The heap.
        name: A type, an address, or the name of a module, function or class: see ``find_nodes``.
            Of a module its namespace is meant as well. None: every object by itself.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
    """
    heap = Places(snapshot)
    freed: tuple[TypeSummary, ...] = ()
    if name is None:
        nodes = np.arange(snapshot.node_count)
        retained_bytes = int(snapshot.shallow_bytes_by_node.sum())
        shown = _without_namespaces(heap)
    else:
        nodes = shown = find_nodes(snapshot, name)
        group = np.append(nodes, _namespaces_of(heap, nodes)).astype(np.int32)
        freed = tuple(_by_type(heap, heap.is_retained_by(group)))
        retained_bytes = heap.retained_bytes(group)
    return Retained(
        snapshot=describe_snapshot(snapshot, heap.verdicts),
        name=name,
        count=len(nodes),
        shallow_bytes=int(snapshot.shallow_bytes_by_node[nodes].sum()),
        retained_bytes=retained_bytes,
        freed=freed,
        objects=tuple(_largest(heap, shown)),
        modules=tuple(_modules(heap)) if name is None else (),
    )


def _namespaces_of(heap: Places, nodes: NDArray[np.int64]) -> NodeArray:
    """The dicts of the modules among these objects."""
    is_module = np.array([kind.layout == "module" for kind in heap.snapshot.types], dtype=np.bool_)
    modules = nodes[is_module[heap.snapshot.type_by_node[nodes]]].astype(np.int32)
    names = heap.snapshot.edge_names
    if ATTRIBUTES not in names:
        return modules[:0]
    edges, _ = heap.graph.edges_of(modules)
    edges = edges[heap.snapshot.name_by_edge[edges] == names.index(ATTRIBUTES)]
    namespaces: NodeArray = heap.graph.referent_by_edge[edges]
    return namespaces


def _without_namespaces(heap: Places) -> NDArray[np.int64]:
    """All objects but modules and their dicts, which have a table of their own."""
    is_module = np.array([kind.layout == "module" for kind in heap.snapshot.types], dtype=np.bool_)
    is_shown = ~is_module[heap.snapshot.type_by_node]
    is_shown[_namespaces_of(heap, np.flatnonzero(~is_shown))] = False
    return np.flatnonzero(is_shown)


def _largest(heap: Places, nodes: NDArray[np.int64]) -> list[RetainedObject]:
    retained_bytes = heap.retained_bytes_by_node[nodes]
    if len(nodes) > MOST_OBJECTS:
        # Of equal ones at the border the first nodes: the answer must not hang on the sort.
        least = np.partition(retained_bytes, len(nodes) - MOST_OBJECTS)[len(nodes) - MOST_OBJECTS]
        above = np.flatnonzero(retained_bytes > least)
        border = np.flatnonzero(retained_bytes == least)[: MOST_OBJECTS - len(above)]
        nodes = nodes[np.append(above, border)]
    series = Series((heap,))
    place_by_signature = series.tree.place_by_signature[0]
    rows = []
    for node in nodes.tolist():
        place = int(place_by_signature[heap.paths.signature_by_node[node]])
        rows.append(
            RetainedObject(
                address=int(heap.snapshot.address_by_node[node]),
                text=text_of_node(heap, node),
                type=heap.snapshot.types[int(heap.snapshot.type_by_node[node])].full_name,
                place=series.path_text(place, heap.verdict_of(node)),
                shallow_bytes=int(heap.snapshot.shallow_bytes_by_node[node]),
                retained_bytes=int(heap.retained_bytes_by_node[node]),
            )
        )
    return sorted(rows, key=lambda row: (-row.retained_bytes, row.place, row.type, row.address))


def _by_type(heap: Places, is_freed: NDArray[np.bool_]) -> list[TypeSummary]:
    labels, sizes = heap.type_label_by_node[is_freed], heap.snapshot.shallow_bytes_by_node[is_freed]
    width = len(heap.type_texts)
    counts = np.bincount(labels, minlength=width)
    # float64 adds up exactly to 2**53 bytes.
    total_bytes = np.bincount(labels, weights=sizes, minlength=width).astype(np.int64)
    largest = np.zeros(width, dtype=np.int64)
    np.maximum.at(largest, labels, sizes)
    columns = counts.tolist(), total_bytes.tolist(), largest.tolist()
    rows = [TypeSummary(*row) for row in zip(heap.type_texts, *columns, strict=True) if row[1]]
    return sorted(rows, key=lambda row: (-row.bytes, -row.count, row.type))


def _modules(heap: Places) -> list[RetainedModule]:
    """Every module with what it and its dict keep alive: the sum, unless one holds the other."""
    rows = []
    for node, name in heap.roots.modules.label_by_node.items():
        group = np.append(_namespaces_of(heap, np.array([node])), node)
        begins, ends = heap.subtrees.position_by_node[group], heap.subtrees.end_by_node[group]
        is_inside = [
            any((begins < begin) & (end <= ends)) for begin, end in zip(begins, ends, strict=True)
        ]
        total = int(heap.retained_bytes_by_node[group[~np.array(is_inside)]].sum())
        rows.append(RetainedModule(name, total))
    return sorted(rows, key=lambda row: (-row.retained_bytes, row.name))
