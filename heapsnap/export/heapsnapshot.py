"""A snapshot as V8 writes them: for the Memory panel of Chrome's DevTools, and for memlab.

Owns the document: header, order of the arrays, numbers as text. What an object and a reference
are called there is the business of ``heapsnapshot_names``, what holds the heap that of
``heapsnapshot_roots``.

References:
    ``front_end/entrypoints/heap_snapshot_worker/HeapSnapshotLoader.ts`` of the DevTools front end,
    ``packages/core/src/lib/HeapParser.ts`` of memlab, ``src/profiler/heap-snapshot-generator.cc``
    of V8.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import orjson

from heapsnap.export.heapsnapshot_names import EDGE_TYPES, NODE_TYPES, name_edges, name_nodes
from heapsnap.export.heapsnapshot_roots import root_nodes
from heapsnap.export.strings import Strings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.export.heapsnapshot_roots import SyntheticNode
    from heapsnap.export.object_ids import ObjectIds

META = {
    "node_fields": [
        "type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness",
    ],
    "node_types": [list(NODE_TYPES), "string", "number", "number", "number", "number", "number"],
    "edge_fields": ["type", "name_or_index", "to_node"],
    "edge_types": [list(EDGE_TYPES), "string_or_number", "node"],
    "location_fields": ["object_index", "script_id", "line", "column"],
}  # fmt: skip
STRIDE = 7
LARGEST = 2**32 - 1
"""Readers keep sizes in 32 bits."""
ROWS = 1 << 16
"""Rows that are turned into text at a time."""


def write_heapsnapshot(heap: Places, ids: ObjectIds, target: Path) -> None:
    """Write a snapshot as V8 would.

    Args:
        heap: The snapshot with its verdicts.
        ids: Of the series of snapshots that it belongs to.
        target: The file, which is replaced.
    """
    document = _Document.of_heap(heap, ids)
    with target.open("wb") as file:
        document.write(file)


@dataclass(frozen=True, eq=False)
class _Document:
    """The parts of the document: synthetic nodes first, then objects, then rests of large ones.

    ``node_columns``: type, name, id, size, number of edges, each ``(n,) int64``. ``rest_bytes``:
    pairs of a node and the bytes beyond what 32 bits hold, ascending by node.
    """

    heap: Places
    synthetic: list[SyntheticNode]
    node_columns: tuple[NDArray[np.int64], ...]
    rest_bytes: list[tuple[int, int]]
    strings: Strings
    ids: ObjectIds

    @classmethod
    def of_heap(cls, heap: Places, ids: ObjectIds) -> _Document:
        snapshot = heap.snapshot
        strings = Strings("<dummy>")
        synthetic = root_nodes(heap)
        for node in synthetic:
            ids.of_text(node.key)  # before the objects: the root is 1, (GC roots) 3
        kinds, names = name_nodes(heap, strings)
        sizes = snapshot.shallow_bytes_by_node
        object_ids = ids.of_objects(snapshot)
        degrees = np.diff(heap.graph.first_edge_by_node)
        large = np.flatnonzero(sizes > LARGEST).tolist()
        rests = [(node, int(sizes[node]) - LARGEST) for node in large]
        columns = (kinds, names, object_ids, np.minimum(sizes, LARGEST), degrees)
        return cls(heap, synthetic, columns, rests, strings, ids)

    @property
    def first_object(self) -> int:
        """The number of node 0 of the snapshot in this document."""
        return len(self.synthetic)

    def write(self, file: BinaryIO) -> None:
        node_count = self.first_object + self.heap.snapshot.node_count + len(self.rest_bytes)
        root_edges = sum(len(node.edges) for node in self.synthetic)
        edge_count = root_edges + self.heap.snapshot.edge_count + len(self.rest_bytes)
        header = self.heap.snapshot.header
        about = {
            "meta": META,
            "node_count": node_count,
            "edge_count": edge_count,
            "trace_function_count": 0,
            "heapsnap": {"pid": header["pid"], "python": header["python"], "time": header["time"]},
        }
        file.write(b'{"snapshot":' + json.dumps(about, separators=(",", ":")).encode())
        file.write(b',\n"nodes":[')
        _write_rows(file, self._node_rows())
        file.write(b'],\n"edges":[')
        _write_rows(file, self._edge_rows())
        file.write(b'],\n"locations":[],\n"strings":')
        # ASCII, and the last array: one reader cuts the file into pieces at any byte, another takes
        # what follows the last bracket for a part of it.
        file.write(json.dumps(self.strings.texts, ensure_ascii=True).encode())
        file.write(b"}\n")

    def _node_rows(self) -> Iterator[NDArray[np.int64]]:
        synthetic = NODE_TYPES.index("synthetic")
        rows = [
            (
                synthetic,
                self.strings.number(node.name),
                self.ids.of_text(node.key),
                0,
                len(node.edges),
                0,
                0,
            )
            for node in self.synthetic
        ]
        yield np.array(rows, dtype=np.int64)
        kinds, names, ids, sizes, degrees = self.node_columns
        degrees = degrees.copy()
        degrees[[node for node, _ in self.rest_bytes]] += 1
        for start in range(0, len(ids), ROWS):
            part = slice(start, start + ROWS)
            block = np.zeros((len(ids[part]), STRIDE), dtype=np.int64)
            for column, values in enumerate((kinds, names, ids, sizes, degrees)):
                block[:, column] = values[part]
            yield block
        native, name = NODE_TYPES.index("native"), self.strings.number("rest of a large object")
        # Even ids: what lies outside of the heap.
        rests = [
            (native, name, 2 * (number + 1), min(size, LARGEST), 0, 0, 0)
            for number, (_, size) in enumerate(self.rest_bytes)
        ]
        if rests:
            yield np.array(rests, dtype=np.int64)

    def _edge_rows(self) -> Iterator[NDArray[np.int64]]:
        rows = [
            (
                EDGE_TYPES.index(edge.kind),
                self.strings.number(edge.name) if isinstance(edge.name, str) else edge.name,
                STRIDE * (edge.node + (self.first_object if edge.is_object else 0)),
            )
            for node in self.synthetic
            for edge in node.edges
        ]
        yield np.array(rows, dtype=np.int64).reshape(-1, 3)
        kinds, names = name_edges(self.heap, self.strings)
        referents = self.heap.snapshot.referent_by_edge
        first_edge = self.heap.graph.first_edge_by_node
        rest = EDGE_TYPES.index("internal"), self.strings.number("rest")
        first_rest = self.first_object + self.heap.snapshot.node_count
        start = 0
        ends = [
            (int(first_edge[node + 1]), number) for number, (node, _) in enumerate(self.rest_bytes)
        ]
        for end, number in [*ends, (len(referents), None)]:
            for position in range(start, end, ROWS):
                part = slice(position, min(position + ROWS, end))
                block = np.empty((len(referents[part]), 3), dtype=np.int64)
                block[:, 0], block[:, 1] = kinds[part], names[part]
                block[:, 2] = STRIDE * (referents[part].astype(np.int64) + self.first_object)
                yield block
            if number is not None:
                yield np.array([(*rest, STRIDE * (first_rest + number))], dtype=np.int64)
            start = end


def _write_rows(file: BinaryIO, blocks: Iterator[NDArray[np.int64]]) -> None:
    is_first = True
    for block in blocks:
        if block.size == 0:
            continue
        file.write(b"" if is_first else b",\n")
        is_first = False
        file.write(orjson.dumps(block.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1])
