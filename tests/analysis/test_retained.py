"""What would be freed, on drawn heaps and against taking the objects away."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.analysis.answers.retained import retained
from heapsnap.analysis.answers.top import top
from heapsnap.analysis.heap.places import Places
from heapsnap.errors import UnknownTypeError
from tests.graph.random_graphs import each_seed
from tests.heaps import load_heap, node_of

CACHE = (
    "module app -.CACHE-> cache:dict -[*]-> user*2:User -.name-> name*2:str",
    "cache -[*]-> shared:User -.name-> shared_name:str",
    "module other -.LAST-> last:list -[*]-> shared",
)
SIZES = {"cache": 100, "user": 10, "name": 1, "shared": 1000, "shared_name": 500, "last": 7}


def test_an_object_keeps_alive_what_only_it_leads_to() -> None:
    heap = Places(load_heap(*CACHE, sizes=SIZES))
    kept = {
        label: int(heap.retained_bytes_by_node[node_of(heap.snapshot, label)])
        for label in ("cache", "user0", "shared", "last")
    }
    assert kept == {"cache": 122, "user0": 11, "shared": 1500, "last": 7}


def test_a_type_is_freed_with_what_only_its_objects_lead_to() -> None:
    found = retained(load_heap(*CACHE, sizes=SIZES), "User")
    assert (found.count, found.shallow_bytes, found.retained_bytes) == (3, 1020, 1522)
    assert [(row.type, row.count, row.bytes) for row in found.freed] == [
        ("app.User", 3, 1020),
        ("str", 3, 502),
    ]
    assert [(row.retained_bytes, row.place) for row in found.objects] == [
        (1500, "app.CACHE[*]"),
        (11, "app.CACHE[*]"),
        (11, "app.CACHE[*]"),
    ]


def test_two_that_share_something_keep_it_alive_together_alone() -> None:
    snapshot = load_heap(
        "module app -.A-> a:Half -.whole-> whole:bytes",
        "module app -.B-> b:Half -.whole-> whole",
        sizes={"a": 1, "b": 1, "whole": 1000},
    )
    found = retained(snapshot, "Half")
    assert found.retained_bytes == 1002
    assert [row.retained_bytes for row in found.objects] == [1, 1]


def test_a_module_goes_with_its_namespace() -> None:
    snapshot = load_heap(
        "module app -.__dict__-> space:dict -['CACHE']-> cache:dict",
        "module other -.f-> f:function -.__globals__-> space",
        sizes={"space": 10, "cache": 1000, "module app": 5},
    )
    assert retained(snapshot, "app").retained_bytes == 1015
    assert {row.name: row.retained_bytes for row in retained(snapshot).modules}["app"] == 1015


def test_of_nested_objects_of_a_type_each_byte_counts_once() -> None:
    snapshot = load_heap(
        "root -.outer-> outer:Box -.inner-> inner:Box -.data-> data:bytes",
        "root -.other-> other:Box",
        sizes={"outer": 1, "inner": 10, "data": 100, "other": 1000},
    )
    rows = {row.type: row.retained_bytes for row in top(snapshot, by="retained").types}
    assert rows["app.Box"] == 1111
    assert rows["bytes"] == 100


def test_garbage_is_kept_alive_by_its_own() -> None:
    found = retained(load_heap("a:Knot -.b-> b:Knot -.a-> a", sizes={"a": 1, "b": 2}), "Knot")
    assert found.retained_bytes == 3
    assert [row.retained_bytes for row in found.objects] == [3, 2]


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownTypeError):
        retained(load_heap(*CACHE), "Nobody")


@each_seed
def test_types_against_taking_each_outermost_object_away(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 12))
    pictures = [
        f"root -> o{a}:T{a % 3} -> o{b}:T{b % 3}" for a, b in rng.integers(0, count, (9, 2))
    ]
    snapshot = load_heap(*dict.fromkeys(p for p in pictures))
    heap = Places(snapshot)
    every = range(snapshot.node_count)
    freed = {node: set(np.flatnonzero(heap.is_retained_by(np.array([node])))) for node in every}
    for node in every:
        size = int(snapshot.shallow_bytes_by_node[list(freed[node])].sum())
        assert heap.retained_bytes_by_node[node] == size
    for label, _ in enumerate(heap.type_texts):
        own = [node for node in every if heap.type_label_by_node[node] == label]
        once = set().union(*(freed[node] for node in own)) if own else set()
        total = int(snapshot.shallow_bytes_by_node[list(once)].sum()) if once else 0
        assert heap.retained_bytes_by_type[label] == total
