"""References as a person draws them: `obj.x`, not `obj.__dict__['x']`, and none that say little.

Owns what an arrow of a picture stands for, and what the object at its end is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from heapsnap.analysis.chains.describe import text_of_node
from heapsnap.analysis.heap.labels import ATTRIBUTES, KEY, LATE_NAMES
from heapsnap.analysis.pictures.ends import End, Ends
from heapsnap.graph.counting import distinct, group_by, rank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places

Direction: TypeAlias = Literal["up", "down"]
UP: Literal["up"] = "up"
DOWN: Literal["down"] = "down"

TELLING = frozenset({".f_back", ".tb_frame", ".tb_next", ".__traceback__", ".__context__"})
"""Late on a path, and yet what a person wants to see of an exception and its frames."""
NOISE = (LATE_NAMES - TELLING) | {".__weakref__", ".__doc__", ".__qualname__", ".__name__"}
NAMED_LAYOUTS = frozenset(
    {
        "module", "type", "function", "method", "code", "generator", "coroutine",
        "builtin_function_or_method",
    }
)  # fmt: skip
"""Objects that are told apart by their own names."""
MOST_NAMED = 5000
"""Objects of such kinds whose names are read; of more of them the kind must do."""


@dataclass(frozen=True, eq=False)
class Links:
    """The references of one heap between objects as a person sees them.

    ``asked`` are nodes that are never taken for a part of their owner: whoever asks for dicts
    wants to see those that hold attributes as well.
    """

    heap: Places
    asked: NDArray[np.int64]

    @cached_property
    def owner_by_node(self) -> NDArray[np.int32]:
        """``(n,) int32``: the object that a dict of attributes belongs to; else the node itself."""
        graph = self.heap.graph
        owners = np.arange(graph.node_count, dtype=np.int32)
        edges = np.flatnonzero(self._is_named({ATTRIBUTES}))
        owners[graph.referent_by_edge[edges]] = graph.referrer_by_edge[edges]
        owners[self.asked] = self.asked
        return owners

    @cached_property
    def is_shown_by_edge(self) -> NDArray[np.bool_]:
        """``(m,) bool``: neither noise nor within one object."""
        graph, owners = self.heap.graph, self.owner_by_node
        referrer, referent = graph.referrer_by_edge, graph.referent_by_edge
        is_within = self._is_named({ATTRIBUTES}) & (owners[referent] == referrer)
        # The keys of attributes are their names; those of any other dict are what it holds.
        is_name = self._is_named({KEY}) & (owners[referrer] != referrer)
        is_hidden: NDArray[np.bool_] = self._is_named(NOISE) | is_within | is_name
        return ~is_hidden

    def _is_named(self, names: Iterable[str]) -> NDArray[np.bool_]:
        wanted = set(names)
        is_wanted = np.array([name in wanted for name in self.heap.snapshot.edge_names], np.bool_)
        is_named: NDArray[np.bool_] = is_wanted[self.heap.snapshot.name_by_edge]
        return is_named

    def of(
        self, nodes: NDArray[np.int64], direction: Direction
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """The references of many objects.

        Args:
            nodes: ``(k,)`` integers.
            direction: ``DOWN`` for what they hold, ``UP`` for what holds them.

        Returns:
            ``(j,)`` edges, and for each the holder and the held object.
        """
        graph, owners = self.heap.graph, self.owner_by_node
        if direction == DOWN:
            is_meant = np.zeros(graph.node_count, dtype=np.bool_)
            is_meant[nodes] = True
            with_attributes = np.flatnonzero(is_meant[owners])
            edges, _ = graph.edges_of(with_attributes.astype(np.int32))
        else:
            back = graph.referrers
            positions, _ = back.graph.edges_of(nodes.astype(np.int32))
            edges = back.original_edge_by_edge[positions]
        edges = edges[self.is_shown_by_edge[edges]]
        return edges, owners[graph.referrer_by_edge[edges]], graph.referent_by_edge[edges]

    def ends_of(
        self, nodes: NDArray[np.int64], direction: Direction, *, is_new: NDArray[np.bool_]
    ) -> Ends:
        """Merge what holds the objects, or what they hold, as far as it is new.

        Args:
            nodes: ``(k,)`` integers.
            direction: See ``of``.
            is_new: ``(n,) bool``: the objects to merge; others are drawn already.
        """
        edges, holders, held = self.of(nodes, direction)
        ends = (held if direction == DOWN else holders).astype(np.int64)
        kept = is_new[ends]
        edges, ends = edges[kept], ends[kept]
        labels, label_by_edge = self.labels_of(edges)
        texts, text_by_edge = self.texts_of(ends)
        found = Ends()
        pair_by_edge = label_by_edge * len(texts) + text_by_edge
        for pair, members in group_by(pair_by_edge, len(labels) * len(texts)):
            label, text = divmod(pair, len(texts))
            end = End(labels[label], *texts[text])
            found.counts[end] = len(members)
            found.nodes[end] = distinct(ends[members], len(is_new))
        return found

    def labels_of(self, edges: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
        """The normalised names of references.

        Returns:
            The distinct names, and ``(k,) int64`` indices into them.
        """
        labels = self.heap.edge_labels
        found, rank_by_edge = rank(labels.label_by_edge[edges], len(labels.texts))
        return [labels.texts[label] for label in found.tolist()], rank_by_edge

    def texts_of(self, nodes: NDArray[np.int64]) -> tuple[list[tuple[str, str]], NDArray[np.int64]]:
        """What a person would call each object, and its full type name.

        Returns:
            The distinct pairs, and ``(k,) int64`` indices into them.
        """
        heap = self.heap
        found, position = rank(nodes, heap.snapshot.node_count)
        kinds, kind_by_node = rank(heap.type_label_by_node[found], len(heap.type_texts))
        full_names = [heap.type_texts[kind] for kind in kinds.tolist()]
        texts = [(short_name(name), name) for name in full_names]
        text_by_node = kind_by_node.copy()
        named = np.flatnonzero(self._has_own_name[heap.snapshot.type_by_node[found]])
        if len(named) <= MOST_NAMED:
            index = {text: number for number, text in enumerate(texts)}
            for row in named.tolist():
                text = text_of_node(heap, int(found[row])), texts[int(text_by_node[row])][1]
                text_by_node[row] = index.setdefault(text, len(index))
            texts = list(index)
        return texts, text_by_node[position]

    @cached_property
    def _has_own_name(self) -> NDArray[np.bool_]:
        """``(t,) bool``: types whose objects are told apart by name."""
        return np.array([kind.layout in NAMED_LAYOUTS for kind in self.heap.snapshot.types])


def short_name(full_name: str) -> str:
    """The last component of a type's name: ``DictCursor``."""
    return full_name.rpartition(".")[2] or full_name
