"""Who holds the objects of a type: groups of equal paths, one worked example each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.alternatives import find_alternatives
from heapsnap.analysis.chains import (
    chain_to,
    cycle_text,
    cycle_through,
    describe_chain,
    root_of,
)
from heapsnap.analysis.culprits import fingerprint
from heapsnap.analysis.facts import describe_snapshot
from heapsnap.analysis.find import find_types
from heapsnap.analysis.growth import NO_PLACE
from heapsnap.analysis.patterns import match_pattern
from heapsnap.analysis.places import Places
from heapsnap.analysis.results import HoldingGroup, Why
from heapsnap.analysis.series import Series
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from heapsnap.analysis.growth import PlaceTree
    from heapsnap.snapshot.model import Snapshot

MOST_THREADS = 5


def why(
    snapshot: Snapshot,
    type_name: str,
    *,
    since: Snapshot | None = None,
    max_groups: int = 5,
    max_alternatives: int = 2,
    progress: Callable[[str], None] | None = None,
) -> Why:
    """Explain what holds the objects of a type.

    Args:
        snapshot: The heap.
        type_name: Last component, dotted suffix or glob.
        since: A baseline; groups that grew since then come first.
        max_groups: How many groups to explain, at least 1.
        max_alternatives: Further chains for each group, which share no holder with the first.
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
    question = Question(series, np.array(types, dtype=np.int32))
    names = sorted({snapshot.types[number].full_name for number in types})
    count_before = None if since is None else _count_of(since, set(names))
    return Why(
        snapshot=describe_snapshot(snapshot, series.after.verdicts),
        since=None if since is None else describe_snapshot(since, series.before.verdicts),
        type=", ".join(names),
        count=len(question.nodes),
        count_before=count_before,
        groups=tuple(question.groups(max_groups=max_groups, max_alternatives=max_alternatives)),
    )


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

    @property
    def nodes(self) -> NDArray[np.int64]:
        """``(k,) int64``: the objects of the type."""
        is_asked_about = np.zeros(len(self.heap.snapshot.types), dtype=np.bool_)
        is_asked_about[self.type_numbers] = True
        return np.flatnonzero(is_asked_about[self.heap.snapshot.type_by_node])

    def groups(self, *, max_groups: int, max_alternatives: int) -> list[HoldingGroup]:
        """The groups, most grown first, then largest."""
        nodes = self.nodes
        has_baseline = len(self.tree.counts) > 1
        places = self.series.places_of_nodes(len(self.series.heaps) - 1)[nodes]
        found, counts = np.unique(places[places != NO_PLACE], return_counts=True)
        growth = counts - (self.tree.counts[0][found] if has_baseline else counts)
        rows = sorted(
            zip(found.tolist(), counts.tolist(), growth.tolist(), strict=True),
            key=lambda row: (-row[2], -row[1], row[0]),
        )
        return [
            self._group(
                place,
                nodes[places == place],
                growth if has_baseline else None,
                max_alternatives,
            )
            for place, _, growth in rows[:max_groups]
        ]

    def _group(
        self, place: int, nodes: NDArray[np.int64], growth: int | None, max_alternatives: int
    ) -> HoldingGroup:
        heap = self.heap
        example = int(nodes[-1])
        verdict = heap.verdict_of(example)
        steps = self.tree.path(place)
        path = self.series.path_text(place, verdict)
        edges = chain_to(heap, example)
        chain = describe_chain(
            heap, root_of(heap, example), edges, grows_at_edge=self._growing_edge(steps, edges)
        )
        cycle = None
        if verdict == "garbage":
            holders = [int(heap.graph.referrer_by_edge[edge]) for edge in reversed(edges)]
            cycle = cycle_through(heap, [example, *holders])
            path = cycle_text(cycle) if cycle is not None else path
        shown = cycle or chain
        return HoldingGroup(
            count=len(nodes),
            growth=growth,
            verdict=verdict,
            bytes=int(heap.snapshot.shallow_bytes_by_node[nodes].sum()),
            retained_bytes=heap.retained_bytes(nodes.astype(np.int32)),
            path=path,
            chain=chain,
            cycle=cycle,
            alternatives=tuple(find_alternatives(heap, example, edges, most=max_alternatives))
            if verdict != "garbage"
            else (),
            detail=tuple(self._detail(example, verdict)),
            pattern=match_pattern(shown.steps, is_cycle=cycle is not None),
            fingerprint=fingerprint(verdict, self.tree.type[place], path),
        )

    def _growing_edge(self, steps: list[int], edges: list[int]) -> int:
        """The edge at which growth enters: its place grew, the one above stood still."""
        if len(self.tree.counts) == 1 or len(steps) != len(edges) + 1:
            return NO_EDGE
        growth = self.tree.counts[-1] - self.tree.counts[0]
        for number, place in enumerate(steps[1:]):
            if growth[place] > 0 and growth[steps[number]] <= 0:
                return edges[number]
        return NO_EDGE

    def _detail(self, example: int, verdict: str) -> list[str]:
        heap = self.heap
        root = root_of(heap, example)
        if verdict == "frame":
            return _frame_lines(heap, root)
        if verdict == "c-held":
            excess = int(heap.verdicts.excess_by_node[root])
            subject = "it" if root == example else "the first object of the chain"
            references = f"{excess} reference{'s' if excess != 1 else ''}"
            if excess <= 0:
                return [f"{subject} is kept by the interpreter itself: its count says nothing"]
            source = "come from C code or from a value stack: no Python object explains them"
            return [f"{references} to {subject} {source}"]
        return []


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
