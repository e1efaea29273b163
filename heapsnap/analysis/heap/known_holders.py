"""What only C code refers to and is known all the same: parts of the interpreter's own state.

Owns how these are recognised. A count says that C holds an object, its kind says where: the
context of a thread, the list of codec search functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.snapshot.model import NO_COUNT

if TYPE_CHECKING:
    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import Snapshot

CONTEXT_ROOT = "context of a thread"
CODECS_ROOT = "codec search path"
CODECS_MEMBER = "encodings.search_function"
"""Python registers it first of all, when it starts (Lib/encodings/__init__.py)."""


def find_known_holders(snapshot: Snapshot, graph: ReferenceGraph) -> dict[int, str]:
    """Objects of the interpreter's own state, by node, and what each is called."""
    found = {
        node: CONTEXT_ROOT for node in _contexts(snapshot) if _is_c_held(snapshot, graph, node)
    }
    for node, name in snapshot.name_by_node.items():
        if name == CODECS_MEMBER:
            found |= {
                holder: CODECS_ROOT
                for holder in _lists_with(snapshot, graph, node)
                if _is_c_held(snapshot, graph, holder)
            }
    return found


def _contexts(snapshot: Snapshot) -> list[int]:
    is_context = np.array(
        [kind.layout == "Context" and "contextvars" in kind.module for kind in snapshot.types],
        dtype=np.bool_,
    )
    types = snapshot.type_by_node[: snapshot.container_count]
    return [int(node) for node in np.flatnonzero(is_context[types])] if is_context.any() else []


def _lists_with(snapshot: Snapshot, graph: ReferenceGraph, node: int) -> list[int]:
    edges = np.flatnonzero(snapshot.referent_by_edge == node)
    holders = {int(graph.referrer_by_edge[edge]) for edge in edges}
    return [h for h in sorted(holders) if snapshot.types[snapshot.type_by_node[h]].layout == "list"]


def _is_c_held(snapshot: Snapshot, graph: ReferenceGraph, node: int) -> bool:
    count = int(snapshot.refcount_by_node[node])
    return count != NO_COUNT and count > int(np.count_nonzero(graph.referent_by_edge == node))
