"""How what follows from a heap goes into its index and comes back, the same in every part.

Owns the translation between results and parts. When a part is made is for ``places`` to say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from heapsnap.graph.paths import CanonicalPaths
from heapsnap.graph.references import DerivedGraph, ReferenceGraph
from heapsnap.graph.signatures import SignatureTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import DataclassInstance
    from numpy.typing import NDArray

    from heapsnap.index.keeper import Index
    from heapsnap.index.part import Part
    from heapsnap.snapshot.model import NodeArray, Snapshot


Made = TypeVar("Made", bound="DataclassInstance")

RETAINED = "retained_bytes"


def kept(index: Index | None, name: str, kind: type[Made], make: Callable[[], Made]) -> Made:
    """Take a result from the index, or make it and keep it there.

    Args:
        index: None makes it, and keeps nothing.
        name: The part's.
        kind: The dataclass that it is; tuples of texts among its fields come back as such.
        make: Makes it.
    """
    if index is None:
        return make()
    part = index.recall(name)
    if part is not None:
        return _unpack(kind, part)
    made = make()
    columns, texts = _pack(made)
    index.keep(name, columns, texts)
    # From the file again: what nobody looks at then takes no memory, the rest may be taken away.
    part = index.recall(name)
    return made if part is None else _unpack(kind, part)


def _pack(made: DataclassInstance) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    values = {field.name: getattr(made, field.name) for field in fields(made)}
    columns = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    return columns, {name: list(value) for name, value in values.items() if name not in columns}


def _unpack(kind: type[Made], part: Part) -> Made:
    texts = {name: tuple(value) for name, value in part.facts.items()}
    return kind(**part.arrays, **texts)


def kept_paths(
    index: Index | None, name: str, make: Callable[[], CanonicalPaths]
) -> CanonicalPaths:
    """The same for paths, whose table of signatures is a result of its own."""
    if index is None:
        return make()
    part = index.recall(name)
    if part is not None:
        return _unpack_paths(part)
    made = make()
    columns, _ = _pack(made.signatures)
    columns["signature_by_node"] = made.signature_by_node
    columns["parent_edge_by_node"] = made.parent_edge_by_node
    index.keep(name, columns)
    part = index.recall(name)
    return made if part is None else _unpack_paths(part)


def _unpack_paths(part: Part) -> CanonicalPaths:
    arrays = dict(part.arrays)
    table = {field.name: arrays.pop(field.name) for field in fields(SignatureTable)}
    return CanonicalPaths(**arrays, signatures=SignatureTable(**table))


def kept_number(index: Index | None, nodes: NodeArray, make: Callable[[], int]) -> int:
    """The retained bytes of a group of objects: computed once for each group.

    Args:
        index: None makes it, and keeps nothing.
        nodes: ``(k,)`` integers, the group.
        make: Computes the number.
    """
    if index is None:
        return make()
    key = hashlib.sha256(np.ascontiguousarray(nodes, dtype=np.int64).tobytes()).hexdigest()
    part = index.recall(RETAINED)
    known: Mapping[str, int] = {} if part is None else part.facts
    if key not in known:
        known = {**known, key: make()}
        index.keep(RETAINED, {}, known)
    return known[key]


@dataclass(frozen=True, eq=False)
class KeptGraph(ReferenceGraph):
    """The references of a snapshot; what is derived from them is kept."""

    index: Index

    @classmethod
    def of_indexed(cls, snapshot: Snapshot, index: Index) -> KeptGraph:
        """Build the graph of a snapshot; nodes and edges keep their numbers."""
        plain = ReferenceGraph.of_snapshot(snapshot)
        return cls(plain.node_count, plain.first_edge_by_node, plain.referent_by_edge, index)

    @cached_property
    def referrer_by_edge(self) -> NodeArray:
        """``(m,) int32``, the node that owns the edge."""
        part = self.index.recall("referrer_by_edge")
        if part is not None:
            return part.arrays["referrer_by_edge"]
        made = super().referrer_by_edge
        self.index.keep("referrer_by_edge", {"referrer_by_edge": made})
        return made

    @cached_property
    def referrers(self) -> DerivedGraph:
        """The same graph with every edge turned round; a node's edges keep their order."""
        part = self.index.recall("referrers")
        if part is not None:
            columns = part.arrays
            return DerivedGraph(
                ReferenceGraph(self.node_count, columns["first_edge"], columns["referrer"]),
                columns["original_edge"],
            )
        made = super().referrers
        columns = {
            "first_edge": made.graph.first_edge_by_node,
            "referrer": made.graph.referent_by_edge,
            "original_edge": made.original_edge_by_edge,
        }
        self.index.keep("referrers", columns)
        return made
