"""Who holds the objects of a type: groups of equal paths, one worked example each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.alternatives import find_alternatives
from heapsnap.analysis.chains.describe import (
    chain_to,
    cycle_text,
    cycle_through,
    describe_chain,
    root_of,
)
from heapsnap.analysis.chains.details import count_threads, detail_lines
from heapsnap.analysis.chains.parents import has_parent_elsewhere
from heapsnap.analysis.growth.culprits import fingerprint, growing_edge
from heapsnap.analysis.growth.entries import larger_by
from heapsnap.analysis.growth.steps import rank_of_leaks
from heapsnap.analysis.growth.warming import FEW_BYTES
from heapsnap.analysis.heap.facts import describe_snapshot
from heapsnap.analysis.heap.find import find_types
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.patterns.match import match_pattern
from heapsnap.analysis.results import HoldingGroup, Why
from heapsnap.analysis.series.allocation import find_sites
from heapsnap.analysis.series.lens import FilteredPlaces, look
from heapsnap.analysis.series.place_tree import NO_PLACE
from heapsnap.analysis.series.series import Series
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.results import Chain
    from heapsnap.analysis.series.place_tree import PlaceTree
    from heapsnap.snapshot.model import Snapshot

CROWD = 4
"""Objects for each of what waits, from which on it is not that which is many."""

MANY_THREADS = 10
"""Threads from which on they are not those that a program has anyway."""


def why(
    snapshot: Snapshot,
    type_name: str,
    *,
    since: Snapshot | None = None,
    through: Sequence[str] = (),
    not_through: Sequence[str] = (),
    max_groups: int = 5,
    max_alternatives: int = 2,
    progress: Callable[[str], None] | None = None,
) -> Why:
    """Explain what holds the objects of a type.

    Args:
        snapshot: The heap.
        type_name: Last component, dotted suffix or glob.
        since: A baseline; groups that grew since then come first.
        through: Names of types or objects, or printed paths: only chains that lead through one.
        not_through: The same: only chains that lead through none of them.
        max_groups: How many groups to explain, at least 1.
        max_alternatives: Further chains for each group: see ``find_alternatives``.
        progress: Called with the name of each step before it is done.

    Raises:
        UnknownTypeError: No object of such a type is in the snapshot.
    """
    tell = progress or (lambda step: None)
    types = find_types(snapshot, type_name)
    series = Series(tuple(Places(heap) for heap in (since, snapshot) if heap is not None))
    for heap in series.heaps:
        tell(f"paths of {heap.snapshot.path.name}")
        heap.paths  # noqa: B018 - computed here so that the step has its name
    tell("groups")
    if through or not_through:
        series = look(series, through=through, not_through=not_through)
    question = Question(series, np.array(types, dtype=np.int32))
    names = sorted({snapshot.types[number].full_name for number in types})
    return Why(
        snapshot=describe_snapshot(snapshot, series.after.verdicts),
        since=None if since is None else describe_snapshot(since, series.before.verdicts),
        type=", ".join(names),
        count=len(question.nodes),
        count_before=None if since is None else _count_of(since, set(names)),
        through=tuple(through),
        not_through=tuple(not_through),
        left_out=question.left_out,
        groups=tuple(question.groups(max_groups=max_groups, max_alternatives=max_alternatives)),
    )


def explain_place(series: Series, place: int, *, max_alternatives: int = 2) -> HoldingGroup:
    """Explain what holds the objects that stand at one place of the last heap.

    Args:
        series: The heaps, a baseline among them.
        place: Where objects of the last heap stand.
        max_alternatives: Further chains: see ``find_alternatives``.
    """
    nodes = np.flatnonzero(series.places_of_nodes(len(series.heaps) - 1) == place)
    types = np.unique(series.after.snapshot.type_by_node[nodes])
    growth = int(series.tree.counts[-1][place] - series.tree.counts[0][place])
    return Question(series, types).group(place, nodes, growth, max_alternatives)


def _count_of(snapshot: Snapshot, names: set[str]) -> int:
    wanted = np.array([kind.full_name in names for kind in snapshot.types], dtype=np.bool_)
    return int(wanted[snapshot.type_by_node].sum())


@dataclass(frozen=True, eq=False)
class Question:
    """The objects that are asked about, in a heap laid over its baseline if there is one.

    The heap is the last one of the series. ``type_numbers`` is ``(t,) int32``.
    """

    series: Series
    type_numbers: NDArray[np.int32]

    @property
    def heap(self) -> Places:
        """The heap that is asked about."""
        return self.series.after

    @property
    def tree(self) -> PlaceTree:
        """The places of all heaps."""
        return self.series.tree

    @cached_property
    def nodes(self) -> NDArray[np.int64]:
        """``(k,) int64``: the objects of the type."""
        is_asked_about = np.zeros(len(self.heap.snapshot.types), dtype=np.bool_)
        is_asked_about[self.type_numbers] = True
        return np.flatnonzero(is_asked_about[self.heap.snapshot.type_by_node])

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """``(k,) int32``: where each of the objects stands."""
        return self.series.places_of_nodes(len(self.series.heaps) - 1)[self.nodes]

    @property
    def left_out(self) -> int:
        """How many of the objects a filter leaves without a path."""
        return int((self.places == NO_PLACE).sum())

    def groups(self, *, max_groups: int, max_alternatives: int) -> list[HoldingGroup]:
        """The groups: what leaks, then what follows; what grew most; the largest."""
        has_baseline = len(self.tree.counts) > 1
        found, counts = np.unique(self.places[self.places != NO_PLACE], return_counts=True)
        growth = counts - (self.tree.counts[0][found] if has_baseline else counts)
        leaks = rank_of_leaks(self.series) if has_baseline else {}
        rows = sorted(
            zip(found.tolist(), counts.tolist(), growth.tolist(), strict=True),
            key=lambda row: (
                self._worst_leak(row[0], row[2], leaks),
                -row[2],
                -int(self.tree.sizes[-1][row[0]] - self.tree.sizes[0][row[0]]),
                -row[1],
                row[0],
            ),
        )
        return [
            self.group(
                place,
                self.nodes[self.places == place],
                growth if has_baseline else None,
                max_alternatives,
            )
            for place, _, growth in rows[:max_groups]
        ]

    def _worst_leak(self, place: int, growth: int, leaks: dict[int, int]) -> tuple[int, bool]:
        """The worst leak at the place or above it, and whether more grew here than leaked there.

        Of what there is more of the leak is the cause; where one came with each, either may tell.
        """
        found = [(leaks[step], step) for step in self.tree.path(place) if step in leaks]
        if not found:
            return len(leaks), False
        rank, leak = min(found)
        leaked = int(self.tree.counts[-1][leak] - self.tree.counts[0][leak])
        return rank, growth > max(leaked, 0) and place != leak

    def group(
        self, place: int, nodes: NDArray[np.int64], growth: int | None, max_alternatives: int
    ) -> HoldingGroup:
        """One way of holding: the objects at a place, and the chain to the last of them."""
        heap = self.heap
        example = int(nodes[-1])
        verdict = heap.verdict_of(example)
        path = self.series.path_text(place, self.series.verdict_of_place(place))
        root, edges = self._chain_to(example)
        grows_at = self._growing_edge(place, example)
        chain = describe_chain(heap, root, edges, grows_at_edge=grows_at)
        cycle = None
        if verdict == "garbage":
            cycle = cycle_through(heap, example, edges)
            path = cycle_text(cycle) if cycle is not None else path
        shown = cycle or chain
        detail = detail_lines(_whole(heap), root, edges, verdict, self._before)
        threads = count_threads(_whole(heap), nodes) if verdict == "frame" else 0
        if threads > 1:
            detail.append(f"{threads:,} threads hold such objects")
        return HoldingGroup(
            count=len(nodes),
            growth=growth,
            verdict=verdict,
            bytes=int(heap.snapshot.shallow_bytes_by_node[nodes].sum()),
            retained_bytes=_whole(heap).retained_bytes(nodes.astype(np.int32)),
            path=path,
            chain=chain,
            cycle=cycle,
            alternatives=self._alternatives(example, edges, chain, max_alternatives)
            if verdict != "garbage"
            else (),
            detail=tuple(detail),
            pattern=match_pattern(
                shown,
                path=path,
                is_cycle=cycle is not None,
                is_part=has_parent_elsewhere(_whole(heap), example, edges),
                is_of_threads=threads >= MANY_THREADS and threads * 2 >= len(nodes),
                from_step=0 if cycle is not None else self._first_telling_step(place, chain),
            ),
            fingerprint=fingerprint(verdict, self.tree.type[place], path),
            allocated_at=find_sites(self.series, place),
        )

    def _alternatives(
        self, example: int, edges: Sequence[int], chain: Chain, most: int
    ) -> tuple[Chain, ...]:
        """Further chains to an object, those that read alike once.

        A filter may shorten them to what is the end of its own chain.
        """
        others = find_alternatives(self.heap, example, edges, most=most)
        told = {other.steps: other for other in others}
        return tuple(o for s, o in told.items() if s[1:] != chain.steps[-len(s) + 1 :])

    def _first_telling_step(self, place: int, chain: Chain) -> int:
        """From which step on the chain may show a known pattern.

        An event loop's timer merely leads to what waits there, be it a coroutine or a server, if
        that holds a crowd of these objects; and to each of them if it does not.
        """
        path = self.tree.path(place)
        start, _ = self.series.below_machinery(path) or (0, "")
        counts = self.tree.counts[-1]
        if not start or counts[place] < CROWD * counts[path[start]]:
            return 0
        kind = self.tree.type[path[start]]
        return max((n for n, step in enumerate(chain.steps) if step.type == kind), default=0)

    @property
    def _before(self) -> Places | None:
        """The first heap, without any filter, if there are two."""
        return _whole(self.series.before) if len(self.tree.counts) > 1 else None

    def _chain_to(self, node: int) -> tuple[int, Sequence[int]]:
        """The object's root, and its chain from there."""
        if isinstance(self.heap, FilteredPlaces):
            return self.heap.whole_chain(node)
        return root_of(self.heap, node), chain_to(self.heap, node)

    def _growing_edge(self, place: int, node: int) -> int:
        """The edge at which growth enters: its place grew by as much, the one above hardly.

        A few more timers on the way are not why there is a crowd of what they lead to; and of what
        got larger it is the object itself.
        """
        if larger_by(self.tree)[place] >= FEW_BYTES:
            return growing_edge(self.series, chain_to(self.heap, node), place)
        growth = self.tree.counts[-1] - self.tree.counts[0]
        enough = max(1, growth[place] / CROWD)
        for above, step in pairwise(self.tree.path(place)):
            if growth[step] >= enough > growth[above]:
                # Of what is looked through: the chain that leads to it has places of its own.
                return growing_edge(self.series, chain_to(self.heap, node), step)
        return NO_EDGE


def _whole(heap: Places) -> Places:
    """The heap without any filter."""
    while isinstance(heap, FilteredPlaces):
        heap = heap.whole
    return heap
