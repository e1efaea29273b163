"""A snapshot as five tables: objects, refs, types, roots, paths.

Owns their columns, which ``docs/exports.md`` lists. Arrow holds them: pandas, polars, DuckDB and
Parquet all take it as it is. Reference rows are called ``refs``, since SQL keeps the word
``references`` for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.labels import ATTRIBUTES
from heapsnap.analysis.heap.places import VERDICT_TEXTS
from heapsnap.export.extras import require
from heapsnap.graph.signatures import NO_SIGNATURE
from heapsnap.graph.verdicts import Verdict
from heapsnap.snapshot.model import NO_COUNT, NO_NODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places

LONGEST_PATH = 500
"""Letters of a path's text that are kept; a list of lists of lists has no end of them."""


def arrow_table(heap: Places, name: str) -> pa.Table:
    """One of the tables.

    Args:
        heap: The snapshot.
        name: One of ``TABLES``.

    Raises:
        ExportError: pyarrow is not installed.
        ValueError: There is no such table.
    """
    if name not in TABLES:
        message = f"there is no table {name!r}: expected {', '.join(TABLES)}"
        raise ValueError(message)
    return TABLES[name](heap)


def _objects(heap: Places) -> pa.Table:
    arrow = require("pyarrow")
    snapshot, paths = heap.snapshot, heap.paths
    count = snapshot.node_count
    refcounts = np.full(count, NO_COUNT, dtype=np.int64)
    refcounts[: snapshot.container_count] = snapshot.refcount_by_node
    is_tracked = np.zeros(count, dtype=np.bool_)
    is_tracked[: snapshot.container_count] = snapshot.is_tracked_by_node
    # A root's edge is -1 and reads the last cell.
    holders = np.append(heap.graph.referrer_by_edge, np.int32(NO_NODE))[paths.parent_edge_by_node]
    verdicts = [VERDICT_TEXTS[verdict] for verdict in Verdict]
    return arrow.table(
        {
            "node": np.arange(count, dtype=np.int32),
            "address": snapshot.address_by_node,
            "type": _dictionary(heap.type_label_by_node, heap.type_texts),
            "name": _texts([snapshot.name_by_node.get(node) for node in range(count)]),
            "shallow_bytes": snapshot.shallow_bytes_by_node,
            "refcount": arrow.array(refcounts, mask=refcounts == NO_COUNT),
            "is_tracked": is_tracked,
            "verdict": _dictionary(heap.verdicts.verdict_by_node.astype(np.int32), verdicts),
            "path": arrow.array(
                paths.signature_by_node, mask=paths.signature_by_node == NO_SIGNATURE
            ),
            "held_by": arrow.array(holders, mask=holders == NO_NODE),
        }
    )


def _refs(heap: Places) -> pa.Table:
    arrow = require("pyarrow")
    snapshot = heap.snapshot
    return arrow.table(
        {
            "referrer": heap.graph.referrer_by_edge,
            "referent": snapshot.referent_by_edge,
            "name": _dictionary(snapshot.name_by_edge, snapshot.edge_names),
        }
    )


def _types(heap: Places) -> pa.Table:
    arrow = require("pyarrow")
    labels, width = heap.type_label_by_node, len(heap.type_texts)
    counts = np.bincount(labels, minlength=width)
    # float64 adds up exactly to 2**53 bytes.
    sizes = np.bincount(labels, weights=heap.snapshot.shallow_bytes_by_node, minlength=width)
    classes: dict[str, list[int]] = {text: [] for text in heap.type_texts}
    for number, kind in enumerate(heap.snapshot.types):
        classes[kind.full_name].append(number)
    firsts = [heap.snapshot.types[numbers[0]] for numbers in classes.values()]
    return arrow.table(
        {
            "type": _texts(heap.type_texts),
            "module": _texts([kind.module for kind in firsts]),
            "qualname": _texts([kind.qualname for kind in firsts]),
            "layout": _texts([kind.layout for kind in firsts]),
            "classes": np.array([len(numbers) for numbers in classes.values()], dtype=np.int32),
            "count": counts.astype(np.int64),
            "shallow_bytes": sizes.astype(np.int64),
        }
    )


def _roots(heap: Places) -> pa.Table:
    arrow = require("pyarrow")
    named, frames = heap.roots, heap.roots.frame_roots_by_node
    rows: list[tuple[object, ...]] = []
    for kind, roots in (("module", named.modules), ("interpreter", named.interpreter)):
        rows += [(n, kind, t, None, None, None, None) for n, t in roots.label_by_node.items()]
    for node, ways in frames.items():
        for way in ways:
            thread = way.thread.name or f"thread {way.thread.ident}"
            frame = way.frame
            where = (None,) * 3 if frame is None else (frame.function, frame.file, frame.line)
            rows.append((node, "frame", way.variable, thread, *where))
    held_from_c = np.flatnonzero(heap.verdicts.is_c_seed_by_node).tolist()
    rows += [(node, "c-held", None, None, None, None, None) for node in held_from_c]
    owners = heap.garbage_owners.tolist()
    rows += [(node, "garbage", None, None, None, None, None) for node in owners]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    return arrow.table(
        {
            "node": arrow.array(columns[0], arrow.int32()),
            "kind": arrow.array(columns[1], arrow.string()),
            "name": _texts(columns[2]),
            "thread": _texts(columns[3]),
            "function": _texts(columns[4]),
            "file": _texts(columns[5]),
            "line": arrow.array(columns[6], arrow.int32()),
        }
    )


def _paths(heap: Places) -> pa.Table:
    arrow = require("pyarrow")
    table = heap.paths.signatures
    parents = table.parent_by_signature
    labels, width = heap.paths.signature_by_node, len(parents)
    reached = labels != NO_SIGNATURE
    sizes = heap.snapshot.shallow_bytes_by_node[reached]
    references = [
        (heap.root_texts if parent == NO_SIGNATURE else heap.edge_labels.texts)[label]
        for parent, label in zip(
            parents.tolist(), table.edge_label_by_signature.tolist(), strict=True
        )
    ]
    return arrow.table(
        {
            "path": np.arange(width, dtype=np.int32),
            "text": _texts(_path_texts(parents.tolist(), references)),
            "parent": arrow.array(parents, mask=parents == NO_SIGNATURE),
            "reference": _texts(references),
            "type": _dictionary(table.node_label_by_signature, heap.type_texts),
            "count": np.bincount(labels[reached], minlength=width).astype(np.int64),
            "shallow_bytes": np.bincount(labels[reached], weights=sizes, minlength=width).astype(
                np.int64
            ),
        }
    )


def _path_texts(parents: Sequence[int], references: Sequence[str]) -> list[str]:
    """Each path in one line, ``obj.__dict__['x']`` read as ``obj.x``; parents come first."""
    texts: list[str] = []
    for parent, reference in zip(parents, references, strict=True):
        above = "" if parent == NO_SIGNATURE else texts[parent].removesuffix(ATTRIBUTES)
        text = above + reference
        texts.append(text if len(text) <= LONGEST_PATH else text[:LONGEST_PATH] + "…")
    return texts


def _dictionary(numbers: NDArray[np.int32], texts: Iterable[str]) -> pa.DictionaryArray:
    arrow = require("pyarrow")
    return arrow.DictionaryArray.from_arrays(arrow.array(numbers, arrow.int32()), _texts(texts))


def _texts(texts: Iterable[object]) -> pa.StringArray:
    """Texts as UTF-8 can hold them: a lone surrogate is written as in Python."""
    arrow = require("pyarrow")
    whole = [
        text.encode("utf-8", "backslashreplace").decode() if isinstance(text, str) else None
        for text in texts
    ]
    return arrow.array(whole, arrow.string())


TABLES = {
    "objects": _objects,
    "refs": _refs,
    "types": _types,
    "roots": _roots,
    "paths": _paths,
}
