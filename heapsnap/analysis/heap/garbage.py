"""Whose garbage it is: for each knot of cycles the object that a person would call its owner.

Owns the choice of owners. That something is garbage at all is decided by the reference
counts, in ``heapsnap.graph.verdicts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.roots import is_standard_library
from heapsnap.graph.components import NO_COMPONENT, strong_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import NodeArray, ObjectType, Snapshot

WRAPPER = 1
"""Python's own connectors. What it wraps says more where that is of a class of the program."""
CLASS = 3
"""A class in a cycle says less than its instance; on its own it is what a person would name."""

_PLUMBING = {
    "dict": 9, "tuple": 9, "list": 8, "set": 8, "frozenset": 8, "cell": 7, "frame": 6,
    "traceback": 6, "getset_descriptor": 9, "member_descriptor": 9, "method": 5,
    "builtin_function_or_method": 6,
    "function": 4, "type": CLASS, "coroutine": 2, "generator": 2, "async_generator": 2,
}  # fmt: skip
"""How little a built-in type says about whose cycle it is; a class of the program says most."""


_CONTAINER = 8
_CONNECTING_MODULES = frozenset(
    {"_weakrefset", "asyncio.events", "collections", "contextlib", "functools", "itertools",
     "operator", "weakref"}
)  # fmt: skip
"""Modules of Python's own that are all about holding what belongs to others."""


def plumbing(kind: ObjectType) -> int:
    """0 for what a person would name, more for what merely connects it."""
    if kind.module in {"collections", "_weakrefset", "weakref"} and _is_container(kind):
        return _CONTAINER
    if kind.is_heap_type and kind.layout not in {"type", "module"}:
        # Private classes of Python's own wrap what a person knows: `_Info` of weakref.finalize.
        is_private = kind.qualname.rpartition(".")[2].startswith("_")
        # So do its named tuples: a SelectorKey has what was registered with it.
        is_connector = is_private or kind.module in _CONNECTING_MODULES or kind.layout == "tuple"
        return WRAPPER if is_connector and is_standard_library(kind.module) else 0
    if kind.layout not in _PLUMBING and not is_standard_library(kind.module or "builtins"):
        return 0  # a class that an extension declares in C
    return _PLUMBING.get(kind.layout, WRAPPER)


def _is_container(kind: ObjectType) -> bool:
    """Whether it is one of Python's own containers that are no built-in types."""
    return kind.layout in {"dict", "OrderedDict", "defaultdict", "deque"} or (
        kind.qualname.startswith(("WeakSet", "WeakKeyD", "WeakValueD", "User", "ChainMap"))
    )


def find_owners(
    snapshot: Snapshot, graph: ReferenceGraph, is_garbage: NDArray[np.bool_]
) -> NodeArray:
    """Choose one owner for every knot of garbage that no other garbage holds.

    Args:
        snapshot: ``n`` objects.
        graph: Its references.
        is_garbage: ``(n,) bool``.

    Returns:
        ``(k,) int32``, ascending. Every garbage object can be reached from one of them.
    """
    nodes = np.flatnonzero(is_garbage).astype(np.int32)
    if len(nodes) == 0:
        return nodes
    knots = strong_components(graph, within=is_garbage).component_by_node
    edges, referrers = graph.edges_of(nodes)
    sources, targets = knots[referrers], knots[graph.referent_by_edge[edges]]
    # References that lead out of the garbage have no target among the knots.
    between = (sources != targets) & (targets != NO_COMPONENT)
    is_held = np.zeros(int(knots.max()) + 1, dtype=np.bool_)
    is_held[targets[between]] = True
    component = knots[nodes]

    rank = np.array([plumbing(kind) for kind in snapshot.types], dtype=np.int64)
    names = np.array([kind.full_name for kind in snapshot.types])
    name_rank = np.unique(names, return_inverse=True)[1].reshape(-1)
    types = snapshot.type_by_node[nodes]
    # Within a knot: what says most; of several such types the rarest; then by name, then by node.
    pair = component.astype(np.int64) * (len(names) + 1) + name_rank[types]
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    rarity = counts[inverse.reshape(-1)]
    order = np.lexsort((nodes, name_rank[types], rarity, rank[types], component))
    first_of_component = np.ones(len(order), dtype=np.bool_)
    first_of_component[1:] = component[order][1:] != component[order][:-1]
    chosen = order[first_of_component]
    chosen = chosen[~is_held[component[chosen]]]
    return np.sort(nodes[chosen])
