"""What stands at each place of one heap, added up once, so that comparing needs no objects.

Owns the sums and the order of the objects by place. They are as large as the table of signatures,
not as the heap, but for that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.references import NO_EDGE, group_items
from heapsnap.graph.signatures import NO_SIGNATURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.snapshot.model import CountArray, EdgeArray, NodeArray, Snapshot

CONTAINER_LAYOUTS = frozenset(
    {"dict", "OrderedDict", "defaultdict", "frozendict"}
    | {"list", "set", "frozenset", "deque", "tuple"}
)
"""What lies underneath a type: subclasses count as well. An ``OrderedDict`` lies underneath its own
subclasses and not a ``dict``, and so for each dict that C declares."""
KEY = "<key>"


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What stands at each of ``s`` signatures.

    Attributes:
        count_by_signature: ``(s,) int64``, objects.
        bytes_by_signature: ``(s,) int64``, their shallow bytes.
        entries_by_signature: ``(s,) int64``, entries of those of them that are containers.
        holder_by_step: ``(p,) int32``: the distinct pairs of an object's signature and that of
            its holder on the chosen path; ``NO_SIGNATURE`` for roots.
        signature_by_step: ``(p,) int32``, the object's.
        count_by_step: ``(p,) int64``, objects.
        node_by_position: ``(r,) int32``, reached nodes by signature, ascending within one.
        first_position_by_signature: ``(s + 1,) int64``.
    """

    count_by_signature: CountArray
    bytes_by_signature: CountArray
    entries_by_signature: CountArray
    holder_by_step: NDArray[np.int32]
    signature_by_step: NDArray[np.int32]
    count_by_step: CountArray
    node_by_position: NodeArray
    first_position_by_signature: EdgeArray

    def nodes_with(self, signatures: NDArray[np.signedinteger]) -> NodeArray:
        """The objects that have one of these signatures: ``(k,) int32``, ascending."""
        first = self.first_position_by_signature
        groups = [self.node_by_position[first[s] : first[s + 1]] for s in signatures.tolist()]
        if len(groups) == 1:
            return groups[0]
        return np.sort(np.concatenate([np.empty(0, np.int32), *groups]))


@dataclass(frozen=True, slots=True, eq=False)
class TypeSums:
    """The objects of each of ``t`` names of types, in the order of ``Places.type_texts``.

    Attributes:
        count_by_type: ``(t,) int64``.
        bytes_by_type: ``(t,) int64``, shallow.
        largest_bytes_by_type: ``(t,) int64``, of the largest object.
    """

    count_by_type: CountArray
    bytes_by_type: CountArray
    largest_bytes_by_type: CountArray


def add_up(heap: Places) -> Sums:
    """Add up what stands where."""
    snapshot, paths = heap.snapshot, heap.paths
    width, signature = len(paths.signatures), paths.signature_by_node
    sizes = snapshot.shallow_bytes_by_node
    # One cell more in front: what no root reaches has signature -1.
    count_by_cell = np.bincount(signature + 1, minlength=width + 1)
    bytes_by_cell = _sums(signature + 1, sizes, width + 1)
    containers, amounts = entry_counts(snapshot)
    entries_by_cell = _sums(signature[containers] + 1, amounts, width + 1)
    holders, signatures, counts = _steps(heap, width)
    first_position, nodes = _by_signature(signature, width)
    return Sums(
        count_by_cell[1:],
        bytes_by_cell[1:],
        entries_by_cell[1:],
        holders,
        signatures,
        counts,
        nodes,
        first_position,
    )


def entry_counts(snapshot: Snapshot) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Containers of the heap, and how many entries each has: references that are no keys.

    An ``OrderedDict`` refers to each key twice and to each value once.
    """
    is_container = np.array([kind.layout in CONTAINER_LAYOUTS for kind in snapshot.types])
    nodes = np.flatnonzero(is_container[snapshot.type_by_node[: snapshot.container_count]])
    names = snapshot.edge_names
    is_entry_name = np.array([name != KEY and not name.startswith(".") for name in names], np.bool_)
    before = np.zeros(snapshot.edge_count + 1, dtype=np.int64)
    np.cumsum(is_entry_name[snapshot.name_by_edge], out=before[1:])
    first, end = snapshot.first_edge_by_node[nodes], snapshot.first_edge_by_node[nodes + 1]
    return nodes, before[end] - before[first]


def _sums(
    cells: NDArray[np.signedinteger], values: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    # float64 adds up exactly to 2**53 bytes.
    return np.bincount(cells, weights=values, minlength=width).astype(np.int64)


def _steps(
    heap: Places, width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """The distinct pairs of signatures along the chosen paths, and how many objects have them."""
    signature, edges = heap.paths.signature_by_node, heap.paths.parent_edge_by_node
    is_reached = signature != NO_SIGNATURE
    is_held = edges != NO_EDGE
    holder = np.full(len(signature), NO_SIGNATURE, dtype=np.int32)
    holder[is_held] = signature[heap.graph.referrer_by_edge[edges[is_held]]]
    # Most objects of a signature have holders of one: those need no sorting.
    usual = np.full(width + 1, NO_SIGNATURE, dtype=np.int32)
    usual[signature] = holder
    is_usual = holder == usual[signature]
    own = np.flatnonzero(np.bincount(signature[is_reached], minlength=width)).astype(np.int32)
    other = is_reached & ~is_usual
    keys, counts = np.unique(
        (holder[other].astype(np.int64) + 1) * width + signature[other], return_counts=True
    )
    usual_counts = np.bincount(signature[is_reached & is_usual], minlength=width)[own]
    return (
        np.concatenate([usual[own], (keys // max(width, 1) - 1).astype(np.int32)]),
        np.concatenate([own, (keys % max(width, 1)).astype(np.int32)]),
        np.concatenate([usual_counts, counts]).astype(np.int64),
    )


def _by_signature(signature: NDArray[np.int32], width: int) -> tuple[EdgeArray, NodeArray]:
    is_reached = signature != NO_SIGNATURE
    nodes = np.flatnonzero(is_reached).astype(np.int32)
    signature = signature[nodes]
    return group_items(nodes, signature, group_count=width)


def add_up_types(heap: Places) -> TypeSums:
    """Count the objects of every type and their bytes; needs no paths."""
    snapshot = heap.snapshot
    types, sizes, width = snapshot.type_by_node, snapshot.shallow_bytes_by_node, len(snapshot.types)
    largest = np.zeros(width, dtype=np.int64)
    np.maximum.at(largest, types, sizes)
    return TypeSums(
        _by_name(heap, np.bincount(types, minlength=width), np.add),
        _by_name(heap, _sums(types, sizes, width), np.add),
        _by_name(heap, largest, np.maximum),
    )


def _by_name(heap: Places, values: NDArray[np.int64], operation: np.ufunc) -> NDArray[np.int64]:
    """From one value for each class to one for each name: classes of one name are one."""
    rank = {text: position for position, text in enumerate(heap.type_texts)}
    names = np.array([rank[kind.full_name] for kind in heap.snapshot.types], dtype=np.int64)
    by_name = np.zeros(len(rank), dtype=np.int64)
    operation.at(by_name, names, values)
    return by_name
