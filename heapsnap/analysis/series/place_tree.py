"""The tree of places: paths of normalised references from the roots, with the type at each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_PLACE = -1
Key: TypeAlias = "tuple[int, str, str]"
"""A place's parent, the name of the reference, the type."""


@dataclass(slots=True, eq=False)
class PlaceTree:
    """``p`` places, parents before children.

    Attributes:
        parent: Place → the place above it, ``NO_PLACE`` for a root.
        reference: Place → normalised name of the reference that leads to it; a root's name.
        type: Place → full name of the type that stands there.
        counts: ``(h, p) int64``: objects there, for each of ``h`` heaps.
        sizes: ``(h, p) int64``: their shallow bytes.
        entering: ``(h, p) int64``: those that the place above holds; the others continue a run
            that is one place, as the nodes of a linked list and nested tuples do.
        place_by_signature: For each heap ``(s,) int32``.
    """

    parent: list[int] = field(default_factory=list)
    reference: list[str] = field(default_factory=list)
    type: list[str] = field(default_factory=list)
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    sizes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    entering: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    place_by_signature: list[NDArray[np.int32]] = field(default_factory=list)

    def enter(self, key: Key, index: dict[Key, int]) -> int:
        """The place of this key, made where it is new."""
        place = index.get(key)
        if place is None:
            place = index[key] = len(self.parent)
            self.parent.append(key[0])
            self.reference.append(key[1])
            self.type.append(key[2])
        return place

    def path(self, place: int) -> list[int]:
        """The places from the root down to this one."""
        steps = []
        while place != NO_PLACE:
            steps.append(place)
            place = self.parent[place]
        return steps[::-1]

    def subtree_sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up a value over each place and all below it.

        Args:
            values: ``(p,) int64``.
        """
        sums = values.tolist()
        for place in range(len(sums) - 1, -1, -1):
            above = self.parent[place]
            if above != NO_PLACE:
                sums[above] += sums[place]
        return np.array(sums, dtype=np.int64)
