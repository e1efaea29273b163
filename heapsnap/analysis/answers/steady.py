"""What grew in every round: places that hold more in each snapshot than in the one before.

Owns the judgement over snapshots that were taken after equal rounds of the same work. What grew
once, however much, was warming up; what grows each time does not end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.growth.culprits import describe_culprit
from heapsnap.analysis.growth.entries import entries_of
from heapsnap.analysis.growth.entry import Entry
from heapsnap.analysis.growth.tree_growth import TreeGrowth
from heapsnap.analysis.growth.warming import LEAK
from heapsnap.analysis.heap.collector import collects
from heapsnap.analysis.heap.find import find_types
from heapsnap.analysis.heap.places import GARBAGE_ROOT
from heapsnap.analysis.heap.roots import is_standard_library
from heapsnap.analysis.patterns.match import match_pattern
from heapsnap.analysis.series.place_tree import PlaceTree
from heapsnap.analysis.series.series import Series
from heapsnap.errors import UnknownTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.analysis.results import Culprit, Pattern
    from heapsnap.snapshot.model import Snapshot

RECORDERS = ("_pytest.logging.", "_pytest.capture.", "_pytest.recwarn.")
"""Modules whose objects note what a test prints, logs and warns of, until it ends."""
MOSTLY = 0.5
"""Share of the rounds in which a buffer must get larger: it is given room in advance."""


@dataclass(frozen=True, slots=True)
class SteadyGrowth:
    """A place that held more after every round.

    ``what`` is what was counted there: ``objects``, the ``entries`` of a container, or ``bytes``;
    ``amounts`` has it for each snapshot. ``pattern`` is a known way to leak, or None.
    """

    culprit: Culprit
    what: str
    amounts: tuple[int, ...]
    pattern: Pattern | None


def find_steady_growth(
    heaps: Sequence[Places], *, grows: int = 0, types: Sequence[str] = ()
) -> tuple[SteadyGrowth, ...]:
    """Find what held more in each snapshot than in the one before, the worst first.

    Args:
        heaps: At least two of one process, oldest first, each after an equal round of work.
        grows: How many more objects a place may have after each round without being found.
        types: Names of types, as ``find_types`` takes them: only their objects are counted,
            wherever they are. None: all types, at the places where a person would see a leak.
    """
    rounds = Rounds(Series(tuple(heaps)), grows, types)
    return tuple(rounds.describe(entry, what) for entry, what in rounds.found)


@dataclass(frozen=True, eq=False)
class Rounds:
    """The heaps after each round, and what is asked about them."""

    series: Series
    grows: int
    types: Sequence[str]

    @property
    def found(self) -> list[tuple[Entry, str]]:
        """Where there was more after every round, and more of what."""
        if self.types:
            found = [(entry, "objects") for entry in self._entries_of_types()]
        else:
            found = [
                (entry, "objects" if self.is_steady[entry.place] else "bytes")
                for entry in self._entries()
            ] or [(entry, "entries") for entry in self._filling_containers()]
        return [(entry, what) for entry, what in found if self._is_kept_by_the_program(entry)]

    @cached_property
    def is_steady(self) -> NDArray[np.bool_]:
        """``(p,) bool``: more objects after each round, by more than is allowed."""
        return self._rises(self.series.tree.counts)

    def _rises(self, amounts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each row is larger than the one before, by more than is allowed."""
        rises: NDArray[np.bool_] = np.all(np.diff(amounts, axis=0) > self.grows, axis=0)
        return rises

    def _entries_of_types(self) -> list[Entry]:
        """For each named type of which there are more after each round: where it grew most."""
        tree, snapshot = self.series.tree, self.series.after.snapshot
        numbers = {number for name in self.types for number in _types_named(snapshot, name)}
        growth = tree.counts[-1] - tree.counts[0]
        found = []
        for kind in sorted({snapshot.types[number].full_name for number in numbers}):
            places = [place for place, there in enumerate(tree.type) if there == kind]
            if places and self._rises(tree.counts[:, places].sum(axis=1)):
                most = max(places, key=lambda place: (growth[place], -place))
                found.append(self._entry_at(most))
        return found

    def _entries(self) -> list[Entry]:
        """Where steady growth enters the heap."""
        steady = TreeGrowth(self.series, self._steady_tree(), is_repeated=True)
        return [entry for entry in entries_of(steady) if entry.tier == LEAK]

    def _steady_tree(self) -> PlaceTree:
        """The first and the last heap; what did not grow steadily did not grow in it at all."""
        tree = self.series.tree
        steps = np.diff(tree.sizes, axis=0)
        swells = (steps >= 0).all(axis=0) & ((steps > 0).mean(axis=0) >= MOSTLY)
        return PlaceTree(
            parent=tree.parent,
            reference=tree.reference,
            type=tree.type,
            counts=_ends(tree.counts, self.is_steady),
            sizes=_ends(tree.sizes, self.is_steady | swells),
            entering=_ends(tree.entering, self.is_steady),
        )

    def _filling_containers(self) -> list[Entry]:
        """Containers of the program that stand alone at their place and fill round by round.

        A list of numbers that exist anyway grows without a new object.
        """
        tree = self.series.tree
        entries = self.series.entries
        # Where one container stands alone, its entries are all that stand there.
        is_alone = (tree.counts == 1).all(axis=0)
        growth = entries[-1] - entries[0]
        # What merely moves from one container to another makes no more entries in all.
        is_new = growth <= growth.sum()
        return [
            self._entry_at(place)
            for place in np.flatnonzero(is_alone & is_new & self._rises(entries)).tolist()
            if not is_standard_library(tree.reference[tree.path(place)[0]])
        ]

    def _entry_at(self, place: int) -> Entry:
        tree = self.series.tree
        growth, size = (int(rows[-1][place] - rows[0][place]) for rows in (tree.counts, tree.sizes))
        return Entry(place, place, growth, size, size, tier=0)

    def _is_kept_by_the_program(self, entry: Entry) -> bool:
        """Not garbage that the collector comes for, nor a note that the test runner takes."""
        tree = self.series.tree
        path = tree.path(entry.place)
        if tree.reference[path[0]] == GARBAGE_ROOT and collects(self.series.after.snapshot):
            return False
        ranks = self.series.plumbing_by_type
        owners = [tree.type[step] for step in path[:-1] if not ranks[tree.type[step]]]
        return not (owners and owners[-1].startswith(RECORDERS))

    def describe(self, entry: Entry, what: str) -> SteadyGrowth:
        """Say what grew there, by how much in which round, and how it is held."""
        culprit = describe_culprit(self.series, entry, others=frozenset(), is_exact=False)
        tree = self.series.tree
        rows = {"objects": tree.counts, "entries": self.series.entries, "bytes": tree.sizes}[what]
        return SteadyGrowth(
            culprit=culprit,
            what=what,
            amounts=tuple(rows[:, entry.blamed].tolist()),
            pattern=match_pattern(
                culprit.chain, path=culprit.holder, is_cycle=culprit.verdict == "garbage"
            ),
        )


def _ends(amounts: NDArray[np.int64], is_steady: NDArray[np.bool_]) -> NDArray[np.int64]:
    """``(2, p) int64``: the first and the last row, growth kept only where it is steady."""
    first, last = amounts[0], amounts[-1]
    return np.stack([first, np.where(is_steady, last, np.minimum(first, last))])


def _types_named(snapshot: Snapshot, name: str) -> list[int]:
    """The types of that name; none is no error here: nothing of it can have grown."""
    try:
        return find_types(snapshot, name)
    except UnknownTypeError:
        return []
