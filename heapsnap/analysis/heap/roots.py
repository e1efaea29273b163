"""From where the objects are held: the roots, in the order in which people care about them.

Owns which nodes are roots, what each is called, and which verdict it gives. The order is:
modules, running frames, what the interpreter holds by name, then (found elsewhere) objects
that only C code holds, then the owners of garbage.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from heapsnap.snapshot.model import Frame, NodeArray, Snapshot, Thread


@dataclass(frozen=True, slots=True)
class FrameRoot:
    """One way in which a running frame holds an object: thread, frame, variable."""

    thread: Thread
    frame: Frame | None
    variable: str

    @property
    def label(self) -> str:
        """The place without the thread, so that fifty workers read alike."""
        if self.frame is None:
            return self.variable
        return f"{self.frame.function}() local variable {self.variable}"


@dataclass(slots=True)
class RootSet:
    """Roots of one kind: node → what the root is called."""

    label_by_node: dict[int, str] = field(default_factory=dict)

    def add(self, node: int, label: str) -> None:
        """Enter a root; of several names the smallest stays."""
        if node == NO_NODE:
            return
        known = self.label_by_node.get(node)
        if known is None or _preference(label) < _preference(known):
            self.label_by_node[node] = label

    def nodes(self) -> NodeArray:
        """``(k,) int32``, ascending."""
        return np.array(sorted(self.label_by_node), dtype=np.int32)


@dataclass(frozen=True, slots=True)
class RootGroups:
    """The roots that the file names, by kind."""

    modules: RootSet
    frames: RootSet
    interpreter: RootSet
    frame_roots_by_node: dict[int, list[FrameRoot]]


def is_standard_library(module: str) -> bool:
    """Whether a module comes with Python, going by the names of the Python that runs this."""
    return module.partition(".")[0] in sys.stdlib_module_names


def find_roots(snapshot: Snapshot) -> RootGroups:
    """Collect the roots of a snapshot."""
    groups = RootGroups(RootSet(), RootSet(), RootSet(), {})
    for name, node in snapshot.roots.modules.items():
        groups.modules.add(node, name)
    for name, node in snapshot.roots.interpreter:
        groups.interpreter.add(node, name)
    for thread in snapshot.roots.threads:
        _add_thread(groups, thread)
    return groups


def _add_thread(groups: RootGroups, thread: Thread) -> None:
    held = [(frame, variable, node) for frame in thread.frames for variable, node in frame.locals]
    ways = [(node, FrameRoot(thread, frame, variable)) for frame, variable, node in held]
    ways += [(frame.node, FrameRoot(thread, frame, "(frame)")) for frame in thread.frames]
    ways.append((thread.local_node, FrameRoot(thread, None, "data of the thread")))
    ways.append((thread.exception_node, FrameRoot(thread, None, "exception being handled")))
    for node, way in ways:
        if node != NO_NODE:
            groups.frames.add(node, way.label)
            groups.frame_roots_by_node.setdefault(node, []).append(way)


def _preference(label: str) -> tuple[bool, int, str]:
    return (is_standard_library(label), len(label), label)
