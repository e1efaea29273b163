"""Dominators against taking each node away, and against networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest

from heapsnap.graph import climbing
from heapsnap.graph import dominators as dominators_module
from heapsnap.graph.dominators import dominator_tree
from heapsnap.graph.subtrees import DominatorTree, Subtrees
from heapsnap.snapshot.model import NO_NODE
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
    from numpy.typing import NDArray

    from heapsnap.graph.references import ReferenceGraph


def retained_bytes(tree: DominatorTree, shallow: NDArray[np.int64]) -> NDArray[np.int64]:
    return Subtrees.of_tree(tree).sums(shallow)


@pytest.fixture(
    params=[
        (256, 99, 256, 24),
        (1, 99, 256, 24),
        (1, 2, 256, 24),
        (256, 1, 1, 24),
        (1, 3, 0, 24),
        (256, 99, 256, 0),
        (1, 2, 256, 1),
        (256, 99, 256, None),
        (256, 0, 256, 24),
    ],
    ids=[
        "not peeled",
        "peeled",
        "some popular",
        "all popular",
        "leaves too far",
        "not climbed",
        "climbed for one round",
        "climbed by single steps",
        "many shared",
    ],
)
def _peeling(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small graphs go through the algorithm as a whole, and reduced as far as it goes."""
    monkeypatch.setattr(dominators_module, "FEWEST_PEELED", request.param[0])
    monkeypatch.setattr(dominators_module, "SHARED_SHARE", 1 if request.param[1] else 0)
    monkeypatch.setattr(dominators_module, "LEAST_POPULAR", request.param[1] or 99)
    monkeypatch.setattr(dominators_module, "MOST_STEPS", request.param[2])
    rounds = request.param[3]
    monkeypatch.setattr(climbing, "MOST_ROUNDS", 999 if rounds is None else rounds)
    if rounds is None:
        monkeypatch.setattr(climbing, "STEPS_A_ROUND", 1)


def reached_without(graph: ReferenceGraph, roots: list[int], removed: int) -> set[int]:
    pairs = pairs_of(graph)
    reached = set(roots) - {removed}
    while more := {b for a, b in pairs if a in reached and b != removed} - reached:
        reached |= more
    return reached


def slow_dominators(graph: ReferenceGraph, roots: list[int]) -> list[int]:
    """Of the nodes whose removal cuts a node off, the one that all the others cut off too."""
    virtual_root = graph.node_count
    everything = reached_without(graph, roots, removed=NO_NODE)
    cut_off = {
        node: everything - reached_without(graph, roots, removed=node) - {node}
        for node in everything
    }
    dominators = [NO_NODE] * (graph.node_count + 1)
    for node in everything:
        strict = [other for other in everything if node in cut_off[other]]
        dominators[node] = max(
            strict, key=lambda other: sum(other in cut_off[o] for o in strict), default=virtual_root
        )
    return dominators


@pytest.mark.usefixtures("_peeling")
@each_seed
def test_dominators_cut_off_what_they_dominate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    roots = random_nodes(rng, graph)
    found = dominator_tree(graph, roots)
    assert found.dominator_by_node.tolist() == slow_dominators(graph, roots.tolist())


@pytest.mark.usefixtures("_peeling")
@each_seed
def test_dominators_are_those_of_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, most_nodes=60)
    roots = random_nodes(rng, graph)
    picture = networkx_of(graph)
    virtual_root = graph.node_count
    picture.add_node(virtual_root)
    picture.add_edges_from((virtual_root, root) for root in roots.tolist())
    expected = dict(nx.immediate_dominators(picture, virtual_root))
    expected[virtual_root] = NO_NODE  # networkx: absent, None or the node itself, by version
    found = dominator_tree(graph, roots)
    every = range(graph.node_count + 1)
    assert found.dominator_by_node.tolist() == [expected.get(node, NO_NODE) for node in every]


@pytest.mark.usefixtures("_peeling")
@each_seed
def test_retained_bytes_are_those_that_go_with_the_node(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    roots = random_nodes(rng, graph)
    shallow = rng.integers(1, 100, graph.node_count).astype(np.int64)
    found = retained_bytes(dominator_tree(graph, roots), shallow)
    everything = reached_without(graph, roots.tolist(), removed=NO_NODE)
    for node in range(graph.node_count):
        gone = everything - reached_without(graph, roots.tolist(), removed=node)
        assert found[node] == sum(shallow[other] for other in gone)
    assert found[graph.node_count] == sum(shallow[other] for other in everything)


@pytest.mark.usefixtures("_peeling")
@each_seed
def test_each_reached_node_is_listed_once_after_its_dominator(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    found = dominator_tree(graph, random_nodes(rng, graph))
    order = found.nodes_top_down.tolist()
    assert order[0] == graph.node_count
    assert sorted(order[1:]) == np.flatnonzero(found.dominator_by_node != NO_NODE).tolist()
    for node in order[1:]:
        assert order.index(found.dominator_by_node[node]) < order.index(node)


def test_a_walk_breadth_first_would_name_the_wrong_dominator() -> None:
    #     root → a, d    a → b, c    d → e → b → c: neither a nor b is on every path to c
    root, a, b, c, d, e = range(6)
    graph = graph_of(6, [(root, a), (root, d), (a, b), (a, c), (d, e), (e, b), (b, c)])
    found = dominator_tree(graph, np.array([root]))
    assert found.dominator_by_node[c] == root


def test_no_roots_dominate_nothing() -> None:
    found = dominator_tree(graph_of(2, [(0, 1)]), np.array([], dtype=np.int32))
    assert found.dominator_by_node.tolist() == [NO_NODE, NO_NODE, NO_NODE]
    assert retained_bytes(found, np.array([5, 7])).tolist() == [0, 0, 0]


def test_documented_types_hold() -> None:
    found: DominatorTree = dominator_tree(graph_of(2, [(0, 1)]), np.array([0]))
    assert found.dominator_by_node.dtype == np.int32
    assert found.nodes_top_down.dtype == np.int32
    assert retained_bytes(found, np.array([5, 7])).dtype == np.int64


def test_a_root_that_is_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 to 1"):
        dominator_tree(graph_of(2, [(0, 1)]), np.array([2]))


def test_depth_and_width_are_no_obstacle() -> None:
    deep = dominator_tree(linked_list(50_000), np.array([0]))
    assert deep.dominator_by_node.tolist() == [50_000, *range(49_999), NO_NODE]
    assert retained_bytes(deep, np.ones(50_000, dtype=np.int64))[0] == 50_000
    wide = dominator_tree(star(50_000), np.array([0]))
    assert wide.dominator_by_node.tolist() == [50_000, *[0] * 49_999, NO_NODE]
