"""What holds the heap, as nodes that V8's format can have: groups, threads, frames.

Readers start from one root; below it stands ``(GC roots)``, from which memlab's traces begin, and
below that one group for each kind of root that heapsnap knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from heapsnap.analysis.heap.places import Places
    from heapsnap.snapshot.model import Frame, Thread

ROOT_KEY, GC_ROOTS_KEY = "root", "(GC roots)"


@dataclass(frozen=True, slots=True)
class SyntheticEdge:
    """A reference from a synthetic node; ``name`` is a number where the kind is ``element``.

    ``is_object``: the node is one of the snapshot's, else a synthetic one.
    """

    kind: str
    name: str | int
    node: int
    is_object: bool


@dataclass(frozen=True, slots=True)
class SyntheticNode:
    """A node that is no object; ``key`` tells it apart from others of the same name."""

    name: str
    key: str
    edges: list[SyntheticEdge] = field(default_factory=list)

    def hold(self, name: str, node: int, kind: str = "property") -> None:
        """Refer to an object by a name."""
        if node != NO_NODE:
            self.edges.append(SyntheticEdge(kind, name, node, is_object=True))

    def hold_all(self, nodes: list[int]) -> None:
        """Refer to objects by number."""
        self.edges.extend(
            SyntheticEdge("element", number, node, is_object=True)
            for number, node in enumerate(nodes)
        )


class _Tree:
    """Synthetic nodes, numbered as they are made."""

    def __init__(self) -> None:
        self.nodes: list[SyntheticNode] = []

    def add(self, name: str, key: str, parent: SyntheticNode | None) -> SyntheticNode:
        node = SyntheticNode(name, key)
        if parent is not None:
            number = len(parent.edges)
            parent.edges.append(SyntheticEdge("element", number, len(self.nodes), is_object=False))
        self.nodes.append(node)
        return node


def root_nodes(heap: Places) -> list[SyntheticNode]:
    """All synthetic nodes; the root is the first of them, ``(GC roots)`` the second."""
    tree, roots = _Tree(), heap.snapshot.roots
    gc_roots = tree.add("(GC roots)", GC_ROOTS_KEY, tree.add("", ROOT_KEY, None))
    modules = tree.add("(modules)", "(modules)", gc_roots)
    for name, node in roots.modules.items():
        modules.hold(name, node)
    threads = tree.add("(threads)", "(threads)", gc_roots)
    for thread in roots.threads:
        _add_thread(tree, threads, thread)
    interpreter = tree.add("(interpreter)", "(interpreter)", gc_roots)
    for name, node in roots.interpreter:
        interpreter.hold(name, node)
    held_from_c = tree.add("(held from C)", "(held from C)", gc_roots)
    held_from_c.hold_all(np.flatnonzero(heap.verdicts.is_c_seed_by_node).tolist())
    garbage = tree.add("(garbage)", "(garbage)", gc_roots)
    garbage.hold_all(heap.garbage_owners.tolist())
    return tree.nodes


def _add_thread(tree: _Tree, threads: SyntheticNode, thread: Thread) -> None:
    name = thread.name or f"thread {thread.ident}"
    node = tree.add(f"(thread {name})", f"thread {thread.ident}", threads)
    for depth, frame in enumerate(thread.frames):
        key = f"thread {thread.ident} {depth} {frame.function} {frame.file}"
        _add_frame(tree.add(_frame_name(frame), key, node), frame)
    node.hold("data of the thread", thread.local_node, "internal")
    node.hold("exception being handled", thread.exception_node, "internal")


def _add_frame(node: SyntheticNode, frame: Frame) -> None:
    for variable, value in frame.locals:
        node.hold(variable, value)
    node.hold("frame", frame.node, "internal")


def _frame_name(frame: Frame) -> str:
    return f"({frame.function}() {frame.file}:{frame.line})"
