"""The dominator tree laid out in one row, in which each subtree is a slice.

Owns that order and what it makes cheap: sums over subtrees (retained bytes), and the sum over a
group in which no object counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.model import CountArray, EdgeArray, NodeArray

NO_POSITION = -1
"""The position of a node that no root reaches."""


@dataclass(frozen=True, slots=True, eq=False)
class DominatorTree:
    """For each node the nearest other one that every path from the roots crosses.

    ``n`` objects and the virtual root, node ``n``, which refers to the roots.

    Attributes:
        dominator_by_node: ``(n + 1,) int32``; ``NO_NODE`` for the virtual root and for nodes
            that no root reaches.
        nodes_top_down: ``(r + 1,) int32``, the reached nodes, each after its dominator; the
            virtual root comes first. Those before the first layer stand in preorder.
        first_position_by_layer: ``(l + 1,) int64``, positions in ``nodes_top_down``: from the
            first of them on the nodes come in layers, in which none dominates another.
        end_by_core_position: ``(c,) int32``, of each of the ``c`` nodes before the first layer:
            the position behind the last one of them that it dominates.
    """

    dominator_by_node: NodeArray
    nodes_top_down: NodeArray
    first_position_by_layer: EdgeArray
    end_by_core_position: NodeArray


@dataclass(frozen=True, slots=True, eq=False)
class Subtrees:
    """Preorder of a dominator tree of ``n`` objects, of which ``r`` are reached.

    The virtual root, node ``n``, has position 0.

    Attributes:
        position_by_node: ``(n + 1,) int32``, ``NO_POSITION`` where unreached.
        end_by_node: ``(n + 1,) int32``: the subtree of a node has the positions from its own up
            to this one; 0 where unreached.
    """

    position_by_node: NodeArray
    end_by_node: NodeArray

    @classmethod
    def of_tree(cls, tree: DominatorTree) -> Subtrees:
        """Lay the tree out. Siblings stand in no order that means anything."""
        dominator, order = tree.dominator_by_node, tree.nodes_top_down
        bounds = tree.first_position_by_layer.tolist()
        layers = [order[a:b] for a, b in pairwise(bounds)]
        core = order[: bounds[0]]
        size = np.zeros(len(dominator), dtype=np.int32)
        size[order] = 1
        for layer in reversed(layers):
            np.add.at(size, dominator[layer], size[layer])
        # What hangs on a node in layers stands between it and the next one in preorder.
        position_by_core_position = np.zeros(len(core) + 1, dtype=np.int32)
        np.cumsum(size[core], out=position_by_core_position[1:])
        starts = position_by_core_position[:-1]
        size[core] = position_by_core_position[tree.end_by_core_position] - starts
        position = np.full(len(dominator), NO_POSITION, dtype=np.int32)
        position[core] = starts
        free = position + np.int32(1)
        for layer in layers:
            _place_at_once(layer, dominator, size, position, free)
        end = np.zeros(len(dominator), dtype=np.int32)
        end[order] = position[order] + size[order]
        return cls(position, end)

    def sums(self, value_by_node: CountArray) -> CountArray:
        """Add up a value over each node and all that it dominates.

        Args:
            value_by_node: ``(n,) int64``.

        Returns:
            ``(n + 1,) int64``; 0 where no root reaches; the virtual root has the sum of all.
        """
        nodes = np.flatnonzero(self.position_by_node[:-1] != NO_POSITION)
        sums_before = np.zeros(int(self.end_by_node[-1]) + 1, dtype=np.int64)
        sums_before[self.position_by_node[nodes] + 1] = value_by_node[nodes]
        np.cumsum(sums_before, out=sums_before)
        sums = sums_before[self.end_by_node]
        sums -= sums_before[np.maximum(self.position_by_node, 0)]
        sums[self.position_by_node == NO_POSITION] = 0
        return sums

    def is_outermost(self, group_by_node: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Mark the objects that no other object of their group dominates.

        Args:
            group_by_node: ``(n,) int32``, not negative.

        Returns:
            ``(n,) bool``; False where unreached. A group's sum over these counts each byte once.
        """
        reached = np.flatnonzero(self.position_by_node[:-1] != NO_POSITION)
        # Within a group by position: one that begins before an earlier one ended lies inside it.
        by_position = reached[np.argsort(self.position_by_node[reached])]
        order = by_position[np.argsort(group_by_node[by_position], kind="stable")]
        groups = group_by_node[order].astype(np.int64)
        width = int(self.end_by_node[-1]) + 1
        last_end = np.maximum.accumulate(groups * width + self.end_by_node[order])
        is_outside = np.ones(len(order), dtype=np.bool_)
        is_outside[1:] = groups[1:] * width + self.position_by_node[order][1:] >= last_end[:-1]
        found = np.zeros(len(group_by_node), dtype=np.bool_)
        found[order[is_outside]] = True
        return found


def _place_at_once(
    layer: NodeArray,
    dominator_by_node: NodeArray,
    size_by_node: NodeArray,
    position_by_node: NodeArray,
    free_by_node: NodeArray,
) -> None:
    """The same for nodes of which none dominates another."""
    layer = layer[np.argsort(dominator_by_node[layer], kind="stable")]
    dominators, sizes = dominator_by_node[layer], size_by_node[layer]
    before = np.cumsum(sizes, dtype=np.int32) - sizes
    is_first = np.ones(len(layer), dtype=np.bool_)
    is_first[1:] = dominators[1:] != dominators[:-1]
    # Counted from the first of each dominator's.
    before -= np.repeat(before[is_first], np.diff(np.append(np.flatnonzero(is_first), len(layer))))
    position_by_node[layer] = free_by_node[dominators] + before
    np.add.at(free_by_node, dominators, sizes)
    free_by_node[layer] = position_by_node[layer] + 1
