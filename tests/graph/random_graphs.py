"""Small random reference graphs, and a second picture of each for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from heapsnap.graph.references import ReferenceGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SEEDS = range(300)


def each_seed(test: Callable[[int], None]) -> Callable[[], None]:
    """Run a test on every seed; of a failing one the traceback shows the seed.

    One test, not 300: pytest takes longer to set up a test than a small graph takes.
    """

    def run() -> None:
        for seed in SEEDS:
            test(seed)

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


def graph_of(node_count: int, pairs: Iterable[tuple[int, int]]) -> ReferenceGraph:
    """Build the graph whose edges are these (referrer, referent) pairs, sorted by referrer."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    first_edge_by_node = np.zeros(node_count + 1, dtype=np.int64)
    for referrer, _ in ordered:
        first_edge_by_node[referrer + 1 :] += 1
    referents = np.array([referent for _, referent in ordered], dtype=np.int32)
    return ReferenceGraph(node_count, first_edge_by_node, referents)


def random_graph(
    rng: np.random.Generator, *, most_nodes: int = 14, leaf_share: float = 0.3
) -> ReferenceGraph:
    """Draw a graph in which parallel edges, self-references, leaves and lone nodes occur."""
    node_count = int(rng.integers(1, most_nodes + 1))
    container_count = max(1, int(node_count * (1 - leaf_share * rng.random())))
    edge_count = int(rng.integers(0, 3 * node_count))
    referrers = rng.integers(0, container_count, edge_count).tolist()
    referents = rng.integers(0, node_count, edge_count).tolist()
    return graph_of(node_count, zip(referrers, referents, strict=True))


def random_nodes(
    rng: np.random.Generator, graph: ReferenceGraph, *, most: int = 3
) -> np.typing.NDArray[np.int32]:
    """Draw up to ``most`` nodes, repeats possible, none possible."""
    size = int(rng.integers(0, most + 1))
    return rng.integers(0, graph.node_count, size).astype(np.int32)


def pairs_of(graph: ReferenceGraph) -> list[tuple[int, int]]:
    """List (referrer, referent) by edge, read from the rows one at a time."""
    first = graph.first_edge_by_node.tolist()
    referents = graph.referent_by_edge.tolist()
    return [
        (node, referents[edge])
        for node in range(graph.node_count)
        for edge in range(first[node], first[node + 1])
    ]


def networkx_of(graph: ReferenceGraph) -> nx.MultiDiGraph[int]:
    """The same graph, edge numbers as keys."""
    picture: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    picture.add_nodes_from(range(graph.node_count))
    for edge, (referrer, referent) in enumerate(pairs_of(graph)):
        picture.add_edge(referrer, referent, key=edge)
    return picture


def linked_list(node_count: int) -> ReferenceGraph:
    """Node 0 → node 1 → … : as many levels as nodes."""
    first_edge_by_node = np.minimum(np.arange(node_count + 1), node_count - 1).astype(np.int64)
    return ReferenceGraph(node_count, first_edge_by_node, np.arange(1, node_count, dtype=np.int32))


def star(node_count: int) -> ReferenceGraph:
    """Node 0 → each other node: one level."""
    first_edge_by_node = np.full(node_count + 1, node_count - 1, dtype=np.int64)
    first_edge_by_node[0] = 0
    return ReferenceGraph(node_count, first_edge_by_node, np.arange(1, node_count, dtype=np.int32))
