"""What objects and references are called in V8's format.

Owns the choice of V8's type for each of Python's, and the names that readers would take for
something of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import text_of_node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.export.strings import Strings
    from heapsnap.snapshot.model import ObjectType

NODE_TYPES = (
    "hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native",
    "synthetic", "concatenated string", "sliced string", "symbol", "bigint", "object shape",
)  # fmt: skip
EDGE_TYPES = ("context", "element", "property", "internal", "hidden", "shortcut", "weak")

_TYPE_BY_LAYOUT = {
    "str": "string", "int": "number", "float": "number", "complex": "number", "bool": "number",
    "function": "closure", "builtin_function_or_method": "closure", "code": "code",
}  # fmt: skip
"""All others are ``object``: of that alone DevTools makes a row for each class."""

_MISREAD = re.compile(r"Object$|Object\(|Detached |Window|FiberNode|<\w+ |system /")
"""Beginnings of names that mean something to readers: a program of another kind, the DOM, React."""
_KEY = re.compile(r"\['([^'\\]*)'\]")
_COUNTED_UP, _COUNTED_DOWN = {"[#]", "[*]", "{*}"}, {"[-#]"}


def name_nodes(heap: Places, strings: Strings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The type and the name of every object.

    Returns:
        ``(n,) int64`` indices into ``NODE_TYPES``, and ``(n,) int64`` numbers of texts.
    """
    snapshot = heap.snapshot
    kind_by_type = np.array([_node_type(kind) for kind in snapshot.types], dtype=np.int64)
    name_by_type = [strings.number(_class_name(kind.full_name)) for kind in snapshot.types]
    names = np.array(name_by_type, dtype=np.int64)[snapshot.type_by_node]
    is_method = np.array([kind.layout == "method" for kind in snapshot.types], dtype=np.bool_)
    methods = np.flatnonzero(is_method[snapshot.type_by_node]).tolist()
    for node in (*snapshot.name_by_node, *methods):
        names[node] = strings.number(_class_name(_own_name(heap, node)))
    return kind_by_type[snapshot.type_by_node], names


def name_edges(heap: Places, strings: Strings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The type and the name of every reference.

    Returns:
        ``(m,) int64`` indices into ``EDGE_TYPES``, and ``(m,) int64``: positions where the type is
        ``element``, else numbers of texts.
    """
    snapshot = heap.snapshot
    named = [_edge_name(name) for name in snapshot.edge_names]
    kinds = np.array([EDGE_TYPES.index(kind) for kind, _ in named], dtype=np.int64)
    texts = np.array([strings.number(text) for _, text in named], dtype=np.int64)
    kind_by_edge, name_by_edge = kinds[snapshot.name_by_edge], texts[snapshot.name_by_edge]
    for number, name in enumerate(snapshot.edge_names):
        if name in _COUNTED_UP | _COUNTED_DOWN:
            edges = np.flatnonzero(snapshot.name_by_edge == number)
            counts_down = name in _COUNTED_DOWN
            name_by_edge[edges] = _positions(heap, edges, counts_down=counts_down)
            _name_cells(heap, edges, kind_by_edge, name_by_edge, strings)
    return kind_by_edge, name_by_edge


def _positions(heap: Places, edges: NDArray[np.int64], *, counts_down: bool) -> NDArray[np.int64]:
    """Number the edges of each owner, all of which have one name."""
    owners = heap.graph.referrer_by_edge[edges]
    is_first = np.ones(len(edges), dtype=np.bool_)
    is_first[1:] = owners[1:] != owners[:-1]
    firsts = np.flatnonzero(is_first)
    group = np.cumsum(is_first) - 1
    positions: NDArray[np.int64] = np.arange(len(edges), dtype=np.int64) - firsts[group]
    if counts_down:
        lengths = np.diff(np.append(firsts, len(edges)))
        positions = lengths[group] - 1 - positions
    return positions


def _name_cells(
    heap: Places,
    edges: NDArray[np.int64],
    kind_by_edge: NDArray[np.int64],
    name_by_edge: NDArray[np.int64],
    strings: Strings,
) -> None:
    """The cells of a closure have the names of their variables."""
    labels = heap.edge_labels
    is_variable = np.array([not text.startswith(("[", "{")) for text in labels.texts], np.bool_)
    cells = edges[is_variable[labels.label_by_edge[edges]]]
    kind_by_edge[cells] = EDGE_TYPES.index("context")
    for cell in cells.tolist():
        name_by_edge[cell] = strings.number(labels.texts[int(labels.label_by_edge[cell])])


def _node_type(kind: ObjectType) -> int:
    # A class of the program's that derives from str should have its own row.
    is_own = kind.module not in {"builtins", ""}
    return NODE_TYPES.index("object" if is_own else _TYPE_BY_LAYOUT.get(kind.layout, "object"))


def _own_name(heap: Places, node: int) -> str:
    """What a chain calls it; a function by its name alone, since its type says the rest."""
    snapshot = heap.snapshot
    if snapshot.types[int(snapshot.type_by_node[node])].layout in {"function", "code"}:
        return snapshot.name_by_node[node]
    return text_of_node(heap, node)


def _class_name(name: str) -> str:
    return f"python {name}" if _MISREAD.match(name) else name


def _edge_name(name: str) -> tuple[str, str]:
    if name in _COUNTED_UP | _COUNTED_DOWN:
        return "element", ""
    if name.startswith((".__", "<")) or name == "?":
        # `code` would be a reference of V8's own; the underscores of `__code__` keep it apart.
        return "internal", name.removeprefix(".")
    key = _KEY.fullmatch(name)
    return "property", (key[1] if key else name.removeprefix(".")).replace("WeakMap", "Weak-Map")
