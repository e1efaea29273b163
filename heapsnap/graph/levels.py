"""In what order the roots reach the objects: breadth first, dull references last.

Owns the order and the edges by which each node is reached first. Which of those
edges a path takes is the business of ``paths``; which roots come first and which
edges are late is the caller's.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heapsnap.graph.deep import walk_deep
from heapsnap.graph.references import ReferenceGraph, gather_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import EdgeArray, NodeArray

NO_LEVEL = -1
"""The level and the wave of a node that no root reaches."""

NO_ARRIVAL = -2
"""Equals no level."""

NARROW_NODES = 32
NARROW_EDGES = 96
"""Steps up to this size run node by node. A linked list of a million nodes is a million
steps; one with array operations costs 50 us at least, node by node 1 us (measured; the two
meet at 32 nodes with 64 edges)."""


DEEP_LEVELS = 1 << 16
DEEP_SHARE = 64
"""So many levels in a row are walked in narrow steps, 1.7 us each, or one for so many nodes and
edges where that is more, before the rest is left to ``deep``, which looks at all that is left."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelResult:
    """When each node was reached, and through what.

    ``r`` nodes are reached in ``l`` levels. Levels are counted through all waves, so
    the level alone orders the nodes, and every candidate edge leads from a lower
    level to a higher one.

    Attributes:
        level_by_node: ``(n,) int32``, ``NO_LEVEL`` where unreached.
        wave_by_node: ``(n,) int8``: ``2 * g`` for what root group ``g`` reaches without late
            edges, ``2 * g + 1`` for what it reaches beyond them, ``NO_LEVEL`` where unreached.
        node_by_position: ``(r,) int32``, the reached nodes, level after level.
        first_position_by_level: ``(l + 1,) int64``: level ``i`` is
            ``node_by_position[first_position_by_level[i]:first_position_by_level[i + 1]]``.
        is_candidate_by_edge: ``(m,) bool``, the edges by which their referents were reached
            first. Every reached node has at least one, but for the roots, which have none.
    """

    level_by_node: NDArray[np.int32]
    wave_by_node: NDArray[np.int8]
    node_by_position: NodeArray
    first_position_by_level: EdgeArray
    is_candidate_by_edge: NDArray[np.bool_]


def levels(
    graph: ReferenceGraph,
    root_groups: Sequence[NodeArray],
    *,
    late_by_edge: NDArray[np.bool_] | None = None,
    avoided_nodes: NodeArray | None = None,
) -> LevelResult:
    """Walk the graph from groups of roots, in waves.

    The roots of the first group are level 0; each step over edges that are not late
    makes the next level. Where these are exhausted, one step takes the late edges of
    everything reached so far, then edges that are not late are followed again, and so
    on until nothing is new. Then the second group's roots follow likewise, as far as
    they are unreached. Within a wave paths are shortest; an earlier wave wins over a
    shorter path.

    Args:
        graph: ``n`` objects, ``m`` references.
        root_groups: For each group ``(k,)`` integers, repeats allowed; at most 63 groups.
        late_by_edge: ``(m,) bool``; no edge is late if left out.
        avoided_nodes: ``(k,)`` integers: no path steps on them, they stay unreached.

    Raises:
        ValueError: A root is no node of the graph.

    References:
        The two queues of LeakCanary's ``PrioritizingShortestPathFinder.kt``, with levels
        in place of queue entries so that all shortest paths stay known.
    """
    if late_by_edge is None or not late_by_edge.any():
        late_by_edge = np.zeros(graph.edge_count, dtype=np.bool_)
        late_part = None
    else:
        late_part = _Part.of(graph.keep_edges(late_by_edge).graph)
    # Late edges lead to node n, which counts as reached: no copy of the rows without them.
    prompt_referents = np.where(late_by_edge, np.int32(graph.node_count), graph.referent_by_edge)
    prompt_part = _Part.of(graph, prompt_referents)
    walk = _Walk(graph, avoided_nodes)
    for group, roots in enumerate(root_groups):
        first_of_group = walk.reached_count
        walk.add_roots(roots)
        walk.exhaust(prompt_part, first_of_group)
        first_behind_late = walk.reached_count
        walk.wave_by_node[walk.queue[first_of_group:first_behind_late]] = 2 * group
        if late_part is not None:
            _walk_late(walk, prompt_part, late_part, first_of_group)
            walk.wave_by_node[walk.queue[first_behind_late : walk.reached_count]] = 2 * group + 1
    return walk.result(late_by_edge)


def _walk_late(walk: _Walk, prompt_part: _Part, late_part: _Part, first_position: int) -> None:
    """Alternate one step over late edges with exhausting the others, until nothing is new."""
    expanded = first_position
    while expanded < walk.reached_count:
        walk.expect_late_arrivals()
        expanded = walk.step(late_part, expanded, goes_on=False)
        walk.exhaust(prompt_part, expanded)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The edges that a step follows.

    Nodes from ``owner_end`` on own no edges. The views are of the same memory: reading one
    item from them costs a third of numpy's indexing.
    """

    first_edge_by_node: NDArray[Any]
    referent_by_edge: NodeArray
    owner_end: int
    first_edge_view: memoryview
    referent_view: memoryview

    @classmethod
    def of(cls, graph: ReferenceGraph, referents: NodeArray | None = None) -> _Part:
        """Take a graph's rows, with its own referents or with others."""
        first_edges: NDArray[Any] = graph.first_edge_by_node
        owner_end = int(np.searchsorted(first_edges, graph.edge_count))
        if graph.edge_count <= np.iinfo(np.int32).max:
            first_edges = first_edges.astype(np.int32)  # Half the memory to go through.
        referents = graph.referent_by_edge if referents is None else referents
        return cls(first_edges, referents, owner_end, first_edges.data, referents.data)


class _Walk:
    """The state of a breadth-first walk; ``queue`` is its result in the making."""

    def __init__(self, graph: ReferenceGraph, avoided_nodes: NodeArray | None) -> None:
        self.graph = graph
        self._avoided_nodes = avoided_nodes
        self.queue = np.empty(graph.node_count, dtype=np.int32)
        self.reached_count = 0
        self.first_positions = array("q", [0])  # Eight bytes a level, a list's would be forty.
        # One more entry, for node n: reached before all others.
        self.level_by_node = np.full(graph.node_count + 1, NO_LEVEL, dtype=np.int32)
        self.level_by_node[graph.node_count] = 0
        if avoided_nodes is not None:
            self.level_by_node[avoided_nodes] = 0
        self.wave_by_node = np.full(graph.node_count, NO_LEVEL, dtype=np.int8)
        self._late_arrival_by_level = array("i")
        self._arrival = np.empty(graph.node_count, dtype=np.int32)

    def add_roots(self, roots: NodeArray) -> None:
        """Make the unreached ones of these roots a level of their own."""
        self.graph.check_nodes(roots)
        self._append_level(roots[self.level_by_node[roots] == NO_LEVEL])

    def exhaust(self, part: _Part, first_position: int) -> None:
        """Step over the part's edges from this queue position on until nothing is new."""
        deep = max(DEEP_LEVELS, (self.graph.node_count + self.graph.edge_count) // DEEP_SHARE)
        first_level = len(self.first_positions)
        while first_position < self.reached_count:
            if len(self.first_positions) - first_level >= deep:
                self._deep_step(part, first_position)
                return
            first_position = self.step(part, first_position)

    def step(self, part: _Part, first_position: int, *, goes_on: bool = True) -> int:
        """Expand the nodes from this queue position on over the part's edges.

        Args:
            part: The edges that are followed.
            first_position: Queue position of the first node that is not expanded.
            goes_on: May expand more than one level.

        Returns:
            The queue position up to which nodes are expanded.
        """
        if self._is_narrow(part, first_position):
            return self._narrow_steps(part, first_position, goes_on=goes_on)
        reached_before = self.reached_count
        self._wide_step(part, first_position)
        return reached_before

    def expect_late_arrivals(self) -> None:
        """Note that late edges of all levels that were not stepped from lead to the next one."""
        next_level = len(self.first_positions) - 1
        waiting = next_level - len(self._late_arrival_by_level)
        self._late_arrival_by_level.extend(array("i", [next_level]) * waiting)

    def result(self, late_by_edge: NDArray[np.bool_]) -> LevelResult:
        """Freeze what was found."""
        if self._avoided_nodes is not None:
            self.level_by_node[self._avoided_nodes] = NO_LEVEL
        return LevelResult(
            level_by_node=self.level_by_node[:-1],
            wave_by_node=self.wave_by_node,
            node_by_position=self.queue[: self.reached_count].copy(),
            first_position_by_level=np.array(self.first_positions),
            is_candidate_by_edge=self._candidates(late_by_edge),
        )

    def _candidates(self, late_by_edge: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``(m,) bool``: the edges that lead to the level that the step over them made.

        From level ``i`` an edge that is not late is stepped over when level ``i + 1`` is made.
        A referent of a later level would have been new to that step.
        """
        graph, level_by_node = self.graph, self.level_by_node[:-1]
        # NO_LEVEL, the last index, stays: nothing arrives from there.
        arrival_by_level = np.arange(1, len(self.first_positions) + 1, dtype=np.int32)
        arrival_by_level[NO_LEVEL] = NO_ARRIVAL
        arrivals = np.repeat(arrival_by_level[level_by_node], np.diff(graph.first_edge_by_node))
        if self._late_arrival_by_level:
            late_arrival_by_level = np.array(self._late_arrival_by_level)
            late_arrival_by_level = np.append(late_arrival_by_level, np.int32(NO_ARRIVAL))
            late_edges = np.flatnonzero(late_by_edge)
            levels_before = level_by_node[graph.referrer_by_edge[late_edges]]
            arrivals[late_edges] = late_arrival_by_level[levels_before]
        is_candidate: NDArray[np.bool_] = arrivals == level_by_node[graph.referent_by_edge]
        return is_candidate

    def _is_narrow(self, part: _Part, first_position: int) -> bool:
        if self.reached_count - first_position > NARROW_NODES:
            return False
        first_edge = part.first_edge_view
        nodes = self.queue[first_position : self.reached_count].tolist()
        edge_count: int = sum(first_edge[v + 1] - first_edge[v] for v in nodes)
        return edge_count <= NARROW_EDGES

    def _wide_step(self, part: _Part, first_position: int) -> None:
        """Expand one level with array operations."""
        nodes = self.queue[first_position : self.reached_count]
        nodes = nodes[nodes < part.owner_end]
        edges = gather_edges(part.first_edge_by_node, nodes)
        referents = part.referent_by_edge[edges]
        self._append_level(referents[self.level_by_node[referents] == NO_LEVEL])

    def _deep_step(self, part: _Part, first_position: int) -> None:
        """Expand everything from this queue position on, however many levels that takes."""
        # Node n, to which late edges lead, has none of its own.
        first_edges = np.append(part.first_edge_by_node, part.first_edge_by_node[-1])
        graph = ReferenceGraph(len(first_edges) - 1, first_edges, part.referent_by_edge)
        frontier = self.queue[first_position : self.reached_count].copy()
        nodes, ends = walk_deep(graph, frontier, self.level_by_node == NO_LEVEL)
        first_level, start = len(self.first_positions) - 1, self.reached_count
        self.queue[start : start + len(nodes)] = nodes
        self.reached_count += len(nodes)
        levels = np.arange(first_level, first_level + len(ends), dtype=np.int32)
        self.level_by_node[nodes] = np.repeat(levels, np.diff(ends, prepend=0))
        self.first_positions.frombytes((ends + start).tobytes())

    def _append_level(self, nodes: NodeArray) -> None:
        """Make these unreached nodes, repeats allowed, the next level; nothing if none."""
        if len(nodes) == 0:
            return
        # Of a node's several arrivals the one whose number stays in the cell is kept: no sort.
        arrivals = np.arange(len(nodes), dtype=np.int32)
        self._arrival[nodes] = arrivals
        nodes = nodes[self._arrival[nodes] == arrivals]
        self.level_by_node[nodes] = len(self.first_positions) - 1
        end = self.reached_count + len(nodes)
        self.queue[self.reached_count : end] = nodes
        self.reached_count = end
        self.first_positions.append(end)

    def _narrow_steps(self, part: _Part, head: int, *, goes_on: bool) -> int:
        """Expand node by node, level after level while the levels stay narrow."""
        first_edge, referent = part.first_edge_view, part.referent_view
        queue, level_of = self.queue.data, self.level_by_node.data
        tail, first_level = self.reached_count, len(self.first_positions) - 1
        while True:
            level, end, edge_count = len(self.first_positions) - 1, tail, 0
            for position in range(head, end):
                node = queue[position]
                for edge in range(first_edge[node], first_edge[node + 1]):
                    target = referent[edge]
                    if level_of[target] == NO_LEVEL:
                        level_of[target] = level
                        queue[tail] = target
                        tail += 1
                        edge_count += first_edge[target + 1] - first_edge[target]
            if tail > end:
                self.first_positions.append(tail)
            head = end
            is_narrow = tail - head <= NARROW_NODES and edge_count <= NARROW_EDGES
            is_deep = level - first_level >= DEEP_LEVELS
            if head == tail or not goes_on or not is_narrow or is_deep:
                self.reached_count = tail
                return head
