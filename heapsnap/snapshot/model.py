"""A snapshot in memory: columns, tables and roots, as the reader hands them on.

Owns the data's shape; knows nothing of files (``reader``) and of graphs
(``heapsnap.graph``). *Node* is a row 0…n-1 of the columns, *edge* a row of the
reference columns. Containers come first: nodes 0…c-1 may refer to others, nodes
c…n-1 are leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from heapsnap.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from heapsnap.index.keeper import Index

    NodeArray: TypeAlias = NDArray[np.int32]
    EdgeArray: TypeAlias = NDArray[np.int64]
    CountArray: TypeAlias = NDArray[np.int64]

NO_NODE = -1
NO_SITE = 0
"""Nobody saw where the object was allocated."""
NO_COUNT = -1
"""A reference count that says nothing: an immortal object, or a leaf."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One class of the observed process.

    ``layout`` is the nearest built-in type that it derives from, itself included.
    ``is_heap_type``: created at run time. ``takes_part_in_gc``: its instances can
    be tracked by the collector.
    """

    module: str
    qualname: str
    address: int
    layout: str
    is_heap_type: bool
    takes_part_in_gc: bool

    @property
    def full_name(self) -> str:
        """Module and qualified name; the qualified name alone for built-in types."""
        return (
            self.qualname if self.module in {"builtins", ""} else f"{self.module}.{self.qualname}"
        )


@dataclass(frozen=True, slots=True)
class Site:
    """A line of code that allocated objects, as tracemalloc saw it."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A running function: where it stands and its local variables.

    ``node`` is the frame object's own row, ``NO_NODE`` where the snapshot has none
    (CPython 3.11 and later make frame objects only on request). ``locals`` pairs
    each variable's name with the node of its value.
    """

    function: str
    module: str | None
    file: str
    line: int | None
    node: int
    locals: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread that ran Python: outermost frame first."""

    ident: int
    name: str | None
    is_daemon: bool | None
    is_current: bool
    local_node: int
    exception_node: int
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Roots:
    """What holds objects from outside the heap, by name; all values are nodes."""

    modules: Mapping[str, int]
    threads: tuple[Thread, ...]
    interpreter: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(Shown):
    """One heap, ``n`` objects and ``m`` references, all arrays read-only.

    Attributes:
        path: The file that it was read from.
        header: The file's header, as documented in ``docs/format.md``.
        is_complete: False where the file was cut; everything up to the cut is here.
        address_by_node: ``(n,) int64``, unique.
        type_by_node: ``(n,) int32``, index into ``types``.
        shallow_bytes_by_node: ``(n,) int64``.
        refcount_by_node: ``(c,) int64``, ``NO_COUNT`` where it says nothing.
        is_tracked_by_node: ``(c,) bool``, tracked by the collector.
        first_edge_by_node: ``(c + 1,) int64``: node ``v`` owns the edges
            ``first_edge_by_node[v]`` up to ``first_edge_by_node[v + 1]``.
        referent_by_edge: ``(m,) int32``, the node that the edge leads to.
        name_by_edge: ``(m,) int32``, index into ``edge_names``.
        edge_names: The distinct names of references, as in ``docs/format.md``.
        types: The type table.
        name_by_node: Node → the object's own name (modules, classes, functions, ...).
        roots: The roots, by node.
        site_by_node: ``(n,) int32``: the object was allocated at ``sites[number - 1]``, ``NO_SITE``
            where nobody saw it; None where the process ran without tracemalloc.
        sites: The lines that allocated objects.
        found_in_memory: ``(k, 2) int32``, nodes: the address of the second stood in the first's own
            memory, where the collector is told of no reference; None where nobody looked.
        index: Where what follows from the heap is kept; None: nowhere.
    """

    path: Path
    header: Mapping[str, Any]
    is_complete: bool
    address_by_node: NDArray[np.int64]
    type_by_node: NDArray[np.int32]
    shallow_bytes_by_node: CountArray
    refcount_by_node: CountArray
    is_tracked_by_node: NDArray[np.bool_]
    first_edge_by_node: EdgeArray
    referent_by_edge: NodeArray
    name_by_edge: NDArray[np.int32]
    edge_names: tuple[str, ...]
    types: tuple[ObjectType, ...]
    name_by_node: Mapping[int, str]
    roots: Roots
    site_by_node: NDArray[np.int32] | None = None
    sites: tuple[Site, ...] = ()
    found_in_memory: NodeArray | None = None
    index: Index | None = None

    @property
    def node_count(self) -> int:
        """All objects, leaves included."""
        return len(self.address_by_node)

    @property
    def container_count(self) -> int:
        """Objects that may refer to others: nodes 0 … ``container_count`` - 1."""
        return len(self.refcount_by_node)

    @property
    def edge_count(self) -> int:
        """All references."""
        return len(self.referent_by_edge)
