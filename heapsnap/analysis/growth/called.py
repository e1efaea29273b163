"""What a culprit's objects are called or run, where their type alone says little.

A hundred tasks are a hundred of one coroutine: that is the name to look for in the code. Owns by
which references tasks, threads, timers and partials lead to what they call.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from heapsnap.analysis.chains.describe import text_of_node
from heapsnap.analysis.heap.labels import ATTRIBUTES
from heapsnap.analysis.heap.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.series.series import Series

FUNCTIONS = frozenset(
    {"function", "builtin_function_or_method", "coroutine", "generator", "async_generator"}
)
MAPPINGS = frozenset({"dict", "OrderedDict", "defaultdict"})
"""What stands under one of their keys is data."""
CALLED = frozenset(
    f"{before}{underscore}{name}{after}"
    for name in (
        *("coro", "target", "run", "callback", "action"),
        *("func", "fn", "function", "job_func", "method"),
    )
    for underscore in ("", "_")
    for before, after in ((".", ""), ("['", "']"))
)
"""What Python and libraries call the attribute with what is to be called."""
DEPTH = 3
"""From a timer to a partial, from there to a method, from there to its function."""
MOSTLY = 0.9
"""Of the objects that were looked at, from which share on one name stands for all."""


def what_is_called(series: Series, nodes: Sequence[int]) -> str:
    """Words that follow the type: ``deliver()``, ``of Hub.pump()``; empty where they say nothing.

    Args:
        series: The heaps.
        nodes: Objects of the last one, all of one type.
    """
    heap = series.after
    names = Counter(_words_for(series, heap, node) for node in nodes)
    (words, count), *_ = names.most_common(1)
    return words if count >= MOSTLY * len(nodes) else ""


def _words_for(series: Series, heap: Places, node: int) -> str:
    kind = heap.snapshot.types[int(heap.snapshot.type_by_node[node])]
    if kind.layout in FUNCTIONS or kind.layout == "method":
        return _function_of(heap, node, 1)
    if kind.layout == "type":
        return heap.snapshot.name_by_node.get(node, "")
    is_own = series.origins.of_type(kind.full_name) == Origin.PROGRAM
    if is_own or kind.layout in MAPPINGS:
        return ""
    name = _function_of(heap, node, DEPTH)
    return f"of {name}" if name else ""


def _function_of(heap: Places, node: int, depth: int) -> str:
    """The function that an object is or calls: ``app.deliver()``; empty where it is not known."""
    layout = heap.snapshot.types[int(heap.snapshot.type_by_node[node])].layout
    if layout in FUNCTIONS:
        name = heap.snapshot.name_by_node.get(node, "")
        return f"{name}()" if name else ""
    if layout == "method":
        name = text_of_node(heap, node).rpartition(" ")[2]
        return f"{name}()" if name != "method" else ""
    if not depth:
        return ""
    return next(filter(None, (_function_of(heap, n, depth - 1) for n in _callees(heap, node))), "")


def _callees(heap: Places, node: int) -> Iterator[int]:
    graph, snapshot = heap.graph, heap.snapshot
    for edge in range(int(graph.first_edge_by_node[node]), int(graph.first_edge_by_node[node + 1])):
        name = snapshot.edge_names[int(snapshot.name_by_edge[edge])]
        if name in CALLED:
            yield int(graph.referent_by_edge[edge])
        elif name == ATTRIBUTES:
            yield from _callees(heap, int(graph.referent_by_edge[edge]))
