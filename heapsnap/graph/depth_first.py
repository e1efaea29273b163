"""A depth-first numbering of a graph, as dominators need it.

scipy has a depth-first walk too; it looks at a node's edges from the first one again
each time that it comes back to the node, which is quadratic on a wide one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.references import group_edges_by_target

if TYPE_CHECKING:
    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import EdgeArray, NodeArray


@dataclass(frozen=True, slots=True, eq=False)
class DepthFirstTree:
    """``k`` nodes, numbered in the order in which a depth-first walk from the root meets them.

    Attributes:
        nodes: ``(k,) int32``: number → node.
        parents: ``(k,) int32``: number → number of the node that it was met from; -1 for number 0.
        smallest_entries: ``(k,) int32``: number → the smallest number from which an edge leads
            to it; 0 for number 0.
        first_back_entry: ``(k + 1,) int64``, positions in ``back_entries``.
        back_entries: ``(b,) int32``: for each number, the larger numbers from which edges lead
            to it.
    """

    nodes: NodeArray
    parents: NodeArray
    smallest_entries: NodeArray
    first_back_entry: EdgeArray
    back_entries: NodeArray

    @classmethod
    def of_graph(cls, part: ReferenceGraph, root: int) -> DepthFirstTree:
        """Walk a graph.

        Args:
            part: ``k`` nodes, without self-references.
            root: Reaches all of them.
        """
        order, parents = _walk(part, root)
        number_by_node = np.empty(part.node_count, dtype=np.int32)
        number_by_node[order] = np.arange(part.node_count, dtype=np.int32)
        from_numbers = number_by_node[part.referrer_by_edge]
        to_numbers = number_by_node[part.referent_by_edge]
        smallest = np.arange(part.node_count, dtype=np.int32)
        np.minimum.at(smallest, to_numbers, from_numbers)
        first_back, back = _back_entries(from_numbers, to_numbers, part.node_count)
        return cls(order, parents, smallest, first_back, back)


def _walk(part: ReferenceGraph, root: int) -> tuple[NodeArray, NodeArray]:
    """Return the nodes in the order in which they are met, and each one's parent's number."""
    met = np.empty(part.node_count, dtype=np.int32)
    parent_by_number = np.full(part.node_count, -1, dtype=np.int32)
    # Reading one item from a view of the memory costs a third of numpy's indexing.
    first_edge, referents = part.first_edge_by_node.data, part.referent_by_edge.data
    next_edge = part.first_edge_by_node[:-1].copy().data
    number = np.full(part.node_count, -1, dtype=np.int32).data
    order, parents = met.data, parent_by_number.data
    number[root] = 0
    order[0] = root
    count, at = 1, 0
    # The way back is along the parents: the tree is its own stack.
    while at >= 0:
        node = order[at]
        for edge in range(next_edge[node], first_edge[node + 1]):
            referent = referents[edge]
            if number[referent] < 0:
                next_edge[node] = edge + 1
                number[referent] = count
                order[count] = referent
                parents[count] = at
                at = count
                count += 1
                break
        else:
            next_edge[node] = first_edge[node + 1]
            at = parents[at]
    return met, parent_by_number


def _back_entries(
    from_numbers: NodeArray, to_numbers: NodeArray, count: int
) -> tuple[EdgeArray, NodeArray]:
    """Group the edges that lead from larger to smaller numbers by where they lead."""
    is_back = from_numbers > to_numbers
    sources, targets = from_numbers[is_back], to_numbers[is_back]
    one_row = np.array([0, len(targets)], dtype=np.int64)
    first, _, order = group_edges_by_target(one_row, targets, target_count=count)
    return first, sources[order]
