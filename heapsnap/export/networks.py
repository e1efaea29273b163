"""A part of the heap as a graph for networkx, and as GraphML for Gephi, yEd, igraph, Neo4j.

The whole heap is too much for both: what is taken is the surroundings of some objects.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from heapsnap.analysis.chains.describe import chain_to, name_of_reference, text_of_node
from heapsnap.analysis.heap.find import find_nodes
from heapsnap.analysis.heap.places import Places

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import Snapshot

MOST_OBJECTS = 20
MOST_NODES = 2000
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_networkx(
    snapshot: Snapshot,
    name: str,
    *,
    depth: int = 2,
    most: int = MOST_OBJECTS,
    most_nodes: int = MOST_NODES,
) -> nx.MultiDiGraph[int]:
    """The surroundings of some objects: their chains from the roots, and what they refer to.

    Args:
        snapshot: What ``heapsnap.load`` returns.
        name: A type, ``0x`` and an address, or an object's own name, as ``heapsnap refs`` takes it.
        depth: How many references to follow from the objects.
        most: How many of the objects to start from.
        most_nodes: Where to stop.

    Returns:
        Nodes are node numbers, with ``type``, ``text``, ``shallow_bytes``, ``verdict`` and
        ``is_start``; edges have ``name``.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
    """
    heap = Places(snapshot)
    starts = find_nodes(snapshot, name)[:most]
    nodes = _surroundings(heap, starts, depth, most_nodes)
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    is_start = set(starts.tolist())
    for node in nodes.tolist():
        kind = snapshot.types[int(snapshot.type_by_node[node])]
        graph.add_node(
            node,
            type=kind.full_name,
            text=text_of_node(heap, node),
            shallow_bytes=int(snapshot.shallow_bytes_by_node[node]),
            verdict=heap.verdict_of(node),
            is_start=node in is_start,
        )
    edges, referrers = heap.graph.edges_of(nodes)
    referents = heap.graph.referent_by_edge[edges]
    inside = np.isin(referents, nodes)
    for edge, referrer, referent in zip(
        edges[inside].tolist(), referrers[inside].tolist(), referents[inside].tolist(), strict=True
    ):
        graph.add_edge(referrer, referent, name=name_of_reference(heap, edge))
    return graph


def _surroundings(
    heap: Places, starts: NDArray[np.int64], depth: int, most_nodes: int
) -> NDArray[np.int32]:
    """``(k,) int32``, ascending: chains to the starts, then level by level what they refer to."""
    chosen: dict[int, None] = dict.fromkeys(starts.tolist())
    for start in starts.tolist():
        chain = chain_to(heap, start)
        chosen.update(dict.fromkeys(heap.graph.referrer_by_edge[chain].tolist()))
    level = starts.astype(np.int32)
    for _ in range(depth):
        edges, _ = heap.graph.edges_of(level)
        level = np.unique(heap.graph.referent_by_edge[edges])
        chosen.update(dict.fromkeys(level[: max(0, most_nodes - len(chosen))].tolist()))
    return np.array(sorted(list(chosen)[:most_nodes]), dtype=np.int32)


def write_graphml(heap: Places, name: str, target: Path) -> None:
    """Write the surroundings of some objects as GraphML.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
    """
    graph = to_networkx(heap.snapshot, name)
    for _, facts in graph.nodes(data=True):
        facts["type"], facts["text"] = _for_xml(facts["type"]), _for_xml(facts["text"])
    for _, _, facts in graph.edges(data=True):
        facts["name"] = _for_xml(facts["name"])
    nx.write_graphml(graph, target)


def _for_xml(text: str) -> str:
    r"""The same without what no XML can hold, which is written as in Python: ``\x1b``."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
