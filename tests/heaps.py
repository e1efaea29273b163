"""Heaps written as pictures: the snapshots that all tests read.

    load_heap("root -> cache -> cursor", "root -> pool -> cursor")

**Objects.** A name is one object, wherever it is drawn: ``cursor``. Its type follows a
colon, once: ``cursor:DictCursor`` (of module ``app``), ``cursor:pymysql.cursors.DictCursor``;
``twin:DictCursor#2`` is of another class with the same name. Without a type it is a
``Thing``. A ``str``, ``int``, ... that refers to nothing is a leaf. ``cursor*3`` draws ``cursor0``,
``cursor1``, ``cursor2``; between two equal numbers the arrows go pairwise, else from each to each.

**References.** ``a -> b`` is unnamed (``?``); ``a -.x-> b``, ``cache -['k']-> cursor``,
``rows -[#]-> row*5`` are named as in ``docs/format.md``. The same arrow drawn in two
pictures is the same reference; references with different names are different ones.

**Roots.** ``module app -.CACHE-> cache`` draws a module and enters it in ``sys.modules``;
``root`` is short for a module of that name. What no root holds is garbage, unless ``extra`` says
otherwise. ``class DictCursor`` draws the class itself.

    load_heap(
        "root -.IDLE-> idle:list -[#]-> cursor*3:DictCursor",   # three idle cursors
        "loop:Connection -.cursor-> cursor9:DictCursor -.connection-> loop",   # garbage
        "held:Image -.pixels-> pixels:bytes",
        extra={"held": 1},                  # held from C: one reference that nobody explains
        sizes={"pixels": 4096, "cursor": 200},    # ``cursor`` stands for all of ``cursor*3``
        untracked=["held"],
        threads={"MainThread": ["main (app.py:3)", "handle (app.py:12) pool=idle job=loop"]},
        interpreter={"gc.garbage": "trash"},
    )

Reference counts are computed: arrows, plus the roots that name the object (modules, local
variables, ...), plus ``extra``. Addresses follow from the names alone: the same name has
the same address in every heap; ``node_of`` and ``labels_of`` translate.
"""

from __future__ import annotations

import re
import tempfile
import zlib
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heapsnap.snapshot.reader import load
from tests.documents import HEADER, pack, write_document
from tests.pictures import (
    BUILT_IN_TYPES,
    LEAF_TYPES,
    DrawnObject,
    full_label,
    parse_pictures,
    split_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heapsnap.snapshot.model import Snapshot

CONTAINER_BYTES = 64
LEAF_BYTES = 32

FRAME = re.compile(r"(\S+) \((.+):(\d+)\)((?: \w+=\S+)*)")


def heap(*pictures: str, path: Path, **keywords: Any) -> Path:
    """Write the drawn heap to ``path`` (gzipped if the name ends in ``.gz``) and return the path.

    Keywords: ``extra`` (references from C by name), ``sizes`` (bytes by name), ``names`` (own names
    by name), ``untracked`` and ``immortal`` (names), ``layouts`` (by type), ``threads`` (frames by
    thread, outermost first), ``exceptions`` and ``thread_locals`` (names by thread), ``interpreter``
    (names by name of the root), ``header`` (keys to replace), ``rows_per_chunk``.
    """
    return write_document(path, **draw(*pictures, **keywords))


def load_heap(*pictures: str, **keywords: Any) -> Snapshot:
    """Write the drawn heap as ``heap`` does, load it and return the snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        return load(heap(*pictures, path=Path(folder, "heap.json"), **keywords))


_label_by_address: dict[int, str] = {}


def address_of(label: str) -> int:
    """The address that the object of this name has in every drawn heap."""
    address = 0x7F00_0000_0000 + 16 * zlib.crc32(label.encode())
    if _label_by_address.setdefault(address, label) != label:
        msg = f"{label!r} and {_label_by_address[address]!r} share an address: rename one"
        raise ValueError(msg)
    return address


def node_of(snapshot: Snapshot, label: str) -> int:
    """The node of the object that was drawn with this name."""
    (nodes,) = np.nonzero(snapshot.address_by_node == address_of(full_label(label)))
    if len(nodes) != 1:
        msg = f"{label!r} is {len(nodes)} nodes of the snapshot"
        raise ValueError(msg)
    return int(nodes[0])


def labels_of(snapshot: Snapshot, nodes: Iterable[int]) -> list[str]:
    """The names with which these nodes were drawn, in the order given."""
    return [_label_by_address[int(snapshot.address_by_node[node])] for node in nodes]


def label_of(snapshot: Snapshot, node: int) -> str:
    """The name with which this node was drawn."""
    return labels_of(snapshot, [node])[0]


def draw(
    *pictures: str,
    extra: Mapping[str, int] | None = None,
    sizes: Mapping[str, int] | None = None,
    names: Mapping[str, str] | None = None,
    untracked: Iterable[str] = (),
    immortal: Iterable[str] = (),
    layouts: Mapping[str, str] | None = None,
    threads: Mapping[str, Sequence[str]] | None = None,
    exceptions: Mapping[str, str] | None = None,
    thread_locals: Mapping[str, str] | None = None,
    interpreter: Mapping[str, str] | None = None,
    header: Mapping[str, Any] | None = None,
    rows_per_chunk: int | None = None,
) -> dict[str, Any]:
    """The parts of the document for the drawn heap: what ``write_document`` takes."""
    objects = parse_pictures(pictures)
    roots = _roots(objects, threads or {}, exceptions or {}, thread_locals or {}, interpreter or {})
    for node in objects.values():
        node.size = _find(sizes, node, LEAF_BYTES if node.is_leaf else CONTAINER_BYTES)
        node.refcount += _find(extra, node, 0)
        node.own_name = _find(names, node, node.own_name)
        node.is_tracked = not {node.label, node.stem} & set(untracked)
        for _, referent in node.references:
            referent.refcount += 1
    for label in immortal:
        objects[label].refcount = -1
    chunks = _chunks(list(objects.values()), layouts or {}, rows_per_chunk or len(objects) or 1)
    return {
        "header": _merge(HEADER, {"thread_count": len(roots["threads"]), **(header or {})}),
        "roots": roots,
        "chunks": chunks,
        "end": {
            "rows": sum(len(chunk["size"]) for chunk in chunks),
            "references": sum(len(chunk["to"]) for chunk in chunks),
            "dump_seconds": 0.25,
            "complete": True,
        },
    }


def _find(given: Mapping[str, Any] | None, drawn: DrawnObject, otherwise: Any) -> Any:
    values = given or {}
    return values.get(drawn.label, values.get(drawn.stem, otherwise))


def _merge(whole: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _merge(whole[key], changes[key])
        if isinstance(changes.get(key), dict) and isinstance(whole.get(key), dict)
        else changes.get(key, whole.get(key))
        for key in {**whole, **changes}
    }


def _roots(
    objects: Mapping[str, DrawnObject],
    threads: Mapping[str, Sequence[str]],
    exceptions: Mapping[str, str],
    thread_locals: Mapping[str, str],
    interpreter: Mapping[str, str],
) -> dict[str, Any]:
    def hold(label: str | None) -> int | None:
        if label is None:
            return None
        objects[full_label(label)].refcount += 1
        return address_of(full_label(label))

    modules = [label for label in objects if label.startswith("module ")]
    return {
        "modules": {label.removeprefix("module "): hold(label) for label in modules},
        "threads": [
            {
                "ident": 1000 + number,
                "name": name,
                "daemon": number > 0,
                "current": number == 0,
                "local": hold(thread_locals.get(name)),
                "exception": hold(exceptions.get(name)),
                "frames": [_frame(text, hold) for text in frames],
            }
            for number, (name, frames) in enumerate(threads.items())
        ],
        "interpreter": [
            {"name": name, "address": hold(label)} for name, label in interpreter.items()
        ],
    }


def _frame(text: str, hold: Any) -> dict[str, Any]:
    found = FRAME.fullmatch(text)
    if not found:
        msg = f"cannot read {text!r} as a frame: expected 'function (file.py:12) variable=name ...'"
        raise ValueError(msg)
    variables = [pair.split("=") for pair in found[4].split()]
    return {
        "function": found[1],
        "module": Path(found[2]).stem,
        "file": found[2],
        "line": int(found[3]),
        "frame": address_of(f"frame {found[1]}"),
        "names": [name for name, _ in variables],
        "addresses": [hold(label) for _, label in variables],
    }


def _chunks(
    objects: list[DrawnObject], layouts: Mapping[str, str], rows_per_chunk: int
) -> list[dict[str, Any]]:
    containers = sorted((o for o in objects if not o.is_leaf), key=lambda o: not o.is_tracked)
    leaves = [drawn for drawn in objects if drawn.is_leaf]
    type_names: list[str] = []
    shapes: list[list[str | int]] = []
    return [
        _chunk(
            containers[start : start + rows_per_chunk],
            leaves[start : start + rows_per_chunk],
            type_names,
            shapes,
            layouts,
        )
        for start in range(0, max(len(containers), len(leaves)), rows_per_chunk)
    ]


def _chunk(
    containers: list[DrawnObject],
    leaves: list[DrawnObject],
    type_names: list[str],
    shapes: list[list[str | int]],
    layouts: Mapping[str, str],
) -> dict[str, Any]:
    rows = containers + leaves
    known_types, known_shapes = len(type_names), len(shapes)
    address = [address_of(drawn.label) for drawn in rows]
    positions = {value: position for position, value in enumerate(address)}
    to = []
    for drawn in containers:
        for _, referent in drawn.references:
            value = address_of(referent.label)
            to.append(positions.setdefault(value, len(positions)))
    named = [(row, drawn.own_name) for row, drawn in enumerate(rows) if drawn.own_name]
    rows_as_they_are = {
        "tracked": sum(drawn.is_tracked for drawn in containers),
        "address": list(positions),
        "type": [_index(type_names, drawn.type_name) for drawn in rows],
        "size": [drawn.size for drawn in rows],
        "refcount": [drawn.refcount for drawn in containers],
        "shape": [_index(shapes, _shape(drawn)) for drawn in containers],
        "out": [len(drawn.references) for drawn in containers],
        "to": to,
        "types": [_describe_type(name, layouts) for name in type_names[known_types:]],
        "shapes": shapes[known_shapes:],
        "names": {"row": [row for row, _ in named], "name": [name for _, name in named]},
    }
    return pack(rows_as_they_are)


def _index(table: list[Any], entry: Any) -> int:
    if entry not in table:
        table.append(entry)
    return table.index(entry)


def _shape(drawn: DrawnObject) -> list[str | int]:
    runs = [(name, len(list(run))) for name, run in groupby(name for name, _ in drawn.references)]
    shape: list[str | int] = []
    for position, (name, count) in enumerate(runs):
        is_last = position == len(runs) - 1
        shape += [name] if count == 1 or is_last else [name, count]
    return [] if shape == ["?"] else shape


def _describe_type(type_name: str, layouts: Mapping[str, str]) -> dict[str, Any]:
    is_built_in = type_name in BUILT_IN_TYPES
    module, name = ("builtins", type_name) if is_built_in else split_type(type_name)
    return {
        "module": module,
        "name": name,
        "address": address_of(f"class {type_name}"),
        "layout": layouts.get(type_name, type_name if is_built_in else "object"),
        "heap": not is_built_in,
        "tracked": type_name not in LEAF_TYPES | {"object"},
    }
