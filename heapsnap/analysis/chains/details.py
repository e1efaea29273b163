"""What a verdict leaves to be said: whose frame it is, who awaits it, what C may be holding it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import root_of, text_of_node
from heapsnap.analysis.chains.likely_holder import likely_holder_lines
from heapsnap.analysis.heap.labels import LATE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.snapshot.model import ObjectType

MOST_THREADS = 5
MOST_HELD = 1000
MOST_AWAITS = 12
CALLBACK_DEPTH = 4
"""Steps from a future to the task that it wakes: list, tuple, bound method, task."""
MOST_CALLBACKS = 50
SUSPENDED_LAYOUTS = frozenset({"coroutine", "generator", "async_generator"})
AWAITS = frozenset(
    {"._coro", "['_coro']", ".cr_await", ".gi_yieldfrom", ".ag_await", "._fut_waiter",
     "['_fut_waiter']"}
)  # fmt: skip
"""References that lead from what waits to what it waits for."""


def detail_lines(
    heap: Places, root: int, edges: Sequence[int], verdict: str, before: Places | None = None
) -> list[str]:
    """Further lines on how one object is held.

    Args:
        heap: The heap.
        root: Where its chain starts.
        edges: The chain, root first.
        verdict: On the object.
        before: An earlier heap.
    """
    if verdict == "frame":
        return _frame_lines(heap, root)
    lines = _suspended_lines(heap, root, edges)
    if verdict == "c-held":
        lines += _c_lines(heap, root, is_object=not edges)
        if heap.verdicts.excess_by_node[root] > 0:
            lines += likely_holder_lines(heap, root, before)
    return lines


def count_threads(heap: Places, nodes: NDArray[np.int64]) -> int:
    """How many threads have the roots of these objects in variables.

    Args:
        heap: The heap.
        nodes: Of very many the last ones are looked at.
    """
    ways_of = heap.roots.frame_roots_by_node
    roots = {root_of(heap, node) for node in nodes[-MOST_HELD:].tolist()}
    return len({way.thread.ident for root in roots for way in ways_of.get(root, ())})


def _frame_lines(heap: Places, root: int) -> list[str]:
    ways = heap.roots.frame_roots_by_node.get(root, [])
    lines = []
    for way in ways[:MOST_THREADS]:
        name = way.thread.name or f"thread {way.thread.ident}"
        if way.frame is None:
            lines.append(f"thread {name}: {way.variable}")
        else:
            lines.append(
                f"thread {name}, function {way.frame.function}, "
                f"{way.frame.file}:{way.frame.line}, variable {way.variable}"
            )
    if len(ways) > MOST_THREADS:
        lines.append(f"and {len(ways) - MOST_THREADS} more")
    return lines


def _c_lines(heap: Places, root: int, *, is_object: bool) -> list[str]:
    excess = int(heap.verdicts.excess_by_node[root])
    subject = "it" if is_object else "the first object of the chain"
    references = f"{excess} references" if excess > 1 else "1 reference"
    if excess <= 0:
        return [f"{subject} is kept by the interpreter itself: its count says nothing"]
    come, them = ("come", "them") if excess > 1 else ("comes", "it")
    source = f"{come} from C code or from a value stack: no Python object explains {them}"
    return [f"{references} to {subject} {source}"]


def _suspended_lines(heap: Places, root: int, edges: Sequence[int]) -> list[str]:
    """Who is suspended on the chain, and what it awaits, until the one that really waits."""
    graph, snapshot = heap.graph, heap.snapshot
    on_chain = np.append(root, graph.referent_by_edge[np.array(edges, dtype=np.int64)])
    is_suspended = np.array(
        [kind.layout in SUSPENDED_LAYOUTS or _is_asyncios(kind, "Task") for kind in snapshot.types],
        dtype=np.bool_,
    )
    suspended = np.flatnonzero(is_suspended[snapshot.type_by_node[on_chain]])
    if len(suspended):
        # The last task on the way is the one that matters: others merely started it, or hold it.
        tasks = [
            n for n in suspended.tolist() if _is_asyncios(_kind(heap, int(on_chain[n])), "Task")
        ]
        awaits = _follow_awaits(heap, int(on_chain[(tasks[-1:] or suspended)[0]]))
        return [f"suspended: {' awaits '.join(text_of_node(heap, n) for n in awaits)}"]
    waiting = _waiting_task(heap, int(on_chain[-1]))
    if waiting is None:
        return []
    awaits = _follow_awaits(heap, waiting)
    return [f"awaited by: {' awaits '.join(text_of_node(heap, n) for n in awaits)}"]


def _waiting_task(heap: Places, future: int) -> int | None:
    """The task that a future wakes up when it is done: it stands among its callbacks."""
    graph, snapshot = heap.graph, heap.snapshot
    if not _is_asyncios(snapshot.types[int(snapshot.type_by_node[future])], "Future"):
        return None
    frontier = [future]
    for _ in range(CALLBACK_DEPTH):
        frontier = [
            int(graph.referent_by_edge[edge])
            for node in frontier
            for edge in range(
                int(graph.first_edge_by_node[node]), int(graph.first_edge_by_node[node + 1])
            )
            if snapshot.edge_names[int(snapshot.name_by_edge[edge])] not in LATE_NAMES
        ][:MOST_CALLBACKS]
        for node in frontier:
            if _is_asyncios(snapshot.types[int(snapshot.type_by_node[node])], "Task"):
                return node
    return None


def _kind(heap: Places, node: int) -> ObjectType:
    return heap.snapshot.types[int(heap.snapshot.type_by_node[node])]


def _is_asyncios(kind: ObjectType, name: str) -> bool:
    """Whether it is asyncio's class, in C or in Python, or derives from that in C."""
    return kind.layout == name or (
        kind.qualname == name and kind.module in {"_asyncio", "asyncio.tasks", "asyncio.futures"}
    )


def _follow_awaits(heap: Places, node: int) -> list[int]:
    """The nodes from the one that waits to the one that is waited for in the end."""
    graph, snapshot = heap.graph, heap.snapshot
    chain = [node]
    while len(chain) < MOST_AWAITS:
        first, end = (int(graph.first_edge_by_node[chain[-1] + step]) for step in (0, 1))
        following = [
            int(graph.referent_by_edge[edge])
            for edge in range(first, end)
            if snapshot.edge_names[int(snapshot.name_by_edge[edge])] in AWAITS
        ]
        fresh = [n for n in following if n not in chain and not _is_none(heap, n)]
        if not fresh:
            break
        chain.append(fresh[0])
    return chain


def _is_none(heap: Places, node: int) -> bool:
    return heap.snapshot.types[int(heap.snapshot.type_by_node[node])].layout == "NoneType"
