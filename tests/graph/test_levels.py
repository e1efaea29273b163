"""Levels against a walk that looks at every edge in every step."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest

from heapsnap.graph import levels as levels_module
from heapsnap.graph.levels import NO_LEVEL, LevelResult, levels
from tests.graph.random_graphs import (
    each_seed,
    graph_of,
    linked_list,
    networkx_of,
    pairs_of,
    random_graph,
    random_nodes,
    star,
)

if TYPE_CHECKING:
    from heapsnap.graph.references import ReferenceGraph


def nodes(*numbers: int) -> np.typing.NDArray[np.int32]:
    return np.array(numbers, dtype=np.int32)


@pytest.fixture(
    params=[(32, 96, 9999), (0, 0, 9999), (2, 3, 9999), (32, 96, 0), (2, 3, 2)],
    ids=["narrow", "wide", "mixed", "deep", "all"],
)
def _step_width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every small graph go through the array steps, the plain steps, and all in turn."""
    monkeypatch.setattr(levels_module, "NARROW_NODES", request.param[0])
    monkeypatch.setattr(levels_module, "NARROW_EDGES", request.param[1])
    monkeypatch.setattr(levels_module, "DEEP_LEVELS", request.param[2])
    monkeypatch.setattr(levels_module, "DEEP_SHARE", 9999)


class SlowWalk:
    """The definition: each step looks at every edge that leads from reached to unreached."""

    def __init__(self, graph: ReferenceGraph, is_late: list[bool]) -> None:
        self.pairs = pairs_of(graph)
        self.is_late = is_late
        self.level: dict[int, int] = {}
        self.wave: dict[int, int] = {}
        self.candidates: set[int] = set()

    def walk(self, root_groups: list[list[int]]) -> None:
        for group, roots in enumerate(root_groups):
            self.reach(set(roots) - set(self.level), 2 * group)
            while self.step(2 * group, late=False):
                pass
            while self.step(2 * group + 1, late=True):
                while self.step(2 * group + 1, late=False):
                    pass

    def step(self, wave: int, *, late: bool) -> bool:
        hits = [
            edge
            for edge, (referrer, referent) in enumerate(self.pairs)
            if self.is_late[edge] == late and referrer in self.level and referent not in self.level
        ]
        self.candidates |= set(hits)
        return self.reach({self.pairs[edge][1] for edge in hits}, wave)

    def reach(self, new: set[int], wave: int) -> bool:
        level = len(set(self.level.values()))
        for node in new:
            self.level[node] = level
            self.wave[node] = wave
        return bool(new)


@pytest.mark.usefixtures("_step_width")
@each_seed
def test_levels_waves_and_candidates_follow_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    groups = [random_nodes(rng, graph) for _ in range(int(rng.integers(0, 4)))]
    late = rng.random(graph.edge_count) < rng.random()
    slow = SlowWalk(graph, late.tolist())
    slow.walk([group.tolist() for group in groups])
    found = levels(graph, groups, late_by_edge=late)
    every = range(graph.node_count)
    assert found.level_by_node.tolist() == [slow.level.get(node, NO_LEVEL) for node in every]
    assert found.wave_by_node.tolist() == [slow.wave.get(node, NO_LEVEL) for node in every]
    assert set(np.flatnonzero(found.is_candidate_by_edge).tolist()) == slow.candidates
    assert_lists_agree(found)


def assert_lists_agree(found: LevelResult) -> None:
    """The level lists hold each reached node once, at its level, and no level is empty."""
    first = found.first_position_by_level.tolist()
    order = found.node_by_position.tolist()
    reached = np.flatnonzero(found.level_by_node != NO_LEVEL).tolist()
    assert sorted(order) == reached
    assert (first[0], first[-1]) == (0, len(order))
    for level, (start, end) in enumerate(pairwise(first)):
        assert start < end
        assert {int(found.level_by_node[node]) for node in order[start:end]} == {level}


@pytest.mark.usefixtures("_step_width")
@each_seed
def test_without_late_edges_a_level_is_the_distance_from_the_roots(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    roots = random_nodes(rng, graph)
    found = levels(graph, [roots])
    expected = nx.multi_source_dijkstra_path_length(networkx_of(graph), set(roots.tolist()) or {0})
    if len(roots) == 0:
        expected = {}
    assert {
        node: level for node, level in enumerate(found.level_by_node.tolist()) if level != NO_LEVEL
    } == expected


@each_seed
def test_candidates_lead_up_and_only_roots_have_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    groups = [random_nodes(rng, graph), random_nodes(rng, graph)]
    found = levels(graph, groups, late_by_edge=rng.random(graph.edge_count) < 0.3)
    has_candidate = set()
    for edge, (referrer, referent) in enumerate(pairs_of(graph)):
        if found.is_candidate_by_edge[edge]:
            assert 0 <= found.level_by_node[referrer] < found.level_by_node[referent]
            has_candidate.add(referent)
    assert set(found.node_by_position.tolist()) - has_candidate <= set(np.concatenate(groups))


def test_a_late_edge_loses_against_a_longer_way_without() -> None:
    #     0 ~late~> 3    0 -> 1 -> 2 -> 3 -> 4
    graph = graph_of(5, [(0, 3), (0, 1), (1, 2), (2, 3), (3, 4)])
    late = np.array([True, False, False, False, False])
    found = levels(graph, [nodes(0)], late_by_edge=late)
    assert found.level_by_node.tolist() == [0, 1, 2, 3, 4]
    assert found.wave_by_node.tolist() == [0, 0, 0, 0, 0]
    assert found.is_candidate_by_edge.tolist() == [False, True, True, True, True]


def test_an_earlier_group_wins_over_a_shorter_way_from_a_later_one() -> None:
    #     0 ~late~> 1 -> 2    3 -> 2, 3 -> 4
    graph = graph_of(5, [(0, 1), (1, 2), (3, 2), (3, 4)])
    late = np.array([True, False, False, False])
    found = levels(graph, [nodes(0), nodes(3)], late_by_edge=late)
    assert found.wave_by_node.tolist() == [0, 1, 1, 2, 2]
    assert found.level_by_node.tolist() == [0, 1, 2, 3, 4]


def test_documented_types_hold() -> None:
    found = levels(graph_of(2, [(0, 1)]), [nodes(0)])
    assert found.level_by_node.dtype == np.int32
    assert found.wave_by_node.dtype == np.int8
    assert found.node_by_position.dtype == np.int32
    assert found.first_position_by_level.dtype == np.int64
    assert found.is_candidate_by_edge.dtype == np.bool_


def test_a_root_that_is_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 to 1"):
        levels(graph_of(2, [(0, 1)]), [nodes(-1)])


def test_read_only_arrays_will_do() -> None:
    graph = linked_list(5)
    graph.first_edge_by_node.flags.writeable = False
    graph.referent_by_edge.flags.writeable = False
    assert levels(graph, [nodes(0)]).level_by_node.tolist() == [0, 1, 2, 3, 4]


def test_a_linked_list_has_a_level_for_each_node_also_where_every_edge_is_late() -> None:
    graph = linked_list(100_000)
    for late in (None, np.ones(graph.edge_count, dtype=np.bool_)):
        found = levels(graph, [nodes(0)], late_by_edge=late)
        assert found.level_by_node.tolist() == list(range(100_000))


def test_what_is_very_deep_is_walked_all_at_once() -> None:
    graph = linked_list(300_000)
    found = levels(graph, [nodes(7), nodes(0)])
    assert found.level_by_node[7:].tolist() == list(range(300_000 - 7))
    assert found.level_by_node[:7].tolist() == list(range(300_000 - 7, 300_000))
    assert_lists_agree(found)


def test_a_star_is_one_level() -> None:
    found = levels(star(100_000), [nodes(0)])
    assert found.first_position_by_level.tolist() == [0, 1, 100_000]


@each_seed
def test_around_avoided_nodes_the_rest_is_reached_as_if_they_were_not_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    roots, avoided = random_nodes(rng, graph), random_nodes(rng, graph)
    gone = set(avoided.tolist())
    pairs = [(a, b) for a, b in pairs_of(graph) if not {a, b} & gone]
    without = levels(graph_of(graph.node_count, pairs), [nodes(*(set(roots.tolist()) - gone))])
    found = levels(graph, [roots], avoided_nodes=avoided)
    assert found.level_by_node.tolist() == without.level_by_node.tolist()
    assert not any(
        found.is_candidate_by_edge[e] for e, (_, b) in enumerate(pairs_of(graph)) if b in gone
    )
