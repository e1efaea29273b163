"""Verdicts on drawn heaps, and against a collector written out as loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.graph.verdicts import Verdict, Verdicts, judge
from heapsnap.snapshot.model import NO_COUNT
from tests.graph.random_graphs import (
    SEEDS,
    each_seed,
    graph_of,
    pairs_of,
    random_graph,
    random_nodes,
)

if TYPE_CHECKING:
    from heapsnap.graph.references import ReferenceGraph

ROOTED, FRAME, C_HELD, GARBAGE = Verdict


def judge_pairs(
    pairs: list[tuple[int, int]],
    refcounts: list[int],
    *,
    leaf_count: int = 0,
    named: tuple[int, ...] = (),
    frames: tuple[int, ...] = (),
) -> Verdicts:
    """Judge a heap of ``len(refcounts)`` containers and then ``leaf_count`` leaves."""
    return judge(
        graph_of(len(refcounts) + leaf_count, pairs),
        refcount_by_node=np.array(refcounts, dtype=np.int64),
        named_roots=np.array(named, dtype=np.int32),
        frame_roots=np.array(frames, dtype=np.int32),
    )


def slow_verdicts(
    graph: ReferenceGraph, refcounts: list[int], named: list[int], frames: list[int]
) -> list[Verdict]:
    """The collector's way: take away one object after the other that something keeps."""
    pairs = pairs_of(graph)

    def closure(start: set[int]) -> set[int]:
        while True:
            more = {b for a, b in pairs if a in start} - start
            if not more:
                return start
            start = start | more

    rooted = closure(set(named))
    framed = closure(set(named) | set(frames))
    left = set(range(graph.node_count)) - framed
    while True:
        kept = set()
        for node in left:
            inside = sum(a in left for a, b in pairs if b == node)
            outside = sum(a not in left for a, b in pairs if b == node)
            is_container = node < len(refcounts)
            if (
                outside
                or (not is_container and not inside)
                or (is_container and (refcounts[node] == NO_COUNT or refcounts[node] > inside))
            ):
                kept.add(node)
        if not kept:
            break
        left -= kept
    c_held = set(range(graph.node_count)) - framed - left
    verdict_of = dict.fromkeys(left, GARBAGE) | dict.fromkeys(c_held, C_HELD)
    verdict_of |= dict.fromkeys(framed, FRAME) | dict.fromkeys(rooted, ROOTED)
    return [verdict_of[node] for node in range(graph.node_count)]


@each_seed
def test_verdicts_are_those_of_the_collector(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    container_count = max([referrer + 1 for referrer, _ in pairs_of(graph)], default=0)
    extra = rng.integers(0, 2, container_count) * rng.integers(0, 2, container_count)
    refcounts = graph.in_degree_by_node[:container_count] + extra
    refcounts[rng.random(container_count) < 0.05] = NO_COUNT
    named, frames = random_nodes(rng, graph, most=1), random_nodes(rng, graph, most=2)
    found = judge(graph, refcount_by_node=refcounts, named_roots=named, frame_roots=frames)
    expected = slow_verdicts(graph, refcounts.tolist(), named.tolist(), frames.tolist())
    assert found.verdict_by_node.tolist() == expected
    assert len(found.anomalous_nodes) == 0


def test_random_heaps_have_objects_of_every_verdict() -> None:
    seen = set()
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        graph = random_graph(rng)
        verdicts = judge(
            graph,
            refcount_by_node=graph.in_degree_by_node + rng.integers(0, 2, graph.node_count),
            named_roots=random_nodes(rng, graph, most=1),
            frame_roots=random_nodes(rng, graph, most=1),
        )
        seen |= set(verdicts.verdict_by_node.tolist())
    assert seen == set(Verdict)


def test_a_cycle_that_explains_all_its_references_is_garbage() -> None:
    found = judge_pairs([(0, 1), (1, 0), (1, 2)], [1, 1], leaf_count=1)
    assert found.verdict_by_node.tolist() == [GARBAGE, GARBAGE, GARBAGE]


def test_one_reference_too_many_means_c_holds_the_cycle() -> None:
    found = judge_pairs([(0, 1), (1, 0), (1, 2)], [1, 2], leaf_count=1)
    assert found.verdict_by_node.tolist() == [C_HELD, C_HELD, C_HELD]
    assert found.excess_by_node.tolist() == [0, 1, 0]
    assert found.is_c_seed_by_node.tolist() == [False, True, False]


def test_names_win_over_frames_and_frames_over_c() -> None:
    found = judge_pairs(
        [(0, 1), (2, 1), (2, 3), (4, 3), (4, 5)], [1, 2, 1, 2, 1, 1], named=(0,), frames=(2,)
    )
    assert found.verdict_by_node.tolist() == [ROOTED, ROOTED, FRAME, FRAME, C_HELD, C_HELD]
    assert found.is_c_seed_by_node.tolist() == [False, False, False, False, True, False]


def test_an_immortal_container_is_never_garbage() -> None:
    found = judge_pairs([(0, 1), (1, 0)], [NO_COUNT, 1])
    assert found.verdict_by_node.tolist() == [C_HELD, C_HELD]
    assert found.excess_by_node.tolist() == [0, 0]


def test_a_leaf_that_nothing_refers_to_is_held_by_c() -> None:
    assert judge_pairs([], [], leaf_count=1).verdict_by_node.tolist() == [C_HELD]


def test_a_count_below_the_edges_is_an_anomaly_of_the_snapshot() -> None:
    found = judge_pairs([(0, 1), (0, 1)], [1, 1])
    assert found.anomalous_nodes.tolist() == [1]
    assert found.excess_by_node.tolist() == [1, -1]


def test_documented_types_hold() -> None:
    found = judge_pairs([(0, 1)], [1, 1])
    assert found.verdict_by_node.dtype == np.int8
    assert found.excess_by_node.dtype == np.int64
    assert found.anomalous_nodes.dtype == np.int32
