"""What a reference is called where only its place matters: normalised names, and which are late.

Owns the rule by which `[0]`, `[1]`, ... become `[*]`, and the list of references that are true
but explain little, which a path takes only where there is no other way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import Snapshot

ITEM = "[*]"
ATTRIBUTES = ".__dict__"
KEY = "<key>"
ITEMS = frozenset({ITEM, "{*}", KEY})
"""What the references of a collection are called, of which it can gain more and more."""
CLOSED_LAYOUTS = frozenset({"module", "type", "function", "code"})
"""What is not opened to show an object: from there on it would show the program."""

LATE_NAMES = frozenset(
    {
        ".__class__", ".__globals__", ".__builtins__", ".__mro__", ".__bases__", ".__base__",
        ".__objclass__", ".__module__", ".f_back", ".f_globals", ".f_builtins", ".tb_frame",
        ".tb_next", ".__traceback__", ".__context__", ".__annotations__", ".__annotate__",
        ".__type_params__", "<module>", "<state>", "<cache>",
    }
)  # fmt: skip
"""An instance's class, a function's globals, a traceback's frames: every path could lead through
them, and none that does tells who is to blame. LeakCanary and memlab postpone them likewise."""

NAMELESS = frozenset({"?", "<stack>"})
"""Names of references that nothing names: the variable of a coroutine says more than its stack."""

NAMED_ENTRIES = 32
"""Entries up to which a dict is taken for a record, whose keys are worth telling apart."""

_WORD_KEY = re.compile(r"\['[A-Za-z_][\w.\- ]{0,39}'\]")
_ATTRIBUTE_KEY = re.compile(r"\['([^'\\]*)'\]")


@dataclass(frozen=True, slots=True, eq=False)
class EdgeLabels:
    """Normalised names of all references.

    Attributes:
        texts: The distinct names by rank: sorted, those that say nothing last.
        label_by_edge: ``(m,) int32``, index into ``texts``.
        is_late_by_edge: ``(m,) bool``.
    """

    texts: tuple[str, ...]
    label_by_edge: NDArray[np.int32]
    is_late_by_edge: NDArray[np.bool_]


def label_edges(snapshot: Snapshot, graph: ReferenceGraph) -> EdgeLabels:
    """Name every reference by its place in its owner, not by its key."""
    names = snapshot.edge_names
    name_by_edge = snapshot.name_by_edge
    out_degree = np.diff(graph.first_edge_by_node)
    variant_by_node = np.where(out_degree <= NAMED_ENTRIES * 2, 1, 2).astype(np.int32)
    variant_by_node[_namespaces(snapshot, graph)] = 0

    variants = [
        [_attribute_text(name) for name in names],
        [_record_text(name) for name in names],
        [_item_text(name) for name in names],
    ]
    closures = _closure_variables(snapshot, graph)
    found = {text for variant in variants for text in variant} | set(closures.values())
    # What says nothing comes last: of two ways a path takes that of the smaller rank.
    texts = sorted(found, key=lambda text: (text in NAMELESS, text))
    rank = {text: position for position, text in enumerate(texts)}
    rank_by_cell = np.array([rank[text] for variant in variants for text in variant], np.int32)
    first_cell_by_edge = np.repeat(variant_by_node * np.int32(len(names)), out_degree)
    label_by_edge = rank_by_cell[first_cell_by_edge + name_by_edge]
    for edge, text in closures.items():
        label_by_edge[edge] = rank[text]
    is_late_name = np.array([name in LATE_NAMES for name in names], dtype=np.bool_)
    return EdgeLabels(tuple(texts), label_by_edge, is_late_name[name_by_edge])


def _namespaces(snapshot: Snapshot, graph: ReferenceGraph) -> NDArray[np.bool_]:
    """``(n,) bool``: dicts that are the attributes of something."""
    is_namespace = np.zeros(snapshot.node_count, dtype=np.bool_)
    if ATTRIBUTES in snapshot.edge_names:
        name = snapshot.edge_names.index(ATTRIBUTES)
        is_namespace[graph.referent_by_edge[snapshot.name_by_edge == name]] = True
    return is_namespace


def _closure_variables(snapshot: Snapshot, graph: ReferenceGraph) -> dict[int, str]:
    """Edge of a closure's tuple → the variable whose cell it leads to."""
    variables: dict[int, str] = {}
    prefix = ".__closure__("
    listed = {
        number: name[len(prefix) : -1].split(", ")
        for number, name in enumerate(snapshot.edge_names)
        if name.startswith(prefix)
    }
    if not listed:
        return variables
    is_closure_name = np.zeros(len(snapshot.edge_names), dtype=np.bool_)
    is_closure_name[list(listed)] = True
    for edge in np.flatnonzero(is_closure_name[snapshot.name_by_edge]).tolist():
        names = listed[int(snapshot.name_by_edge[edge])]
        cells = int(snapshot.referent_by_edge[edge])
        first, end = (int(graph.first_edge_by_node[cells + step]) for step in (0, 1))
        if end - first != len(names):
            continue
        counts_down = snapshot.edge_names[snapshot.name_by_edge[first]] == "[-#]"
        for offset, name in enumerate(reversed(names) if counts_down else names):
            variables[first + offset] = name
    return variables


def _attribute_text(name: str) -> str:
    match = _ATTRIBUTE_KEY.fullmatch(name)
    return f".{match[1]}" if match else _item_text(name)


def _record_text(name: str) -> str:
    return name if _WORD_KEY.fullmatch(name) else _item_text(name)


def _item_text(name: str) -> str:
    if name.startswith("["):
        return ITEM
    return ".__closure__" if name.startswith(".__closure__(") else name
