"""A tree of places with what grew in it: the columns that entries, blame and tiers work on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.garbage import WRAPPER
from heapsnap.analysis.heap.origins import Origin
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.origins import Origins
    from heapsnap.analysis.series.place_tree import PlaceTree
    from heapsnap.analysis.series.series import Series


@dataclass(frozen=True, eq=False)
class TreeGrowth:
    """What grew from the first heap of a series to the last.

    Attributes:
        series: Two heaps or more.
        tree: Their ``p`` places, or a tree of the same form with other counts.
        is_repeated: The growth was seen again and again: a few objects are enough.
    """

    series: Series
    tree: PlaceTree
    is_repeated: bool = False

    @property
    def leaf_types(self) -> AbstractSet[str]:
        """Full names of types whose objects refer to nothing."""
        return self.series.leaf_types

    @property
    def origins(self) -> Origins:
        """Whose each module and type is."""
        return self.series.origins

    @cached_property
    def growth(self) -> NDArray[np.int64]:
        """``(p,) int64``: objects more at each place."""
        growth: NDArray[np.int64] = self.tree.counts[-1] - self.tree.counts[0]
        return growth

    @cached_property
    def bytes_growth(self) -> NDArray[np.int64]:
        """``(p,) int64``: shallow bytes more at each place."""
        growth: NDArray[np.int64] = self.tree.sizes[-1] - self.tree.sizes[0]
        return growth

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Place → the places right below it."""
        children: dict[int, list[int]] = {}
        for place, above in enumerate(self.tree.parent):
            if above != NO_PLACE:
                children.setdefault(above, []).append(place)
        return children

    @cached_property
    def root_by_place(self) -> list[int]:
        """Place → the root of its path."""
        roots: list[int] = []
        for place, above in enumerate(self.tree.parent):
            roots.append(place if above == NO_PLACE else roots[above])
        return roots

    @cached_property
    def frame_labels(self) -> frozenset[str]:
        """What the roots are called that are local variables of running functions."""
        labels = (heap.roots.frames.label_by_node.values() for heap in self.series.heaps)
        return frozenset(label for some in labels for label in some)

    @cached_property
    def imported_modules(self) -> int:
        """How many modules are in the last heap and not in the first."""
        before, after = self.series.before, self.series.after
        known = before.roots.modules.label_by_node.values()
        return len(set(after.roots.modules.label_by_node.values()) - set(known))

    @cached_property
    def net_by_type(self) -> dict[str, int]:
        """Full type name → objects more in the whole heap."""
        return self._sum_by_type(self.growth)

    @cached_property
    def net_bytes_by_type(self) -> dict[str, int]:
        """Full type name → bytes more in the whole heap."""
        return self._sum_by_type(self.bytes_growth)

    @cached_property
    def falls_by_type(self) -> dict[str, list[int]]:
        """Full type name → by how many objects each place that has fewer fell."""
        falls: dict[str, list[int]] = {}
        for place in np.flatnonzero(self.growth < 0).tolist():
            falls.setdefault(self.tree.type[place], []).append(-int(self.growth[place]))
        return falls

    def entered(self, place: int) -> int:
        """How many more the place above holds; the others continue a run."""
        return int(self.tree.entering[-1][place] - self.tree.entering[0][place])

    def rank_of(self, place: int) -> int:
        """How little the type at a place says.

        A private class of a library wraps what a person knows, as one of Python's own does.
        """
        kind = self.tree.type[place]
        rank = self.series.plumbing_by_type[kind]
        is_private = kind.rpartition(".")[2].startswith("_")
        if rank == 0 and is_private and self.origins.of_type(kind) == Origin.LIBRARY:
            return WRAPPER
        return rank

    def origin_of_root(self, place: int) -> Origin | None:
        """Whose module the path starts from; None where it starts from something else.

        Modules that a program counts up are all entries of ``sys.modules``, and nobody's own.
        """
        root = self.root_by_place[place]
        if self.tree.type[root] != "module" or root == place:
            return None
        return self.origins.of_module(self.tree.reference[root])

    def bytes_below(self, entries: AbstractSet[int]) -> NDArray[np.int64]:
        """``(p,) int64``: bytes that came to each place and below it, but for other entries' own.

        Args:
            entries: Places whose growth is not the doing of what is above them.
        """
        sums = np.maximum(self.bytes_growth, 0).tolist()
        for place in range(len(sums) - 1, -1, -1):
            above = self.tree.parent[place]
            if above != NO_PLACE and place not in entries:
                sums[above] += sums[place]
        return np.array(sums, dtype=np.int64)

    def _sum_by_type(self, values: NDArray[np.int64]) -> dict[str, int]:
        sums: dict[str, int] = {}
        for kind, value in zip(self.tree.type, values.tolist(), strict=True):
            sums[kind] = sums.get(kind, 0) + value
        return sums
