"""What a snapshot file becomes: nodes, references, names and roots."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from heapsnap.snapshot.model import NO_COUNT, NO_NODE, Snapshot
from heapsnap.snapshot.reader import load
from tests.documents import pack, write_document
from tests.heaps import address_of, draw, heap, label_of, labels_of, load_heap, node_of

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "snapshot.schema.json").read_text())

EVERYTHING = {
    "pictures": (
        "root -.CACHE-> cache:dict -['k']-> cursor:pymysql.cursors.DictCursor -.text-> text:str",
        "root -.rows-> rows:list -[#]-> row*5:Row -.text-> text",
        "loop:Connection -.cursor-> other:DictCursor#2 -.connection-> loop",
        "class DictCursor -.__doc__-> doc:str",
        "frame handle -x-> cursor",
    ),
    "extra": {"other": 1},
    "sizes": {"text": 4096},
    "names": {"loop": "the loop"},
    "untracked": ["rows"],
    "immortal": ["class DictCursor"],
    "layouts": {"Row": "tuple"},
    "threads": {"MainThread": ["main (app.py:3)", "handle (app.py:12) c=cursor t=text"]},
    "exceptions": {"MainThread": "loop"},
    "thread_locals": {"MainThread": "cache"},
    "interpreter": {"gc.garbage": "rows"},
}


def everything(**changes: Any) -> dict[str, Any]:
    keywords = {**EVERYTHING, **changes}
    return draw(*keywords.pop("pictures"), **keywords)


def references(snapshot: Snapshot, label: str) -> list[tuple[str, str]]:
    node = node_of(snapshot, label)
    edges = range(*snapshot.first_edge_by_node[node : node + 2])
    return [
        (
            snapshot.edge_names[snapshot.name_by_edge[edge]],
            label_of(snapshot, snapshot.referent_by_edge[edge]),
        )
        for edge in edges
    ]


def chunk(**columns: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "tracked": 0, "address": [], "type": [], "size": [], "refcount": [], "shape": [],
        "out": [], "to": [], "types": [], "shapes": [], "names": {"row": [], "name": []},
    }  # fmt: skip
    return pack({**empty, **columns})


def load_chunks(folder: Path, *chunks: dict[str, Any]) -> Snapshot:
    parts = draw()
    chunks[0]["types"] = everything()["chunks"][0]["types"]
    counts = {
        "rows": sum(len(one["size"]) for one in chunks),
        "references": sum(len(one["to"]) for one in chunks),
    }
    parts = {**parts, "chunks": chunks, "end": {**parts["end"], **counts}}
    return load(write_document(folder / "a.json", **parts))


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_file_is_read_plain_or_gzipped(tmp_path: Path, name: str) -> None:
    snapshot = load(heap("root -> cache -> cursor", path=tmp_path / name))
    assert snapshot.is_complete
    assert labels_of(snapshot, range(3)) == ["module root", "cache", "cursor"]


def test_the_first_bytes_tell_gzip_and_not_the_name(tmp_path: Path) -> None:
    path = heap("root -> cache", path=tmp_path / "a.json.gz").rename(tmp_path / "a.json")
    assert load(path).node_count == 2


def test_references_keep_their_order_and_names() -> None:
    snapshot = load_heap("root -> a", "root -.x-> b", "root -['k']-> a", "a -[#]-> c*3")
    assert references(snapshot, "root") == [("?", "a"), (".x", "b"), ("['k']", "a")]
    assert references(snapshot, "a") == [("[#]", "c0"), ("[#]", "c1"), ("[#]", "c2")]
    assert references(snapshot, "b") == []


def test_names_of_references_are_listed_once() -> None:
    snapshot = load_heap("a -.x-> b -.x-> c", "b -.y-> a")
    assert sorted(snapshot.edge_names) == [".x", ".y", "?"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ([], ["?", "?", "?", "?"]),
        ([".x"], [".x", ".x", ".x", ".x"]),
        ([".x", ".y"], [".x", ".y", ".y", ".y"]),
        (["<key>", 2, "[#]"], ["<key>", "<key>", "[#]", "[#]"]),
        ([".x", "[#]", 2, ".y"], [".x", "[#]", "[#]", ".y"]),
        (["a", "b", "c", "d", "e"], ["a", "b", "c", "d"]),
        (["a", 9, "b"], ["a", "a", "a", "a"]),
        (["a", 2**60, "b"], ["a", "a", "a", "a"]),
        (["a", 0, "b"], ["b", "b", "b", "b"]),
        (["a", 1, "b", 2], ["a", "b", "b", "b"]),
    ],
)
def test_a_shape_names_references_in_order(
    tmp_path: Path, shape: list[str | int], expected: list[str]
) -> None:
    rows = {"address": [16, 32], "type": [0, 0], "size": [1, 1], "refcount": [1, 1]}
    snapshot = load_chunks(
        tmp_path,
        chunk(**rows, shape=[1, 0], out=[4, 1], to=[0, 1, 0, 1, 0], shapes=[[".other"], shape]),
    )
    names = [snapshot.edge_names[name] for name in snapshot.name_by_edge]
    assert names == [*expected, ".other"]


def test_containers_come_first_and_leaves_after_them_in_the_order_of_the_file() -> None:
    snapshot = load_heap("a -> x:str", "b -> y:int", "c -> x", rows_per_chunk=1)
    assert labels_of(snapshot, range(snapshot.node_count)) == ["a", "b", "c", "x", "y"]
    assert snapshot.container_count == 3


def test_chunks_refer_to_each_other_both_ways() -> None:
    whole = load_heap(*EVERYTHING["pictures"])
    parts = load_heap(*EVERYTHING["pictures"], rows_per_chunk=2)
    for label in labels_of(whole, range(whole.container_count)):
        assert references(parts, label) == references(whole, label)


def test_a_leaf_that_is_repeated_counts_once_and_its_first_row_holds(tmp_path: Path) -> None:
    snapshot = load_chunks(
        tmp_path,
        chunk(address=[16, 32], type=[0, 1], size=[10, 20]),
        chunk(address=[32, 48, 16], type=[2, 2, 2], size=[5, 6, 7]),
    )
    assert snapshot.address_by_node.tolist() == [16, 32, 48]
    assert snapshot.type_by_node.tolist() == [0, 1, 2]
    assert snapshot.shallow_bytes_by_node.tolist() == [10, 20, 6]


def test_a_container_wins_against_a_leaf_with_its_address(tmp_path: Path) -> None:
    container = {"refcount": [7], "shape": [0], "out": [0], "shapes": [[]]}
    snapshot = load_chunks(
        tmp_path,
        chunk(address=[16], type=[0], size=[1]),
        chunk(address=[16], type=[1], size=[2], **container),
    )
    assert (snapshot.node_count, snapshot.container_count) == (1, 1)
    assert (snapshot.type_by_node[0], snapshot.shallow_bytes_by_node[0]) == (1, 2)


def test_a_container_continued_in_further_rows_has_the_references_of_all(tmp_path: Path) -> None:
    one = {"size": [100, 1], "refcount": [5, 1], "shape": [0, 1], "out": [2, 1], "tracked": 2}
    two = {"size": [200, 1], "refcount": [9, 1], "shape": [1, 0], "out": [2, 1], "tracked": 0}
    snapshot = load_chunks(
        tmp_path,
        chunk(address=[16, 32, 48], type=[0, 0], to=[1, 2, 0], shapes=[[".a"], [".b"]], **one),
        chunk(address=[16, 48], type=[1, 1], to=[0, 1, 0], **two),
    )
    assert snapshot.address_by_node.tolist() == [16, 32, 48]
    assert snapshot.first_edge_by_node.tolist() == [0, 4, 5, 6]
    assert snapshot.referent_by_edge.tolist() == [1, 2, 0, 2, 0, 0]
    names = [snapshot.edge_names[name] for name in snapshot.name_by_edge]
    assert names == [".a", ".a", ".b", ".b", ".b", ".a"]
    assert snapshot.shallow_bytes_by_node.tolist() == [100, 1, 1]
    assert snapshot.refcount_by_node.tolist() == [5, 1, 1]
    assert snapshot.is_tracked_by_node.tolist() == [True, True, False]


def test_counts_sizes_tracking_types_and_own_names_are_those_of_the_file() -> None:
    keywords = {key: value for key, value in EVERYTHING.items() if key != "pictures"}
    snapshot = load_heap(*EVERYTHING["pictures"], **keywords)
    other, rows, text = (node_of(snapshot, label) for label in ("other", "rows", "text"))
    assert snapshot.refcount_by_node[other] == 2
    assert snapshot.refcount_by_node[rows] == 2
    assert snapshot.refcount_by_node[node_of(snapshot, "class DictCursor")] == NO_COUNT
    assert snapshot.shallow_bytes_by_node[text] == 4096
    assert not snapshot.is_tracked_by_node[rows]
    assert snapshot.is_tracked_by_node[other]
    kind = snapshot.types[snapshot.type_by_node[node_of(snapshot, "cursor")]]
    assert kind.full_name == "pymysql.cursors.DictCursor"
    twin = snapshot.types[snapshot.type_by_node[other]]
    assert (twin.full_name, twin.address) == ("app.DictCursor", address_of("class DictCursor#2"))
    assert snapshot.name_by_node[node_of(snapshot, "loop")] == "the loop"
    assert snapshot.name_by_node[node_of(snapshot, "root")] == "root"


def test_roots_are_given_by_node() -> None:
    keywords = {key: value for key, value in EVERYTHING.items() if key != "pictures"}
    snapshot = load_heap(*EVERYTHING["pictures"], **keywords)
    (thread,) = snapshot.roots.threads
    assert snapshot.roots.modules == {"root": node_of(snapshot, "root")}
    assert snapshot.roots.interpreter == (("gc.garbage", node_of(snapshot, "rows")),)
    assert thread.exception_node == node_of(snapshot, "loop")
    assert thread.local_node == node_of(snapshot, "cache")
    main, handle = thread.frames
    assert (main.function, main.line, main.node, main.locals) == ("main", 3, NO_NODE, ())
    assert handle.node == node_of(snapshot, "frame handle")
    assert handle.locals == (("c", node_of(snapshot, "cursor")), ("t", node_of(snapshot, "text")))


def test_all_columns_are_read_only_and_have_the_promised_types() -> None:
    snapshot = load_heap("a -> b:str")
    columns = {
        field.name: getattr(snapshot, field.name)
        for field in dataclasses.fields(snapshot)
        if isinstance(getattr(snapshot, field.name), np.ndarray)
    }
    assert {name: column.dtype.name for name, column in columns.items()} == {
        "address_by_node": "int64", "type_by_node": "int32", "shallow_bytes_by_node": "int64",
        "refcount_by_node": "int64", "is_tracked_by_node": "bool", "first_edge_by_node": "int64",
        "referent_by_edge": "int32", "name_by_edge": "int32",
    }  # fmt: skip
    for column in columns.values():
        with pytest.raises(ValueError, match="read-only"):
            column[:1] = 0


def test_a_snapshot_without_any_object_is_one(tmp_path: Path) -> None:
    snapshot = load(write_document(tmp_path / "a.json", **draw()))
    assert (snapshot.node_count, snapshot.edge_count, snapshot.is_complete) == (0, 0, True)
    assert snapshot.first_edge_by_node.tolist() == [0]


def test_a_line_with_its_keys_in_another_order_and_spacing_says_the_same(tmp_path: Path) -> None:
    parts = everything(rows_per_chunk=3)
    usual = load(write_document(tmp_path / "usual.json", **parts))
    lines = (tmp_path / "usual.json").read_text().splitlines()
    other = [
        json.dumps(dict(reversed(json.loads(line.removesuffix(",")).items())))
        + "," * line.endswith(",")
        if line.startswith('{"tracked"')
        else line
        for line in lines
    ]
    (tmp_path / "other.json").write_text("\r\n".join(other))
    loaded = load(tmp_path / "other.json")
    for column in ("address_by_node", "refcount_by_node", "referent_by_edge", "name_by_edge"):
        assert getattr(loaded, column).tolist() == getattr(usual, column).tolist()
    assert loaded.roots == usual.roots


def test_unknown_keys_are_ignored_wherever_they_stand(tmp_path: Path) -> None:
    path = write_document(tmp_path / "a.json", **everything())
    expected = load(path).referent_by_edge.tolist()
    text = path.read_text()
    for marker in ('"type":[', '"types":[', '"to":[', '"pid":', '"modules":', '"rows":'):
        assert marker in text
        extra = '"unknown":{"to":[1,2],"type":"],\\"size\\":["},'
        path.write_text(text.replace(marker, extra + marker))
        assert load(path).referent_by_edge.tolist() == expected


def test_half_a_surrogate_pair_is_shown_and_not_refused(tmp_path: Path) -> None:
    path = heap("a -> b", names={"a": "f\udcff\\ud800\U0001f600"}, path=tmp_path / "a.json")
    assert load(path).name_by_node == {0: "f\\udcff\\ud800\U0001f600"}


def test_progress_counts_the_bytes_on_disk_up_to_the_last(tmp_path: Path) -> None:
    path = heap("a -> b", path=tmp_path / "a.json.gz")
    calls: list[tuple[int, int]] = []
    load(path, progress=lambda done, total: calls.append((done, total)))
    size = path.stat().st_size
    assert calls[-1] == (size, size)
    assert all(done <= total for done, total in calls)


@pytest.mark.parametrize("rows_per_chunk", [None, 1, 3])
def test_drawn_heaps_keep_to_the_published_schema(
    rows_per_chunk: int | None, tmp_path: Path
) -> None:
    path = write_document(tmp_path / "a.json", **everything(rows_per_chunk=rows_per_chunk))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))


def test_the_schema_refuses_what_the_format_does_not_allow(tmp_path: Path) -> None:
    document = json.loads(write_document(tmp_path / "a.json", **everything()).read_text())
    document["chunks"][0]["refcount"][0] = -2
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_a_huge_object_behind_small_ones_keeps_its_size(tmp_path: Path) -> None:
    path = heap(
        "root -> small:bytes",
        "root -> huge:bytes",
        path=tmp_path / "a.json",
        sizes={"huge": 2**40},
        rows_per_chunk=1,
    )
    snapshot = load(path)
    assert snapshot.shallow_bytes_by_node[node_of(snapshot, "huge")] == 2**40
    assert snapshot.shallow_bytes_by_node[node_of(snapshot, "small")] == 32
