"""Strong components and shortest cycles against networkx and all cycles listed."""

from __future__ import annotations

import networkx as nx
import numpy as np

from heapsnap.graph.components import NO_COMPONENT, shortest_cycle_through, strong_components
from heapsnap.graph.references import ReferenceGraph
from tests.graph.random_graphs import (
    each_seed,
    graph_of,
    linked_list,
    networkx_of,
    pairs_of,
    random_graph,
)


def everything(graph: ReferenceGraph) -> np.typing.NDArray[np.bool_]:
    return np.ones(graph.node_count, dtype=np.bool_)


def ring(node_count: int) -> ReferenceGraph:
    return ReferenceGraph(
        node_count,
        np.arange(node_count + 1, dtype=np.int64),
        np.roll(np.arange(node_count, dtype=np.int32), -1),
    )


@each_seed
def test_components_are_those_of_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    within = rng.random(graph.node_count) < 0.8
    found = strong_components(graph, within=within)
    part = networkx_of(graph).subgraph(np.flatnonzero(within).tolist())
    expected = sorted(nx.strongly_connected_components(part), key=min)
    members = [
        set(np.flatnonzero(found.component_by_node == component).tolist())
        for component in range(len(found.node_count_by_component))
    ]
    assert members == expected
    assert found.node_count_by_component.tolist() == [len(component) for component in expected]
    assert (found.component_by_node[~within] == NO_COMPONENT).all()
    assert found.is_cyclic_by_component.tolist() == [
        not nx.is_directed_acyclic_graph(part.subgraph(component)) for component in expected
    ]


def cycles_through(graph: ReferenceGraph, node: int, within: set[int]) -> list[list[int]]:
    """List every way from a node back to itself that meets no node twice."""
    pairs = pairs_of(graph)
    closed: list[list[int]] = []
    open_ways: list[list[int]] = [[]]
    while open_ways:
        way = open_ways.pop()
        at = pairs[way[-1]][1] if way else node
        met = {pairs[edge][0] for edge in way}
        for edge, (referrer, referent) in enumerate(pairs):
            if referrer == at and referent == node:
                closed.append([*way, edge])
            elif referrer == at and referent in within and referent not in met:
                open_ways.append([*way, edge])
    return closed


@each_seed
def test_of_the_shortest_cycles_the_smallest_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, most_nodes=8)
    labels = rng.integers(0, 2, graph.edge_count).astype(np.int32)
    within = rng.random(graph.node_count) < 0.9
    allowed = set(np.flatnonzero(within).tolist())
    for node in range(graph.node_count):
        cycles = cycles_through(graph, node, allowed - {node})
        expected = min(
            cycles,
            key=lambda cycle: (len(cycle), [(labels[edge], edge) for edge in cycle]),
            default=None,
        )
        found = shortest_cycle_through(graph, node, within=within, label_by_edge=labels)
        assert found == expected


def test_without_labels_the_smallest_edges_win() -> None:
    graph = graph_of(3, [(0, 2), (0, 1), (1, 0), (2, 0), (2, 0)])
    assert shortest_cycle_through(graph, 0, within=everything(graph)) == [0, 3]


def test_an_object_that_refers_to_itself_is_a_cycle_of_one() -> None:
    graph = graph_of(2, [(0, 0), (0, 1)])
    found = strong_components(graph, within=everything(graph))
    assert found.is_cyclic_by_component.tolist() == [True, False]
    assert shortest_cycle_through(graph, 0, within=everything(graph)) == [0]
    assert shortest_cycle_through(graph, 1, within=everything(graph)) is None


def test_parallel_edges_side_by_side_are_one_way() -> None:
    graph = graph_of(3, [(0, 1), (0, 1), (1, 0), (1, 0), (1, 2), (1, 2)])
    found = strong_components(graph, within=everything(graph))
    assert found.component_by_node.tolist() == [0, 0, 1]


def test_no_part_has_no_components() -> None:
    graph = graph_of(2, [(0, 1), (1, 0)])
    found = strong_components(graph, within=np.zeros(2, dtype=np.bool_))
    assert found.component_by_node.tolist() == [NO_COMPONENT, NO_COMPONENT]
    assert found.node_count_by_component.tolist() == []


def test_documented_types_hold() -> None:
    graph = ring(3)
    found = strong_components(graph, within=everything(graph))
    assert found.component_by_node.dtype == np.int32
    assert found.node_count_by_component.dtype == np.int64
    assert found.is_cyclic_by_component.dtype == np.bool_


def test_depth_is_no_obstacle() -> None:
    graph = ring(50_000)
    found = strong_components(graph, within=everything(graph))
    assert found.node_count_by_component.tolist() == [50_000]
    expected = [*range(7, 50_000), *range(7)]
    assert shortest_cycle_through(graph, 7, within=everything(graph)) == expected
    lone = strong_components(linked_list(50_000), within=everything(graph))
    assert lone.component_by_node.tolist() == list(range(50_000))
