"""Heaps as columns: large ones, and random ones, made without a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.snapshot.model import NO_COUNT, ObjectType, Roots, Snapshot
from tests.documents import HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BYTES = 64


def snapshot_of(
    first_edge: np.ndarray,
    referent: np.ndarray,
    *,
    types: Sequence[ObjectType],
    type_by_node: np.ndarray,
    edge_names: Sequence[str],
    name_by_edge: np.ndarray,
    modules: Mapping[str, int],
    path: str = "made.json",
) -> Snapshot:
    """A heap whose counts are those of its references, of containers only, no root but modules."""
    count = len(type_by_node)
    refcount = np.bincount(referent, minlength=count).astype(np.int64)
    for node in modules.values():
        refcount[node] += 1
    assert not (refcount == NO_COUNT).any()
    return Snapshot(
        path=Path(path),
        header=HEADER,
        is_complete=True,
        address_by_node=np.arange(1, count + 1, dtype=np.int64) * 16,
        type_by_node=type_by_node.astype(np.int32),
        shallow_bytes_by_node=np.full(count, BYTES, dtype=np.int64),
        refcount_by_node=refcount,
        is_tracked_by_node=np.ones(count, dtype=np.bool_),
        first_edge_by_node=first_edge.astype(np.int64),
        referent_by_edge=referent.astype(np.int32),
        name_by_edge=name_by_edge.astype(np.int32),
        edge_names=tuple(edge_names),
        types=tuple(types),
        name_by_node={node: name for name, node in modules.items()},
        roots=Roots(dict(modules), (), ()),
    )


def built_in(name: str) -> ObjectType:
    """A built-in type."""
    return ObjectType("builtins", name, 8, name, is_heap_type=False, takes_part_in_gc=True)


def of_program(name: str) -> ObjectType:
    """A class of the module ``app``."""
    return ObjectType("app", name, 8, "object", is_heap_type=True, takes_part_in_gc=True)
