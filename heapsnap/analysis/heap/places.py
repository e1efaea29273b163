"""Where every object of a snapshot lives: its verdict, its path, the signature of that path.

Owns the order of the passes over one heap. Everything that compares or explains works on
this; nothing in it rests on addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.garbage import find_owners
from heapsnap.analysis.heap.keeping import KeptGraph, kept, kept_number, kept_paths
from heapsnap.analysis.heap.known_holders import find_known_holders
from heapsnap.analysis.heap.labels import EdgeLabels, label_edges
from heapsnap.analysis.heap.roots import RootGroups, RootSet, find_roots, is_standard_library
from heapsnap.analysis.heap.sums import Sums, TypeSums, add_up, add_up_types
from heapsnap.graph.dominators import dominator_tree
from heapsnap.graph.levels import LevelResult, levels
from heapsnap.graph.paths import CanonicalPaths, canonical_parents
from heapsnap.graph.reachability import reachable_from
from heapsnap.graph.references import ReferenceGraph
from heapsnap.graph.subtrees import Subtrees
from heapsnap.graph.verdicts import Verdict, Verdicts, judge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.index.keeper import Index
    from heapsnap.snapshot.model import CountArray, NodeArray, Snapshot

VERDICT_TEXTS = {
    Verdict.ROOTED: "rooted",
    Verdict.FRAME: "frame",
    Verdict.C_HELD: "c-held",
    Verdict.GARBAGE: "garbage",
}
C_ROOT = "(held from C)"
GARBAGE_ROOT = "(garbage)"


@dataclass(frozen=True, slots=True, eq=False)
class Owners:
    """``nodes``: ``(k,) int32``, one object for each knot of garbage."""

    nodes: NodeArray


@dataclass(frozen=True, slots=True, eq=False)
class RetainedByType:
    """``by_type``: ``(t,) int64``, bytes."""

    by_type: CountArray


@dataclass(frozen=True, eq=False)
class Places:
    """One heap with all that follows from it; each part is made when it is first asked for."""

    snapshot: Snapshot

    @property
    def index(self) -> Index | None:
        """Where the parts are kept once they are made."""
        return self.snapshot.index

    @cached_property
    def graph(self) -> ReferenceGraph:
        """The references."""
        if self.index is None:
            return ReferenceGraph.of_snapshot(self.snapshot)
        return KeptGraph.of_indexed(self.snapshot, self.index)

    @cached_property
    def roots(self) -> RootGroups:
        """The roots that the file names, and those that are known by their kind."""
        groups = find_roots(self.snapshot)
        for node, label in find_known_holders(self.snapshot, self.graph).items():
            groups.interpreter.add(node, label)
        return groups

    @cached_property
    def verdicts(self) -> Verdicts:
        """What keeps each object alive."""
        return kept(self.index, "verdicts", Verdicts, self._judge)

    def _judge(self) -> Verdicts:
        named = np.append(self.roots.modules.nodes(), self.roots.interpreter.nodes())
        return judge(
            self.graph,
            refcount_by_node=self.snapshot.refcount_by_node,
            named_roots=named.astype(np.int32),
            frame_roots=self.roots.frames.nodes(),
        )

    @cached_property
    def garbage_owners(self) -> NodeArray:
        """``(k,) int32``, see ``heapsnap.analysis.heap.garbage``."""
        return kept(self.index, "garbage", Owners, self._find_owners).nodes

    def _find_owners(self) -> Owners:
        is_garbage = self.verdicts.verdict_by_node == Verdict.GARBAGE
        return Owners(find_owners(self.snapshot, self.graph, is_garbage))

    @cached_property
    def edge_labels(self) -> EdgeLabels:
        """The references' normalised names."""
        return kept(self.index, "labels", EdgeLabels, self._label_edges)

    def _label_edges(self) -> EdgeLabels:
        return label_edges(self.snapshot, self.graph)

    @cached_property
    def type_texts(self) -> tuple[str, ...]:
        """The distinct full names of types, sorted."""
        return tuple(sorted({kind.full_name for kind in self.snapshot.types}))

    @cached_property
    def type_label_by_node(self) -> NDArray[np.int32]:
        """``(n,) int32``, index into ``type_texts``: classes of one name are one."""
        rank = {text: position for position, text in enumerate(self.type_texts)}
        names = [rank[kind.full_name] for kind in self.snapshot.types]
        return np.array(names, dtype=np.int32)[self.snapshot.type_by_node]

    @cached_property
    def root_sets(self) -> tuple[RootSet, ...]:
        """All roots, in the order of the waves in which they reach the heap."""
        seeds = np.flatnonzero(self.verdicts.is_c_seed_by_node).tolist()
        return (
            self.roots.modules,
            self.roots.frames,
            self.roots.interpreter,
            RootSet(dict.fromkeys(seeds, C_ROOT)),
            RootSet(dict.fromkeys(self.garbage_owners.tolist(), GARBAGE_ROOT)),
        )

    @cached_property
    def root_texts(self) -> tuple[str, ...]:
        """The distinct names of roots; the program's own modules before Python's."""
        texts = {text for roots in self.root_sets for text in roots.label_by_node.values()}
        return tuple(sorted(texts, key=lambda text: (is_standard_library(text), text)))

    @cached_property
    def levels(self) -> LevelResult:
        """In what order the roots reach the objects."""
        return levels(
            self.graph,
            [roots.nodes() for roots in self.root_sets],
            late_by_edge=self.edge_labels.is_late_by_edge,
        )

    @cached_property
    def paths(self) -> CanonicalPaths:
        """The chosen path of every object, and its signature."""
        return kept_paths(self.index, "paths", self._choose_paths)

    def _choose_paths(self) -> CanonicalPaths:
        rank = {text: position for position, text in enumerate(self.root_texts)}
        root_label_by_node = np.zeros(self.snapshot.node_count, dtype=np.int32)
        for roots in reversed(self.root_sets):
            for node, text in roots.label_by_node.items():
                root_label_by_node[node] = rank[text]
        reached = self.levels
        # Only paths need them, and they are a tenth of all that is in memory here.
        self.__dict__.pop("levels", None)
        return canonical_parents(
            self.graph,
            reached,
            label_by_edge=self.edge_labels.label_by_edge,
            label_by_node=self.type_label_by_node,
            root_label_by_node=root_label_by_node,
        )

    @cached_property
    def sums(self) -> Sums:
        """What stands where, added up."""
        return kept(self.index, "sums", Sums, lambda: add_up(self))

    @cached_property
    def type_sums(self) -> TypeSums:
        """The objects of every type, counted and added up."""
        return kept(self.index, "types", TypeSums, lambda: add_up_types(self))

    def verdict_of(self, node: int) -> str:
        """``rooted``, ``frame``, ``c-held`` or ``garbage``."""
        return VERDICT_TEXTS[Verdict(int(self.verdicts.verdict_by_node[node]))]

    def retained_bytes(self, nodes: NodeArray) -> int:
        """How much would be freed if these objects were gone: exact, one walk over the heap.

        Everything that can be reached from the roots, less what can be reached from them
        without stepping on one of the objects.

        Args:
            nodes: ``(k,)`` integers.
        """
        return kept_number(self.index, nodes, lambda: self._retained_bytes(nodes))

    def _retained_bytes(self, nodes: NodeArray) -> int:
        return int(self.snapshot.shallow_bytes_by_node[self.is_retained_by(nodes)].sum())

    def is_retained_by(self, nodes: NodeArray) -> NDArray[np.bool_]:
        """``(n,) bool``: what would be freed if these objects were gone, themselves included.

        Args:
            nodes: ``(k,)`` integers.
        """
        is_blocked = np.zeros(self.snapshot.node_count, dtype=np.bool_)
        is_blocked[nodes] = True
        starts = np.concatenate([roots.nodes() for roots in self.root_sets])
        is_followed = ~is_blocked[self.graph.referent_by_edge]
        is_left = reachable_from(
            self.graph, starts[~is_blocked[starts]], edge_is_followed=is_followed
        )
        return ~is_left

    @cached_property
    def subtrees(self) -> Subtrees:
        """What each object alone keeps alive, as a tree laid out in one row."""
        return kept(self.index, "dominators", Subtrees, self._lay_out_dominators)

    def _lay_out_dominators(self) -> Subtrees:
        starts = np.concatenate([roots.nodes() for roots in self.root_sets])
        return Subtrees.of_tree(dominator_tree(self.graph, starts))

    @cached_property
    def retained_bytes_by_node(self) -> CountArray:
        """``(n,) int64``: how much would be freed if the object were gone, itself included."""
        return self.subtrees.sums(self.snapshot.shallow_bytes_by_node)[:-1]

    @cached_property
    def retained_bytes_by_type(self) -> CountArray:
        """``(t,) int64``, by ``type_texts``: what its objects keep alive, each byte once.

        An object inside of what another one of its type keeps alive counts there.
        """
        return kept(self.index, "retained_types", RetainedByType, self._add_up_types).by_type

    def _add_up_types(self) -> RetainedByType:
        types = self.type_label_by_node
        outermost = np.flatnonzero(self.subtrees.is_outermost(types))
        by_type = np.zeros(len(self.type_texts), dtype=np.int64)
        np.add.at(by_type, types[outermost], self.retained_bytes_by_node[outermost])
        return RetainedByType(by_type)
