"""What is around objects, in drawn heaps: the merged graph, its counts, its growth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest

from heapsnap.analysis.pictures.links import DOWN, UP
from heapsnap.analysis.pictures.neighbourhood_picture import picture_neighbourhood
from heapsnap.errors import UnknownTypeError
from heapsnap.render.dot import caption_of
from tests.heaps import address_of, load_heap

if TYPE_CHECKING:
    from heapsnap.analysis.pictures.picture import Picture


def edges_of(picture: Picture) -> dict[tuple[str, str], dict[str, int]]:
    """``(holder, held)`` → names; the count is part of a text where it is more than 1."""
    texts = {number: text_of(node) for number, node in picture.graph.nodes.items()}
    return {
        (texts[above], texts[below]): dict(edge["references"])
        for above, below, edge in picture.graph.edges(data=True)
    }


def text_of(node: dict[str, Any]) -> str:
    return f"{node['text']} x{node['count']}" if (node["count"] or 0) > 1 else node["text"]


def growing(picture: Picture) -> list[tuple[str, str]]:
    texts = dict(picture.graph.nodes(data="text"))
    edges = picture.graph.edges(data="grows")
    return [(texts[above], texts[below]) for above, below, grows in edges if grows]


def test_equal_holders_are_merged_up_to_the_module() -> None:
    heap = load_heap(
        "module app -.POOL-> pool:Pool -.idle-> idle:list -[#]-> c*3:DictCursor",
        "pool -.busy-> busy:list -[#]-> d*2:DictCursor",
    )
    assert edges_of(picture_neighbourhood(heap, "DictCursor", directions=(UP,))) == {
        ("module app", "Pool"): {".POOL": 1},
        ("Pool", "list x2"): {".busy": 1, ".idle": 1},
        ("list x2", "DictCursor x5"): {"[*]": 5},
    }


def test_attributes_read_as_those_of_the_object() -> None:
    heap = load_heap(
        "module app -.JOBS-> jobs:list -[#]-> job*3:Job -.__dict__-> d*3:dict",
        "d*3 -['owner']-> owner*3:User",
    )
    assert edges_of(picture_neighbourhood(heap, "Job", directions=(DOWN,))) == {
        ("Job x3", "User x3"): {".owner": 3}
    }
    above = edges_of(picture_neighbourhood(heap, "User", directions=(UP,), depth=1))
    assert above == {("Job x3", "User x3"): {".owner": 3}}
    dicts = edges_of(picture_neighbourhood(heap, "dict", directions=(UP,), depth=1))
    assert dicts == {("Job x3", "dict x3"): {".__dict__": 3}}


def test_leaves_are_one_node_of_each_owner() -> None:
    heap = load_heap(
        "module app -.A-> a:Job -.name-> word:str",
        "a -.size-> number:int",
        "a -.next-> b:Part -.name-> word",
    )
    edges = edges_of(picture_neighbourhood(heap, "Job", directions=(DOWN,)))
    assert edges == {
        ("Job", "Part"): {".next": 1},
        ("Job", "int, str x2"): {".name": 1, ".size": 1},
        ("Part", "str"): {".name": 1},
    }


def test_a_cycle_is_drawn_as_one_and_as_garbage() -> None:
    heap = load_heap(
        "root -.fetch-> fetch:function",
        "c*4:DictCursor -.fetch-> m*4:method -.__self__-> c*4",
        "m*4 -.__func__-> fetch",
        names={"fetch": "app.fetch"},
    )
    picture = picture_neighbourhood(heap, "DictCursor")
    edges = edges_of(picture)
    assert edges["DictCursor x4", "bound method fetch x4"] == {".fetch": 4}
    assert edges["bound method fetch x4", "DictCursor x4"] == {".__self__": 4}
    dashed = {node["text"] for node in picture.graph.nodes.values() if node["is_garbage"]}
    assert dashed == {"DictCursor", "bound method fetch"}


def cursors(garbage: int, used: int) -> Any:
    return load_heap(
        f"c*{garbage}:DictCursor -.fetch-> m*{garbage}:method -.__self__-> c*{garbage}",
        f"module app -.POOL-> pool:Pool -.idle-> idle:list -[#]-> u*{used}:DictCursor",
    )


def test_few_that_are_held_are_no_holders_of_many_that_are_garbage() -> None:
    picture = picture_neighbourhood(cursors(40, 3), "DictCursor", since=cursors(4, 1))
    texts = {text_of(node) for node in picture.graph.nodes.values()}
    assert texts == {"DictCursor x40", "bound method x40"}
    assert picture.graph.nodes[0]["growth"] == 36
    assert (picture.set_aside, picture.is_garbage_aside) == (3, False)
    assert "not drawn: 3 more of them, held, not garbage" in caption_of(picture)


def test_few_that_are_garbage_do_not_dash_many_that_are_held() -> None:
    picture = picture_neighbourhood(cursors(3, 40), "DictCursor")
    assert ("list", "DictCursor x40") in edges_of(picture)
    assert not any(node["is_garbage"] for node in picture.graph.nodes.values())
    assert (picture.set_aside, picture.is_garbage_aside) == (3, True)


def test_garbage_is_drawn_with_the_rest_where_both_grow() -> None:
    picture = picture_neighbourhood(cursors(40, 30), "DictCursor", since=cursors(4, 3))
    assert picture.set_aside == 0
    assert "DictCursor x70" in {text_of(node) for node in picture.graph.nodes.values()}


def test_of_several_types_one_may_be_set_aside_whole() -> None:
    heap = load_heap(
        "a*40:Session -.me-> a*40", "module app -.S-> one:SessionMaker -.x-> thing:Thing"
    )
    picture = picture_neighbourhood(heap, "Session*")
    assert [node["text"] for node in picture.graph.nodes.values()] == ["Session"]
    assert picture.set_aside == 1


def test_a_linked_list_holds_itself() -> None:
    heap = load_heap("module app -.HEAD-> n0:Node -.next-> n1:Node -.next-> n2:Node")
    assert edges_of(picture_neighbourhood(heap, "Node", directions=(UP,))) == {
        ("module app", "Node x3"): {".HEAD": 1},
        ("Node x3", "Node x3"): {".next": 2},
    }


def test_growth_enters_where_the_holder_stands_still() -> None:
    def pool(count: int) -> Any:
        return load_heap(
            f"module app -.CACHE-> cache:dict -[*]-> page*{count}:Page",
            f"page*{count} -.lines-> lines*{count}:list",
            "cache -[*]-> keeper:Other",
        )

    picture = picture_neighbourhood(pool(9), "Page", since=pool(4))
    assert growing(picture) == [("dict", "Page")]
    growth = dict(picture.graph.nodes(data="growth"))
    by_text = {node["text"]: growth[number] for number, node in picture.graph.nodes.items()}
    assert by_text == {"Page": 5, "dict": 0, "module app": 0, "list": 5}


def test_local_variables_and_c_code_stand_above_what_they_hold() -> None:
    heap = load_heap(
        "module app -.X-> x:Other",
        "batch:list -[#]-> r*2:Reading",
        "r2:Reading",
        extra={"r2": 1},
        threads={"MainThread": ["main (app.py:3)", "write (app.py:9) batch=batch"]},
    )
    picture = picture_neighbourhood(heap, "Reading")
    edges = edges_of(picture)
    assert edges["write() local variable batch", "list"] == {"": 1}
    assert edges["C code", "Reading x3"] == {"": 1}
    roles = {node["text"]: node["role"] for node in picture.graph.nodes.values()}
    assert roles == {
        "Reading": "asked",
        "list": "object",
        "write() local variable batch": "root",
        "C code": "root",
    }


def test_what_is_left_out_is_counted() -> None:
    holders = [f"module app -.H{n}-> h{n}:Holder{n} -.x-> thing:Thing" for n in range(9)]
    picture = picture_neighbourhood(load_heap(*holders), "Thing", directions=(UP,), depth=1)
    assert picture.graph.nodes[0]["more_above"] == 4
    assert picture.graph.number_of_nodes() == 6
    # Behind each of the five that are shown stands the module.
    assert [picture.graph.nodes[n]["more_above"] for n in range(1, 6)] == [1] * 5


def test_with_a_baseline_what_did_not_grow_is_only_counted() -> None:
    def service(count: int) -> Any:
        return load_heap(
            f"module app -.CACHE-> cache:Cache -[*]-> page*{count}:Page",
            "module app -.HOME-> home:Site -.start-> start:Page",
            "home -.about-> about:Page",
        )

    picture = picture_neighbourhood(service(9), "Page", since=service(4), directions=(UP,))
    assert edges_of(picture) == {
        ("module app", "Cache"): {".CACHE": 1},
        ("Cache", "Page x11"): {"[*]": 9},
    }
    # One object, two kinds of holding: `.start` and `.about`.
    assert picture.graph.nodes[0]["more_above"] == 2
    texts = {
        node["text"] for node in picture_neighbourhood(service(9), "Page").graph.nodes.values()
    }
    assert "Site" in texts


def test_a_picture_is_never_larger_than_asked() -> None:
    pictures = [f"root -.a{n}-> t{n}:T{n} -.b-> u{n}:U{n} -.c-> thing:Thing" for n in range(30)]
    picture = picture_neighbourhood(load_heap(*pictures), "Thing", most=10)
    assert picture.graph.number_of_nodes() <= 10


def test_one_object_by_its_address_and_a_class_by_its_name() -> None:
    heap = load_heap("module app -.A-> a:Job", "module app -.B-> b:Job", "root -.C-> class Job")
    one = picture_neighbourhood(heap, f"{address_of('b'):#x}")
    assert edges_of(one) == {("module app", "Job"): {".B": 1}}
    of_class = picture_neighbourhood(heap, "app.Job", since=heap, directions=(UP,))
    assert of_class.graph.nodes[0]["text"] in {"Job", "class app.Job"}


def test_the_graph_is_one_that_networkx_can_work_on() -> None:
    heap = load_heap("module app -.POOL-> pool:Pool -.idle-> idle:list -[#]-> c*3:DictCursor")
    graph = picture_neighbourhood(heap, "DictCursor").graph
    assert nx.is_frozen(graph)
    assert nx.is_directed_acyclic_graph(graph)


def test_an_unknown_type_is_an_error() -> None:
    with pytest.raises(UnknownTypeError, match="DictCurso"):
        picture_neighbourhood(load_heap("root -> a:DictCursor"), "DictCurso")
