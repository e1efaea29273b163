"""What a name means, and what to suggest instead."""

from __future__ import annotations

import time

import pytest

from heapsnap.analysis.heap.find import find_nodes, find_types, nearest_names, types_in_use
from heapsnap.errors import UnknownTypeError
from tests.heaps import labels_of, load_heap

SNAPSHOT = load_heap(
    "root -> a:pymysql.cursors.DictCursor",
    "root -> b:MySQLdb.cursors.DictCursor",
    "root -> c:pymysql.cursors.SSDictCursor",
    "root -> d:app.dict",
    "root -> e:dict",
    "root -> f:app.make.<locals>.Job",
    "root -> class app.Gone",
    "module app.cache -.x-> g:app.Odd[int]",
)


def found(name: str) -> list[str]:
    return [SNAPSHOT.types[number].full_name for number in find_types(SNAPSHOT, name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DictCursor", ["pymysql.cursors.DictCursor", "MySQLdb.cursors.DictCursor"]),
        ("cursors.DictCursor", ["pymysql.cursors.DictCursor", "MySQLdb.cursors.DictCursor"]),
        ("pymysql.cursors.DictCursor", ["pymysql.cursors.DictCursor"]),
        ("dict", ["dict"]),
        ("builtins.dict", ["dict"]),
        ("app.dict", ["app.dict"]),
        ("Job", ["app.make.<locals>.Job"]),
        ("SS*", ["pymysql.cursors.SSDictCursor"]),
        ("pymysql.*Cursor", ["pymysql.cursors.DictCursor", "pymysql.cursors.SSDictCursor"]),
        ("?ict", ["app.dict", "dict"]),
        ("Odd[int]", ["app.Odd[int]"]),
    ],
)
def test_a_name_means_the_types_that_end_in_it(name: str, expected: list[str]) -> None:
    assert found(name) == expected


@pytest.mark.parametrize(
    "name", ["ictCursor", "cursors", "dictcursor", "Cursor", "", ".", "(", "["]
)
def test_no_part_of_a_component_is_a_name(name: str) -> None:
    with pytest.raises(UnknownTypeError):
        found(name)


def test_an_unknown_name_gets_the_nearest_ones() -> None:
    with pytest.raises(UnknownTypeError) as caught:
        found("DictCurso")
    types = len(types_in_use(SNAPSHOT))
    assert caught.value.message == (
        f"no type named 'DictCurso' in heap.json ({SNAPSHOT.node_count} objects, {types} types)"
    )
    assert caught.value.hint == "nearest names: DictCursor, SSDictCursor"


def test_a_class_without_objects_is_told_from_an_unknown_one() -> None:
    with pytest.raises(UnknownTypeError) as caught:
        found("Gone")
    assert caught.value.message.startswith("no object of class 'app.Gone' in heap.json")


def test_a_type_of_which_nothing_is_there_does_not_count() -> None:
    assert "type" in types_in_use(SNAPSHOT)
    assert "app.Gone" not in types_in_use(SNAPSHOT)


def test_objects_are_found_by_type_address_and_own_name() -> None:
    def labels(name: str) -> list[str]:
        return sorted(labels_of(SNAPSHOT, find_nodes(SNAPSHOT, name).tolist()))

    (node,) = find_nodes(SNAPSHOT, "Job").tolist()
    assert labels(f"{int(SNAPSHOT.address_by_node[node]):#X}") == ["f"]
    assert labels("DictCursor") == ["a", "b"]
    assert labels("app.cache") == ["module app.cache"]
    for unknown in ("0x10", "0xffffffffffffffff", "app.nothing"):
        with pytest.raises(UnknownTypeError):
            find_nodes(SNAPSHOT, unknown)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("dictcursor", ["DictCursor", "SSDictCursor"]),
        ("cursors.DictCursro", ["DictCursor", "SSDictCursor"]),
        ("Dict*Curso", ["DictCursor", "SSDictCursor"]),
        ("Usr", ["User"]),
        ("Zzzz", []),
        ("", []),
    ],
)
def test_the_nearest_names_come_first(name: str, nearest: list[str]) -> None:
    names = ["a.DictCursor", "a.SSDictCursor", "b.User", "b.Connection", "x"]
    assert nearest_names(name, names) == nearest


def test_a_hundred_thousand_types_are_no_reason_to_wait() -> None:
    names = [f"app.models{n % 97}.Entity{n:x}Record" for n in range(100_000)]
    started = time.perf_counter()
    assert nearest_names("Entityffffrecord", names)[0] == "EntityffffRecord"
    # A hundred times what it takes; comparing all of them letter by letter takes longer still.
    assert time.perf_counter() - started < 20
