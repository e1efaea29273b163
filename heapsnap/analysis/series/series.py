"""Heaps of one program laid over each other: one tree of places, in the order of time.

Owns what stands where in which heap. What of it is to blame is ``entries``' and ``culprits``'
business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.agent.format import LIMIT_WORDS
from heapsnap.analysis.chains.describe import describe_path
from heapsnap.analysis.heap.garbage import plumbing
from heapsnap.analysis.heap.origins import Origin, Origins, types_written_in_c
from heapsnap.analysis.heap.places import C_ROOT, GARBAGE_ROOT
from heapsnap.analysis.series.kept_tree import kept_tree
from heapsnap.analysis.series.lay_over import NAMESPACE_LAYOUTS, lay_over
from heapsnap.analysis.series.place_tree import NO_PLACE, PlaceTree
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.snapshot.model import NodeArray

BUFFER_LAYOUTS = frozenset({"ndarray", "BytesIO", "StringIO", "array", "memoryview"})
"""Kinds that take part in the collection and are large by what they hold as bytes."""
SUSPENDED = frozenset({"coroutine", "async_generator", "generator"})
"""Built-in types whose objects have a function's variables while they wait."""
EVENT_LOOP = re.compile(r"(asyncio|uvloop|winloop|qasync)\b.*Loop|.*\.\w*EventLoop")
"""Full names of the types of asyncio's event loops, whoever makes them."""
NAMED_LIMIT = re.compile(rf"(?:{'|'.join(LIMIT_WORDS)})=(\d{{1,12}})")
"""What the snapshot calls an object that may have so many entries; more digits are no limit."""


@dataclass(frozen=True, eq=False)
class Series:
    """``h`` heaps in the order of time, ``h`` >= 1, and the tree of their places."""

    heaps: tuple[Places, ...]

    @property
    def before(self) -> Places:
        """The baseline: the first heap."""
        return self.heaps[0]

    @property
    def after(self) -> Places:
        """The heap that is asked about: the last one."""
        return self.heaps[-1]

    @cached_property
    def tree(self) -> PlaceTree:
        """All heaps, laid over each other."""
        return kept_tree(self.heaps, lambda: lay_over(self.heaps))

    @cached_property
    def entries(self) -> NDArray[np.int64]:
        """``(h, p) int64``: how many entries the containers at each place have together."""
        entries = np.zeros_like(self.tree.counts)
        for number, heap in enumerate(self.heaps):
            amounts = heap.sums.entries_by_signature
            np.add.at(entries[number], self.tree.place_by_signature[number], amounts)
        return entries

    @cached_property
    def plumbing_by_type(self) -> dict[str, int]:
        """Full type name → how little the type says."""
        ranks: dict[str, int] = {}
        for heap in self.heaps:
            for kind in heap.snapshot.types:
                ranks[kind.full_name] = plumbing(kind)
        return ranks

    @cached_property
    def limit_by_place(self) -> dict[int, int]:
        """Place → how many entries the objects there may have together, where all of them tell."""
        number = len(self.heaps) - 1
        places = self.places_of_nodes(number)
        limits: dict[int, list[int]] = {}
        for node, name in self.after.snapshot.name_by_node.items():
            if limit := NAMED_LIMIT.fullmatch(name):
                limits.setdefault(int(places[node]), []).append(int(limit[1]))
        counts = self.tree.counts[number]
        return {
            place: sum(known)
            for place, known in limits.items()
            if place != NO_PLACE and len(known) == counts[place]
        }

    @cached_property
    def origins(self) -> Origins:
        """Whose each module and type is."""
        return Origins(heap.snapshot for heap in self.heaps)

    @cached_property
    def extension_types(self) -> frozenset[str]:
        """Full names of types that are written in C."""
        return types_written_in_c(self.after.snapshot)

    @cached_property
    def namespace_types(self) -> frozenset[str]:
        """Full names of the types of modules and classes."""
        kinds = (kind for heap in self.heaps for kind in heap.snapshot.types)
        return frozenset(kind.full_name for kind in kinds if kind.layout in NAMESPACE_LAYOUTS)

    @cached_property
    def unordered_types(self) -> frozenset[str]:
        """Full names of sets, and of what derives from them: their order says nothing."""
        kinds = (kind for heap in self.heaps for kind in heap.snapshot.types)
        return frozenset(kind.full_name for kind in kinds if kind.layout in {"set", "frozenset"})

    @cached_property
    def leaf_types(self) -> frozenset[str]:
        """Full names of types whose objects refer to nothing, or only to what they view."""
        return frozenset(
            kind.full_name
            for kind in self.after.snapshot.types
            if not kind.takes_part_in_gc or kind.layout in BUFFER_LAYOUTS
        )

    @cached_property
    def _places_by_node(self) -> dict[int, NDArray[np.int32]]:
        return {}

    def places_of_nodes(self, number: int) -> NDArray[np.int32]:
        """``(n,) int32``: the place of every object of one heap, ``NO_PLACE`` where unreached."""
        if number not in self._places_by_node:
            signature = self.heaps[number].paths.signature_by_node
            # An unreached node has signature -1 and reads the last cell.
            places = np.append(self.tree.place_by_signature[number], np.int32(NO_PLACE))
            self._places_by_node[number] = places[signature]
        return self._places_by_node[number]

    def nodes_at(self, number: int, place: int) -> NodeArray:
        """``(k,) int32``: the objects of one heap that stand at the place, ascending."""
        signatures = np.flatnonzero(self.tree.place_by_signature[number] == place)
        return self.heaps[number].sums.nodes_with(signatures)

    def verdict_of_place(self, place: int) -> str:
        """The verdict on the objects that stand there, from the kind of their root."""
        root = self.tree.path(place)[0]
        label = self.tree.reference[root]
        if label in (C_ROOT, GARBAGE_ROOT):
            return "c-held" if label == C_ROOT else "garbage"
        for heap in reversed(self.heaps):
            if label in heap.roots.frames.label_by_node.values():
                return "frame"
        return "rooted"

    def path_text(self, place: int, verdict: str) -> str:
        """The place in one line."""
        path = self.tree.path(place)
        if verdict != "garbage" and (known := self.below_machinery(path)):
            start, name = known
            path = path[start:]
            names = [name, *(self.tree.reference[step] for step in path[1:])]
            return describe_path(names, [self.tree.type[step] for step in path], "rooted")
        references = [self.tree.reference[step] for step in path]
        return describe_path(references, [self.tree.type[step] for step in path], verdict)

    def below_machinery(self, path: list[int]) -> tuple[int, str] | None:
        """Where a person knows the way, on a path that begins in Python's or a library's modules.

        How the interpreter comes to an event loop says nothing, nor how that comes to its tasks.

        Returns:
            The step of a coroutine of which a variable follows, else of the event loop, and what it
            is called; None where the path begins in the program, or has neither.
        """
        root = path[0]
        if self.tree.type[root] != "module":
            return None
        if self.origins.of_module(self.tree.reference[root]) == Origin.PROGRAM:
            return None
        for number in range(len(path) - 2, 0, -1):
            following = path[number + 1]
            if self.is_variable_of_suspended(following):
                names = self._names_of_holders(following)
                if len(names) > 1:
                    break  # several functions are no place
                return number, f"{self.tree.type[path[number]]} {names.pop()}()"
        for number, step in enumerate(path[1:-1], 1):
            if EVENT_LOOP.fullmatch(self.tree.type[step]):
                owner = self._last_owner(path, number)
                if owner is None:
                    return number, "event loop"
                return owner, f"event loop … {self.tree.type[path[owner]].rpartition('.')[2]}"
        return None

    def _last_owner(self, path: list[int], above: int) -> int | None:
        """The last step below another one, but for the end, at which a named object stands.

        It is of a class of the program's or of a library's, and so known where the way is not.
        """
        for number in range(len(path) - 2, above, -1):
            kind = self.tree.type[path[number]]
            is_named = not self.plumbing_by_type[kind]
            if is_named and self.origins.of_type(kind) != Origin.PYTHON:
                return number
        return None

    def is_variable_of_suspended(self, place: int) -> bool:
        """Whether a variable of a coroutine or generator holds the objects at a place."""
        tree, above = self.tree, self.tree.parent[place]
        is_held_so = above != NO_PLACE and tree.type[above] in SUSPENDED
        return is_held_so and tree.reference[place].isidentifier()

    def _names_of_holders(self, place: int) -> set[str]:
        """What those are called from which the chosen paths lead to the objects at a place."""
        nodes = self.nodes_at(len(self.heaps) - 1, place)
        edges = self.after.paths.parent_edge_by_node[nodes]
        holders = self.after.graph.referrer_by_edge[edges[edges != NO_EDGE]].tolist()
        return {self.after.snapshot.name_by_node.get(holder, "") for holder in holders}
