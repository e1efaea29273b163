"""The chosen paths and their signatures, against sequences written out in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import networkx as nx
import numpy as np
import pytest

from heapsnap.graph import paths as paths_module
from heapsnap.graph import single_file
from heapsnap.graph.levels import LevelResult, levels
from heapsnap.graph.paths import CanonicalPaths, canonical_parents, find_chain
from heapsnap.graph.references import NO_EDGE, ReferenceGraph
from heapsnap.graph.signatures import NO_SIGNATURE
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

Sequence: TypeAlias = tuple[tuple[int, ...], ...]
"""A path written out: ``(-1, root label, node label)``, then ``(edge label, node label)``s."""


@pytest.fixture(
    params=[(96, 256, 99), (0, 256, 99), (0, 256, 2), (3, 256, 3), (96, 1, 99), (3, 2, 2)],
    ids=["narrow", "wide", "blocks", "mixed", "single file", "all"],
)
def _step_width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths_module, "NARROW_CANDIDATES", request.param[0])
    monkeypatch.setattr(single_file, "SHORTEST", request.param[1])
    monkeypatch.setattr(paths_module, "BLOCK_LENGTH", request.param[2])


@dataclass(frozen=True)
class Case:
    """A labelled graph and what is found in it."""

    graph: ReferenceGraph
    levels: LevelResult
    edge_labels: np.typing.NDArray[np.int32]
    node_labels: np.typing.NDArray[np.int32]
    root_labels: np.typing.NDArray[np.int32]

    def find(self) -> CanonicalPaths:
        return canonical_parents(
            self.graph,
            self.levels,
            label_by_edge=self.edge_labels,
            label_by_node=self.node_labels,
            root_label_by_node=self.root_labels,
        )


def random_case(seed: int) -> Case:
    """Few labels, so that runs, ties and equal signatures abound."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, most_nodes=24)
    groups = [random_nodes(rng, graph), random_nodes(rng, graph)]
    late = rng.random(graph.edge_count) < rng.random() / 2
    label_count = int(rng.integers(1, 4))
    return Case(
        graph,
        levels(graph, groups, late_by_edge=late),
        rng.integers(0, label_count, graph.edge_count).astype(np.int32),
        rng.integers(0, label_count, graph.node_count).astype(np.int32),
        rng.integers(0, 2, graph.node_count).astype(np.int32),
    )


def collapsed(sequence: Sequence) -> Sequence:
    """Drop the last steps where they repeat those before them; the root is no step."""
    for period in (1, 2, 3):
        last, before = sequence[-period:], sequence[-2 * period : -period]
        if len(sequence) > 2 * period and last == before:
            return sequence[:-period]
    return sequence


def slow_paths(case: Case) -> tuple[dict[int, Sequence], dict[int, int], list[Sequence]]:
    """Sequence and parent edge of each reached node, and all sequences in their order."""
    pairs = pairs_of(case.graph)
    sequence_of: dict[int, Sequence] = {}
    parent_edge: dict[int, int] = {}
    rank: dict[Sequence, int] = {}
    level_of = case.levels.level_by_node.tolist()
    for level in range(max(level_of) + 1):
        new: dict[tuple[int, ...], Sequence] = {}
        for node in [node for node in range(len(level_of)) if level_of[node] == level]:
            incoming = [
                edge
                for edge, pair in enumerate(pairs)
                if pair[1] == node and case.levels.is_candidate_by_edge[edge]
            ]
            node_label = int(case.node_labels[node])
            if not incoming:
                root_label = int(case.root_labels[node])
                sequence_of[node] = ((-1, root_label, node_label),)
                new[root_label, node_label] = sequence_of[node]
                parent_edge[node] = NO_EDGE
                continue
            parent_rank, edge_label, edge = min(
                (rank[sequence_of[pairs[edge][0]]], int(case.edge_labels[edge]), edge)
                for edge in incoming
            )
            parent_edge[node] = edge
            above = sequence_of[pairs[edge][0]]
            sequence_of[node] = collapsed((*above, (edge_label, node_label)))
            new[parent_rank, edge_label, node_label] = sequence_of[node]
        for key in sorted(new):
            rank.setdefault(new[key], len(rank))
    return sequence_of, parent_edge, list(rank)


def sequences_of(found: CanonicalPaths) -> list[Sequence]:
    """Write out the signature table."""
    table = found.signatures
    sequences: list[Sequence] = []
    for parent, edge_label, node_label in zip(
        table.parent_by_signature.tolist(),
        table.edge_label_by_signature.tolist(),
        table.node_label_by_signature.tolist(),
        strict=True,
    ):
        if parent == NO_SIGNATURE:
            sequences.append(((-1, edge_label, node_label),))
        else:
            sequences.append((*sequences[parent], (edge_label, node_label)))
    return sequences


@pytest.mark.usefixtures("_step_width")
@each_seed
def test_signatures_and_parents_follow_the_definition(seed: int) -> None:
    case = random_case(seed)
    found = case.find()
    sequence_of, parent_edge, in_order = slow_paths(case)
    every = range(case.graph.node_count)
    assert sequences_of(found) == in_order
    assert found.signature_by_node.tolist() == [
        in_order.index(sequence_of[node]) if node in sequence_of else NO_SIGNATURE for node in every
    ]
    assert found.parent_edge_by_node.tolist() == [parent_edge.get(node, NO_EDGE) for node in every]


@each_seed
def test_equal_signatures_mean_paths_that_read_the_same(seed: int) -> None:
    case = random_case(seed)
    found = case.find()
    pairs = pairs_of(case.graph)
    sequences = sequences_of(found)
    assert len(set(sequences)) == len(sequences)
    for node in case.levels.node_by_position.tolist():
        chain = find_chain(case.graph, found.parent_edge_by_node, node)
        root = pairs[chain[0]][0] if chain else node
        read: Sequence = ((-1, int(case.root_labels[root]), int(case.node_labels[root])),)
        at = root
        for edge in chain:
            assert pairs[edge][0] == at
            at = pairs[edge][1]
            read = collapsed((*read, (int(case.edge_labels[edge]), int(case.node_labels[at]))))
        assert at == node
        assert sequences[found.signature_by_node[node]] == read


@each_seed
def test_the_numbers_of_nodes_and_edges_change_no_signature(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pair_count, node_count = int(rng.integers(1, 40)), 16
    pairs = [tuple(pair) for pair in rng.integers(0, node_count, (pair_count, 2)).tolist()]
    labels = rng.integers(0, 3, pair_count).tolist()
    node_labels = rng.integers(0, 2, node_count).astype(np.int32)

    def find(order: list[int], rename: list[int]) -> tuple[list[Sequence], list[int]]:
        renamed = [(rename[pairs[i][0]], rename[pairs[i][1]], labels[i]) for i in order]
        renamed.sort(key=lambda row: row[0])
        graph = graph_of(node_count, [row[:2] for row in renamed])
        new_node_labels = np.empty(node_count, dtype=np.int32)
        new_node_labels[rename] = node_labels
        roots = np.array([rename[0], rename[1]], dtype=np.int32)
        found = Case(
            graph,
            levels(graph, [roots]),
            np.array([row[2] for row in renamed], dtype=np.int32),
            new_node_labels,
            np.zeros(node_count, dtype=np.int32),
        ).find()
        return sequences_of(found), found.signature_by_node[rename].tolist()

    plain = find(list(range(pair_count)), list(range(node_count)))
    shuffled = find(rng.permutation(pair_count).tolist(), rng.permutation(node_count).tolist())
    assert shuffled == plain


@each_seed
def test_chains_are_as_short_as_those_of_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    root = int(rng.integers(0, graph.node_count))
    case = labelled(graph, root)
    found = case.find()
    for node, distance in nx.single_source_shortest_path_length(networkx_of(graph), root).items():
        assert len(find_chain(graph, found.parent_edge_by_node, node)) == distance


def labelled(graph: ReferenceGraph, *roots: int, edge_labels: list[int] | None = None) -> Case:
    """A case with one group of roots, all nodes labelled 0, all edges too unless given."""
    edge_count, node_count = graph.edge_count, graph.node_count
    return Case(
        graph,
        levels(graph, [np.array(roots, dtype=np.int32)]),
        np.array(edge_labels or [0] * edge_count, dtype=np.int32),
        np.zeros(node_count, dtype=np.int32),
        np.zeros(node_count, dtype=np.int32),
    )


@pytest.mark.parametrize(
    ("edge_labels", "signatures"),
    [
        ([7, 1, 1, 1, 1], [0, 1, 2, 2, 2, 2]),
        ([7, 1, 2, 1, 2, 1, 2], [0, 1, 2, 3, 4, 3, 4, 3]),
        ([7, 1, 2, 3, 1, 2, 3, 1], [0, 1, 2, 3, 4, 5, 6, 4, 5]),
        ([1, 2, 3, 4, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ],
    ids=["period 1", "period 2", "period 3", "no period up to 3"],
)
@pytest.mark.usefixtures("_step_width")
def test_runs_collapse(edge_labels: list[int], signatures: list[int]) -> None:
    graph = linked_list(len(edge_labels) + 1)
    found = labelled(graph, 0, edge_labels=edge_labels).find()
    assert found.signature_by_node.tolist() == signatures


def test_what_hangs_on_a_linked_list_wears_one_signature() -> None:
    #     0 -> 1 -> 2 -> 3 -> 4, each of 1 … 4 with a value: 5 … 8
    pairs = [(0, 1), (1, 2), (1, 5), (2, 3), (2, 6), (3, 4), (3, 7), (4, 8)]
    found = labelled(graph_of(9, pairs), 0, edge_labels=[9, 1, 2, 1, 2, 1, 2, 2]).find()
    signatures = found.signature_by_node.tolist()
    assert signatures[2] == signatures[3] == signatures[4]
    assert signatures[6] == signatures[7] == signatures[8] != signatures[5]


def test_the_smaller_label_wins_and_then_the_smaller_edge() -> None:
    graph = graph_of(4, [(0, 1), (0, 2), (1, 3), (2, 3), (2, 3)])
    assert labelled(graph, 0, edge_labels=[1, 0, 0, 0, 0]).find().parent_edge_by_node[3] == 3
    assert labelled(graph, 0, edge_labels=[0, 0, 1, 0, 0]).find().parent_edge_by_node[3] == 3
    assert labelled(graph, 0, edge_labels=[0, 0, 0, 0, 0]).find().parent_edge_by_node[3] == 2


def test_nothing_reached_is_no_signature() -> None:
    found = labelled(graph_of(2, [(0, 1)])).find()
    assert found.signature_by_node.tolist() == [NO_SIGNATURE, NO_SIGNATURE]
    assert len(found.signatures) == 0


def test_documented_types_hold() -> None:
    found = labelled(graph_of(2, [(0, 1)]), 0).find()
    table = found.signatures
    assert found.signature_by_node.dtype == np.int32
    assert found.parent_edge_by_node.dtype == np.int32
    assert table.parent_by_signature.dtype == np.int32
    assert table.edge_label_by_signature.dtype == np.int32
    assert table.node_label_by_signature.dtype == np.int32


def test_a_long_list_and_a_wide_star_wear_few_signatures() -> None:
    deep = labelled(linked_list(50_000), 0).find()
    assert len(deep.signatures) == 2
    assert deep.signature_by_node.tolist() == [0] + [1] * 49_999
    assert len(labelled(star(50_000), 0).find().signatures) == 2
