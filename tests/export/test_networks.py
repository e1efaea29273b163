"""A part of the heap for networkx, and as GraphML, which igraph reads back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import heapsnap
from heapsnap.analysis.heap.places import Places
from heapsnap.errors import UnknownTypeError
from heapsnap.export.networks import write_graphml
from heapsnap.snapshot.reader import load
from tests.export.heaps_to_export import write_registry

if TYPE_CHECKING:
    from pathlib import Path


def test_the_chain_and_what_hangs_on_the_objects(tmp_path: Path) -> None:
    snapshot = heapsnap.load(write_registry(tmp_path / "b.json", 55))
    graph = snapshot.to_networkx("DictCursor", most=1)
    texts = [facts["text"] for _, facts in graph.nodes(data=True)]
    assert sorted(texts) == [
        "DictCursor", "Registry", "bound method", "dict", "dict", "module app",
    ]  # fmt: skip
    names = {facts["name"] for _, _, facts in graph.edges(data=True)}
    assert names == {".__dict__", "['REGISTRY']", ".cache", "[*]", ".fetch", ".__self__"}
    (start,) = [node for node, facts in graph.nodes(data=True) if facts["is_start"]]
    assert graph.nodes[start]["verdict"] == "rooted"


def test_igraph_reads_the_graphml_with_its_hostile_names(tmp_path: Path) -> None:
    igraph = pytest.importorskip("igraph", reason="igraph is not installed")
    heap = Places(load(write_registry(tmp_path / "b.json", 5)))
    write_graphml(heap, "Evil", tmp_path / "evil.graphml")
    graph = igraph.Graph.Read_GraphML(str(tmp_path / "evil.graphml"))
    assert (graph.vcount(), graph.ecount()) == (2, 1)
    assert set(graph.vs["text"]) == {"module evil", "Evil"}
    assert r"evil\x1b[2J" in graph.es[0]["name"]


def test_an_unknown_type_is_an_error(tmp_path: Path) -> None:
    snapshot = heapsnap.load(write_registry(tmp_path / "b.json", 5))
    with pytest.raises(UnknownTypeError):
        snapshot.to_networkx("DictCurso")
