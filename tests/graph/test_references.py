"""References both ways, gathered and cut, against loops over plain lists."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.graph.references import ReferenceGraph
from tests.graph.random_graphs import each_seed, graph_of, pairs_of, random_graph, random_nodes


def test_leaves_own_no_edges() -> None:
    graph = ReferenceGraph.of_containers(
        5,
        first_edge_by_container=np.array([0, 2, 3], dtype=np.int64),
        referent_by_edge=np.array([1, 4, 3], dtype=np.int32),
    )
    assert graph.first_edge_by_node.tolist() == [0, 2, 3, 3, 3, 3]
    assert pairs_of(graph) == [(0, 1), (0, 4), (1, 3)]
    assert graph.edge_count == 3


@each_seed
def test_every_reversed_edge_knows_its_forward_edge(seed: int) -> None:
    graph = random_graph(np.random.default_rng(seed))
    pairs = pairs_of(graph)
    expected = sorted(range(len(pairs)), key=lambda edge: (pairs[edge][1], edge))
    derived = graph.referrers
    assert derived.original_edge_by_edge.tolist() == expected
    assert pairs_of(derived.graph) == [pairs[edge][::-1] for edge in expected]


@each_seed
def test_a_cut_keeps_the_marked_edges_and_all_nodes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    is_kept = rng.random(graph.edge_count) < 0.5
    derived = graph.keep_edges(is_kept)
    kept = [edge for edge in range(graph.edge_count) if is_kept[edge]]
    assert derived.graph.node_count == graph.node_count
    assert derived.original_edge_by_edge.tolist() == kept
    assert pairs_of(derived.graph) == [pairs_of(graph)[edge] for edge in kept]


@each_seed
def test_a_part_holds_the_marked_nodes_and_the_edges_between_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    is_kept = rng.random(graph.node_count) < 0.6
    induced = graph.keep_nodes(is_kept)
    kept = [node for node in range(graph.node_count) if is_kept[node]]
    assert induced.original_node_by_node.tolist() == kept
    assert pairs_of(induced.graph) == [
        (kept.index(referrer), kept.index(referent))
        for referrer, referent in pairs_of(graph)
        if referrer in kept and referent in kept
    ]


@each_seed
def test_edges_of_nodes_come_in_the_order_of_the_nodes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    pairs = pairs_of(graph)
    nodes = random_nodes(rng, graph, most=6)
    edges, referrers = graph.edges_of(nodes)
    expected = [edge for node in nodes for edge, pair in enumerate(pairs) if pair[0] == node]
    assert edges.tolist() == expected
    assert referrers.tolist() == [pairs[edge][0] for edge in expected]


@each_seed
def test_degrees_count_parallel_edges_and_self_references(seed: int) -> None:
    graph = random_graph(np.random.default_rng(seed))
    pairs = pairs_of(graph)
    expected = [sum(pair[1] == node for pair in pairs) for node in range(graph.node_count)]
    assert graph.in_degree_by_node.tolist() == expected
    assert graph.referrer_by_edge.tolist() == [pair[0] for pair in pairs]


def test_documented_types_hold() -> None:
    graph = graph_of(3, [(0, 1), (0, 1), (1, 0)])
    derived = graph.referrers
    edges, referrers = graph.edges_of(np.array([1, 0]))
    assert derived.graph.first_edge_by_node.dtype == np.int64
    assert derived.graph.referent_by_edge.dtype == np.int32
    assert derived.original_edge_by_edge.dtype == np.int64
    assert graph.in_degree_by_node.dtype == np.int64
    assert graph.referrer_by_edge.dtype == np.int32
    induced = graph.keep_nodes(np.ones(3, dtype=np.bool_))
    assert induced.graph.first_edge_by_node.dtype == np.int64
    assert induced.graph.referent_by_edge.dtype == np.int32
    assert induced.original_node_by_node.dtype == np.int32
    assert edges.dtype == np.int64
    assert referrers.dtype == np.int32


def test_a_heap_without_edges_or_nodes_is_a_graph() -> None:
    empty = graph_of(0, [])
    assert empty.referrers.graph.node_count == 0
    assert empty.in_degree_by_node.tolist() == []
    assert empty.edges_of(np.array([], dtype=np.int32))[0].tolist() == []


@pytest.mark.parametrize("node", [-1, 3])
def test_numbers_that_are_no_nodes_are_refused(node: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 2"):
        graph_of(3, [(0, 1)]).check_nodes(np.array([0, node]))
