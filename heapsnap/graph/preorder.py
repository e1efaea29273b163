"""A tree in preorder, in which each subtree is a slice: compiled, however deep the tree is.

Owns the order alone. What is added up along it is the business of ``subtrees``, which tree it is
of ``dominators``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.references import group_items
from heapsnap.snapshot.model import NO_NODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.model import NodeArray


@dataclass(frozen=True, slots=True, eq=False)
class Preorder:
    """``k`` nodes of a tree, parents before children, each subtree in a row.

    Attributes:
        node_by_position: ``(k,) int32``; the root comes first.
        position_by_node: ``(k,) int32``.
        end_by_node: ``(k,) int32``: the subtree of a node has the positions from its own up
            to this.
    """

    node_by_position: NodeArray
    position_by_node: NodeArray
    end_by_node: NodeArray

    @classmethod
    def of_parents(cls, parent_by_node: NodeArray, root: int) -> Preorder:
        """Lay out the tree. Siblings stand in the order of their numbers.

        Where a subtree ends is where the next sibling begins, or where the parent's ends. Nodes
        without a next sibling that hang on one another stand in a row when the tree is walked
        backwards, last children first, from the topmost of them on, which has one.

        Args:
            parent_by_node: ``(k,) int32``, anything for the root.
            root: The node from which all others are reached.
        """
        count = len(parent_by_node)
        others = np.delete(np.arange(count, dtype=np.int32), root)
        first, children = group_items(others, parent_by_node[others], group_count=count)
        first_child, last_child, following, preceding = (
            np.full(count, NO_NODE, dtype=np.int32) for _ in range(4)
        )
        parents = np.flatnonzero(first[1:] > first[:-1])
        first_child[parents] = children[first[parents]]
        last_child[parents] = children[first[parents + 1] - 1]
        is_sibling = parent_by_node[children[1:]] == parent_by_node[children[:-1]]
        following[children[:-1][is_sibling]] = children[1:][is_sibling]
        preceding[children[1:][is_sibling]] = children[:-1][is_sibling]
        del first, children, others, parents, is_sibling

        order = walk_children_first(first_child, following, root)
        position = np.empty(count, dtype=np.int32)
        position[order] = np.arange(count, dtype=np.int32)
        del first_child
        backwards = walk_children_first(last_child, preceding, root)
        is_top = following[backwards] != NO_NODE
        is_top[0] = True
        ends = position[following[backwards[is_top]]]
        ends[0] = count
        end = np.empty(count, dtype=np.int32)
        end[backwards] = ends[np.cumsum(is_top) - 1]
        return cls(order, position, end)


def walk_children_first(
    child_by_node: NodeArray, sibling_by_node: NodeArray, root: int
) -> NDArray[np.int32]:
    """Walk depth first over at most two edges a node, the child before the sibling.

    scipy looks at a node's edges from the first one again each time that it comes back to the
    node: quadratic on a wide one, were it not for the chain of siblings.

    Args:
        child_by_node: ``(k,) int32``, ``NO_NODE`` where there is none.
        sibling_by_node: ``(k,) int32``, likewise.
        root: Where the walk begins.

    Returns:
        ``(k,) int32``, the nodes in the order in which they are met.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import depth_first_order

    count = len(child_by_node)
    both = np.stack([child_by_node, sibling_by_node], axis=1)
    is_there = both != NO_NODE
    first_edge = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.count_nonzero(is_there, axis=1), out=first_edge[1:])
    referents = both[is_there]
    del both, is_there
    weights = np.broadcast_to(1.0, len(referents))
    matrix = csr_matrix((weights, referents, first_edge), (count, count))
    order: NDArray[np.int32] = depth_first_order(matrix, root, return_predecessors=False)
    return order
