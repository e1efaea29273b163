"""What objects refer to."""

from __future__ import annotations

import pytest

from heapsnap.analysis.answers.refs import BREADTH, refs
from heapsnap.analysis.results import ReferenceSummary
from heapsnap.errors import UnknownTypeError
from tests.heaps import address_of, load_heap


def test_references_are_merged_by_name_and_type_and_shared_objects_weighed_once() -> None:
    snapshot = load_heap(
        "root -> job*3:Job",
        "job*3 -.pool-> pool:Pool",
        "job*3 -.data-> data*3:dict",
        "job0 -.next-> job1",
        sizes={"pool": 500, "data": 60},
    )
    assert refs(snapshot, "Job").references == (
        ReferenceSummary(".pool", "app.Pool", 3, 500),
        ReferenceSummary(".data", "dict", 3, 180),
        ReferenceSummary(".next", "app.Job", 1, 64),
    )


def test_the_dict_of_an_instance_reads_as_part_of_it() -> None:
    snapshot = load_heap(
        "root -> job:Job -.__dict__-> space:dict -['name']-> name:str",
        "space -<key>-> key:str",
        "job -.slot-> name",
    )
    result = refs(snapshot, "Job")
    assert [(row.reference, row.type) for row in result.references] == [
        (".name", "str"),
        (".slot", "str"),
    ]
    assert [line[1] for line in result.example] == ["", ".slot", ".name"]


def test_the_same_name_in_the_dict_and_beside_it_is_counted_together() -> None:
    snapshot = load_heap(
        "root -> a:Job -.__dict__-> space:dict -['name']-> x:str",
        "root -> b:Job -.name-> y:str",
        sizes={"x": 10, "y": 20},
    )
    assert refs(snapshot, "Job").references == (ReferenceSummary(".name", "str", 2, 30),)


def test_the_example_is_a_tree_that_stops_at_what_it_has_shown() -> None:
    snapshot = load_heap(
        "root -> job:Job -.rows-> rows:list -[#]-> row*2:Row",
        "row*2 -.owner-> job",
        "job -.kind-> class Job",
        "class Job -.x-> x:Thing",
    )
    address = address_of("job")
    assert refs(snapshot, "Job").example == (
        (0, "", f"Job at {address:#x}"),
        (1, ".rows", "list"),
        (2, "[0]", "Row"),
        (3, ".owner", "Job (shown above)"),
        (2, "[1]", "Row"),
        (3, ".owner", "Job (shown above)"),
        (1, ".kind", "class app.Job"),
    )


def test_positions_that_count_down_are_listed_upwards() -> None:
    snapshot = load_heap("root -> pair:list -[-#]-> a:One", "pair -[-#]-> b:Two")
    example = refs(snapshot, "list").example
    assert example[1:] == ((1, "[0]", "Two"), (1, "[1]", "One"))


def test_what_the_example_leaves_out_is_counted() -> None:
    snapshot = load_heap(f"root -> all:list -[#]-> row*{BREADTH[0] + 7}:Row")
    example = refs(snapshot, "list").example
    assert len(example) == BREADTH[0] + 2
    assert example[-1] == (1, "", "and 7 more")


def test_one_object_by_its_address_and_an_unknown_one() -> None:
    snapshot = load_heap("root -> a:Job -.x-> b:Job")
    result = refs(snapshot, hex(address_of("a")))
    assert (result.type, result.count) == ("app.Job", 1)
    assert [row.reference for row in result.references] == [".x"]
    with pytest.raises(UnknownTypeError):
        refs(snapshot, "Jobs")


def test_an_object_that_refers_to_nothing() -> None:
    result = refs(load_heap("root -> word:str"), "str")
    assert result.references == ()
    assert len(result.example) == 1
