"""Reachability against networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest

from heapsnap.graph.reachability import reachable_from, reachable_too
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
    from collections.abc import Callable

    from heapsnap.graph.references import ReferenceGraph


@each_seed
def test_reached_is_what_networkx_reaches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    start_nodes = random_nodes(rng, graph)
    picture = networkx_of(graph)
    expected = set(start_nodes.tolist())
    for node in start_nodes.tolist():
        expected |= nx.descendants(picture, node)
    assert set(np.flatnonzero(reachable_from(graph, start_nodes)).tolist()) == expected


@each_seed
def test_edges_that_are_not_followed_lead_nowhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    start_nodes = random_nodes(rng, graph)
    is_followed = rng.random(graph.edge_count) < 0.6
    pairs = [pair for edge, pair in enumerate(pairs_of(graph)) if is_followed[edge]]
    expected = reachable_from(graph_of(graph.node_count, pairs), start_nodes)
    found = reachable_from(graph, start_nodes, edge_is_followed=is_followed)
    assert found.tolist() == expected.tolist()


@each_seed
def test_further_start_nodes_add_what_they_reach(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    first, second = random_nodes(rng, graph), random_nodes(rng, graph)
    expected = reachable_from(graph, np.append(first, second))
    assert reachable_too(graph, reachable_from(graph, first), second).tolist() == expected.tolist()


def test_nothing_is_reached_from_nowhere() -> None:
    nowhere = np.array([], dtype=np.int32)
    assert reachable_from(graph_of(2, [(0, 1)]), nowhere).tolist() == [False, False]
    assert reachable_from(graph_of(0, []), nowhere).tolist() == []


def test_a_start_node_that_is_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match="nodes -1 to 0"):
        reachable_from(graph_of(2, [(0, 1)]), np.array([0, -1]))


@pytest.mark.parametrize("graph_maker", [linked_list, star])
def test_depth_and_width_are_no_obstacle(graph_maker: Callable[[int], ReferenceGraph]) -> None:
    assert reachable_from(graph_maker(200_000), np.array([0])).all()
