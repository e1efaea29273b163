"""What stands at the far ends of many references, merged: equal names, equal objects.

Owns when keys are written out and when they are `[*]`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from heapsnap.analysis.heap.labels import ITEM
from heapsnap.graph.counting import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MOST_KEYS = 3
"""Keys under which equal objects are held that are written out; more are `[*]`."""


class End(NamedTuple):
    """What makes ends equal: the reference's name, what the object is called, its full type."""

    reference: str
    text: str
    kind: str


@dataclass(slots=True)
class Ends:
    """The objects at the far ends of some references, merged.

    Attributes:
        counts: End → references.
        nodes: End → the objects, ``(k,)`` integers; one may stand under several ends.
    """

    counts: Counter[End] = field(default_factory=Counter)
    nodes: dict[End, NDArray[np.int64]] = field(default_factory=dict)

    def nodes_at(self, end: End) -> NDArray[np.int64]:
        """``(k,) int64``; empty for an end that is not here."""
        return self.nodes.get(end, np.zeros(0, np.int64))

    def all_nodes(self) -> NDArray[np.int64]:
        """``(k,) int64``, every object once."""
        return _union([np.zeros(0, np.int64), *self.nodes.values()])

    def pop_leaves(self, container_count: int) -> Ends:
        """Take out the objects that refer to nothing; what is left are containers.

        Args:
            container_count: Nodes from this one on are leaves.
        """
        leaves = Ends()
        for end in [end for end, nodes in self.nodes.items() if nodes[0] >= container_count]:
            leaves.counts[end], leaves.nodes[end] = self.counts.pop(end), self.nodes.pop(end)
        return leaves

    def crowded(self) -> set[str]:
        """What objects are called that are held under too many keys to write them out."""
        keys: dict[str, set[str]] = {}
        for reference, text, _ in self.counts:
            if reference.startswith("["):
                keys.setdefault(text, set()).add(reference)
        return {text for text, names in keys.items() if len(names) > MOST_KEYS or ITEM in names}

    def folded(self, crowded: set[str]) -> Ends:
        """The same with `[*]` in place of the keys of what is crowded."""
        merged = Ends()
        parts: dict[End, list[NDArray[np.int64]]] = {}
        for end, count in self.counts.items():
            is_crowd = end.reference.startswith("[") and end.text in crowded
            new = end._replace(reference=ITEM) if is_crowd else end
            merged.counts[new] += count
            parts.setdefault(new, []).append(self.nodes_at(end))
        for new, nodes in parts.items():
            merged.nodes[new] = nodes[0] if len(nodes) == 1 else _union(nodes)
        return merged

    def references(self) -> dict[str, int]:
        """Name → how many references have it, the most first."""
        totals: Counter[str] = Counter()
        for end, count in self.counts.items():
            totals[end.reference] += count
        return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))


def _union(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """``(k,) int64``, ascending: what is in any of them."""
    nodes = np.concatenate(parts)
    return distinct(nodes, int(nodes.max()) + 1) if len(nodes) else nodes


def fold_alike(found: Iterable[Ends]) -> list[Ends]:
    """The ends of several heaps with the same keys folded in all of them."""
    heaps = list(found)
    crowded: set[str] = set()
    for ends in heaps:
        crowded |= ends.crowded()
    return [ends.folded(crowded) for ends in heaps]
