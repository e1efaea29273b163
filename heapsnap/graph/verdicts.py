"""What keeps each object alive: a name, a running frame, C code, or only its own cycle.

Owns the four verdicts and the arithmetic of reference counts behind them. Which
nodes are named roots and which belong to frames is the caller's knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.reachability import reachable_from, reachable_too
from heapsnap.snapshot.model import NO_COUNT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph
    from heapsnap.snapshot.model import CountArray, NodeArray


class Verdict(IntEnum):
    """Why an object is still there; of several reasons, the first."""

    ROOTED = 0
    """A path leads to it from a named root: a module, an object that the interpreter names."""
    FRAME = 1
    """A path leads to it from a running function."""
    C_HELD = 2
    """A path leads to it from an object that more references count than Python objects explain."""
    GARBAGE = 3
    """Nothing holds it but garbage: the collector would free it."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """The verdict on every object, and the counts that it rests on.

    Attributes:
        verdict_by_node: ``(n,) int8``, values of ``Verdict``.
        excess_by_node: ``(n,) int64``, how many references are counted beyond those that
            come from nodes of the graph: from C code, and from the stacks of running
            frames; 0 where the count says nothing. Negative counts are kept: see below.
        is_c_seed_by_node: ``(n,) bool``, the ``C_HELD`` objects that C code itself holds;
            the others are held by these.
        anomalous_nodes: ``(k,) int32``, containers with fewer counted references than
            edges lead to them. None in a true snapshot: a check on the agent.
    """

    verdict_by_node: NDArray[np.int8]
    excess_by_node: CountArray
    is_c_seed_by_node: NDArray[np.bool_]
    anomalous_nodes: NodeArray


def judge(
    graph: ReferenceGraph,
    *,
    refcount_by_node: CountArray,
    named_roots: NodeArray,
    frame_roots: NodeArray,
) -> Verdicts:
    """Decide for every object what keeps it alive.

    A container that neither a named root nor a frame reaches is held by C code where
    its count exceeds the edges that lead to it, and where the count says nothing
    (immortal objects are never freed). A leaf has no count: held by C only where no
    edge leads to it at all, else it shares the fate of its referrers. What is left has
    every one of its references explained by other left objects: garbage.

    Args:
        graph: ``n`` objects, ``m`` references, of which nodes ``0`` … ``c - 1`` are containers.
        refcount_by_node: ``(c,) int64``, ``NO_COUNT`` where it says nothing.
        named_roots: ``(k,)`` integers: modules and what the interpreter holds by name.
        frame_roots: ``(k,)`` integers: values of running frames' locals, frame objects,
            threads' local dicts, exceptions being handled.

    References:
        CPython's collector subtracts internal references likewise: ``subtract_refs`` and
        ``move_unreachable`` in ``Modules/gcmodule.c`` (3.12), ``Python/gc.c`` (3.13); here
        for all objects at once instead of one generation.
    """
    in_degree_by_node = graph.in_degree_by_node
    excess_by_node, has_count = _excess(in_degree_by_node, refcount_by_node)
    is_rooted = reachable_from(graph, named_roots)
    is_rooted_or_frame = reachable_too(graph, is_rooted, frame_roots)

    is_held_by_c = excess_by_node > 0
    container_count = len(refcount_by_node)
    is_held_by_c[:container_count] |= ~has_count
    is_held_by_c[container_count:] = in_degree_by_node[container_count:] == 0
    del in_degree_by_node  # Eight bytes an object, of no more use while the rest is walked.
    is_c_seed = is_held_by_c & ~is_rooted_or_frame
    is_held = reachable_too(graph, is_rooted_or_frame, np.flatnonzero(is_c_seed).astype(np.int32))

    verdict_by_node = np.full(graph.node_count, Verdict.GARBAGE, dtype=np.int8)
    verdict_by_node[is_held] = Verdict.C_HELD
    verdict_by_node[is_rooted_or_frame] = Verdict.FRAME
    verdict_by_node[is_rooted] = Verdict.ROOTED
    return Verdicts(
        verdict_by_node=verdict_by_node,
        excess_by_node=excess_by_node,
        is_c_seed_by_node=is_c_seed,
        anomalous_nodes=np.flatnonzero(excess_by_node < 0).astype(np.int32),
    )


def _excess(
    in_degree_by_node: CountArray, refcount_by_node: CountArray
) -> tuple[CountArray, NDArray[np.bool_]]:
    """Subtract the edges from the counts: ``(n,) int64``, and ``(c,) bool`` where a count is."""
    container_count = len(refcount_by_node)
    has_count = refcount_by_node != NO_COUNT
    unexplained = refcount_by_node - in_degree_by_node[:container_count]
    excess_by_node = np.zeros(len(in_degree_by_node), dtype=np.int64)
    excess_by_node[:container_count] = np.where(has_count, unexplained, 0)
    return excess_by_node, has_count
