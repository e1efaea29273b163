"""What is around objects, a few references far, equal objects merged into groups.

Owns which objects count as equal: those that one group holds (or is held by) under the same
name, and that a person would call the same. With a baseline both heaps are walked in step, so
that every group has its count in each of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.labels import CLOSED_LAYOUTS
from heapsnap.analysis.pictures.ends import End, Ends, fold_alike
from heapsnap.analysis.pictures.links import DOWN, UP, Links, short_name
from heapsnap.graph.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.pictures.links import Direction

NO_GROUP = -1
BREADTH = (5, 3, 2)
"""Kinds of holders, or of what is held, that are shown of one group, level by level; the last
number holds for all further levels. Five of each at every level is a picture of the program."""
MOST_ASKED = 8
"""Types of one glob that are told apart."""
FEW = 0.1
"""Garbage and what is held are two stories. Where this share of the objects, and of their growth,
is all that one of them has to tell, the other is drawn alone: a cursor in use is no holder of the
hundreds that leaked."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """All that a group holds and that refers to nothing itself, as one.

    Each group has its own: with whom else it shares a number or a word is no question here.
    ``types`` are full names, the commonest first; ``counts`` the objects in each heap.
    """

    types: tuple[str, ...]
    counts: tuple[int, ...]
    references: Mapping[str, int]


@dataclass(eq=False)
class Group:
    """Merged objects: what they are called, their full type name, their nodes in each heap.

    ``left_out`` says how many kinds of neighbours are not shown.
    """

    text: str
    kind: str
    nodes: Sequence[NDArray[np.int64]]
    left_out: dict[Direction, int] = field(default_factory=lambda: {UP: 0, DOWN: 0})
    leaves: Leaves | None = None

    @property
    def growth(self) -> int | None:
        """How many more there are than in the baseline; None without one."""
        return None if len(self.nodes) == 1 else len(self.nodes[-1]) - len(self.nodes[0])


@dataclass(eq=False)
class Neighbourhood:
    """Groups, grown outwards from those that were asked about.

    Attributes:
        most: How many groups there may be.
        links: The references of each heap; the last is the one in question.
        groups: In the order in which they were found, the asked ones first.
        group_by_node: For each heap ``(n,) int32``.
        asked_count: How many groups were asked about.
        set_aside: How many of the asked objects are left out, see ``FEW``.
        is_garbage_aside: Whether those are garbage; else they are held.
    """

    most: int
    links: list[Links] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    group_by_node: list[NDArray[np.int32]] = field(default_factory=list)
    asked_count: int = 0
    set_aside: int = 0
    is_garbage_aside: bool = False

    @classmethod
    def of(
        cls, heap: Places, nodes: NDArray[np.int64], *, since: Places | None, most: int
    ) -> Neighbourhood:
        """The objects that are asked about: one group for each type, the commonest first.

        Args:
            heap: The heap.
            nodes: ``(k,)`` integers, at least one.
            since: The baseline, in which all objects of the same types are looked up.
            most: How many groups there may be.
        """
        around = cls(most)
        labels = heap.type_label_by_node[nodes]
        kinds = Counter(labels.tolist())
        chosen = sorted(kinds, key=lambda kind: (-kinds[kind], kind))[:MOST_ASKED]
        names = [heap.type_texts[kind] for kind in chosen]
        parts = [[nodes[labels == kind] for kind in chosen]]
        if since is not None:
            # One object alone cannot be found again in another heap.
            is_one = len(nodes) == 1
            before = [nodes[:0] if is_one else _nodes_of_type(since, name) for name in names]
            parts.insert(0, before)
        heaps = [since, heap] if since else [heap]
        set_aside, is_garbage_aside = _set_few_aside(heaps, parts)
        around.set_aside, around.is_garbage_aside = set_aside, is_garbage_aside
        for places, groups in zip(heaps, parts, strict=True):
            around.links.append(Links(places, np.concatenate(groups)))
            around.group_by_node.append(
                np.full(places.snapshot.node_count, NO_GROUP, dtype=np.int32)
            )
        texts, _ = around.links[-1].texts_of(nodes)
        for number, name in enumerate(names):
            if not len(parts[-1][number]):
                continue  # all of that type are set aside
            text = texts[0][0] if len(texts) == 1 else short_name(name)
            around._add(End("", text, name), [groups[number] for groups in parts])
        around.asked_count = len(around.groups)
        return around

    @property
    def asked_name(self) -> str:
        """The types that were asked about."""
        return ", ".join(group.kind for group in self.groups[: self.asked_count])

    def grow(self, direction: Direction, depth: int) -> None:
        """Add what holds the asked groups, or what they hold, level by level."""
        frontier = self.groups[: self.asked_count]
        for level in range(depth + 1):
            first_new = len(self.groups)
            for group in frontier:
                if self._is_opened(group, direction):
                    # Beyond the last level only what is left out is counted.
                    breadth = BREADTH[min(level, len(BREADTH) - 1)] if level < depth else 0
                    self._grow_from(group, direction, breadth)
            frontier = self.groups[first_new:]

    def _grow_from(self, group: Group, direction: Direction, breadth: int) -> None:
        found = [
            link.ends_of(nodes, direction, is_new=groups == NO_GROUP)
            for link, nodes, groups in zip(self.links, group.nodes, self.group_by_node, strict=True)
        ]
        if direction == DOWN and breadth:
            group.leaves = self._split_leaves(found)
        found = fold_alike(found)
        ends, quiet = _by_weight(found)
        group.left_out[direction] += quiet
        for end in ends:
            if breadth == 0 or len(self.groups) == self.most:
                group.left_out[direction] += 1
                continue
            fresh = [
                nodes[groups[nodes] == NO_GROUP]
                for nodes, groups in zip(
                    (ends.nodes_at(end) for ends in found), self.group_by_node, strict=True
                )
            ]
            # What is held in two ways is drawn once, with both references.
            if len(fresh[-1]):
                self._add(end, fresh)
                breadth -= 1

    def _split_leaves(self, found: Sequence[Ends]) -> Leaves | None:
        """Take what refers to nothing out of the ends, and merge it."""
        leaves = [
            ends.pop_leaves(link.heap.snapshot.container_count)
            for link, ends in zip(self.links, found, strict=True)
        ]
        kinds: Counter[str] = Counter()
        for end, nodes in leaves[-1].nodes.items():
            kinds[end.kind] += len(nodes)
        if not kinds:
            return None
        return Leaves(
            types=tuple(sorted(kinds, key=lambda kind: (-kinds[kind], kind))),
            counts=tuple(len(ends.all_nodes()) for ends in leaves),
            references=leaves[-1].folded(leaves[-1].crowded()).references(),
        )

    def _is_opened(self, group: Group, direction: Direction) -> bool:
        """Whether to look behind it: from a module on one would see the program, not the leak."""
        if group in self.groups[: self.asked_count]:
            return True
        snapshot = self.links[-1].heap.snapshot
        layout = snapshot.types[int(snapshot.type_by_node[group.nodes[-1][0]])].layout
        return layout != "module" if direction == UP else layout not in CLOSED_LAYOUTS

    def _add(self, end: End, nodes: Sequence[NDArray[np.int64]]) -> None:
        for groups, members in zip(self.group_by_node, nodes, strict=True):
            groups[members] = len(self.groups)
        self.groups.append(Group(end.text, end.kind, nodes))


def _set_few_aside(
    heaps: Sequence[Places], parts: Sequence[list[NDArray[np.int64]]]
) -> tuple[int, bool]:
    """Take the few that are garbage, or the few that are not, out of the asked objects.

    Args:
        heaps: The heap in question, and before it the baseline, if any.
        parts: For each heap the objects of each group; changed where some are set aside.

    Returns:
        How many of the last heap are set aside, and whether those are garbage.
    """
    split = [
        [(nodes[~is_garbage[nodes]], nodes[is_garbage[nodes]]) for nodes in groups]
        for is_garbage, groups in (
            (heap.verdicts.verdict_by_node == Verdict.GARBAGE, groups)
            for heap, groups in zip(heaps, parts, strict=True)
        )
    ]
    counts = np.array(
        [np.sum([tuple(map(len, pair)) for pair in groups], axis=0) for groups in split]
    )
    is_few = counts[-1] <= FEW * counts[-1].sum()
    if len(counts) > 1:
        growth = counts[-1] - counts[0]
        is_few &= growth <= FEW * max(int(growth.sum()), 0)
    few = np.flatnonzero(is_few & (counts[-1] > 0))
    if len(few) != 1:
        return 0, False
    aside = int(few[0])
    for groups, pairs in zip(parts, split, strict=True):
        groups[:] = [pair[1 - aside] for pair in pairs]
    return int(counts[-1][aside]), bool(aside)


def _by_weight(found: Sequence[Ends]) -> tuple[list[End], int]:
    """Ends in the last heap: the most grown first, then those with the most references.

    Returns:
        Those to show. Where some have grown the others say nothing, and are only counted.
    """
    counts = found[-1].counts
    before = found[0].counts if len(found) > 1 else counts
    growth = {end: counts[end] - before[end] for end in counts}
    ends = sorted(counts, key=lambda end: (-growth[end], -counts[end], end))
    grown = [end for end in ends if growth[end] > 0]
    return (grown, len(ends) - len(grown)) if grown else (ends, 0)


def _nodes_of_type(heap: Places, name: str) -> NDArray[np.int64]:
    if name not in heap.type_texts:
        return np.zeros(0, np.int64)
    return np.flatnonzero(heap.type_label_by_node == heap.type_texts.index(name))
