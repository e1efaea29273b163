"""Chains through some objects only, and around others."""

import pytest

from heapsnap.analysis.answers.why import why
from heapsnap.errors import UnknownTypeError
from tests.heaps import load_heap


def texts(chain):
    return [f"{step.reference} {step.text}".strip() for step in chain.steps]


def sessions(count=30):
    """All are in a cache, the last ten in a queue as well, and the pool knows some by the cache."""
    return load_heap(
        "module app -.CACHE-> cache:dict -['users']-> users:Users -.all-> all:list",
        f"all:list -[#]-> s*{count}:Session",
        "module web -.QUEUE-> queue:Queue -.waiting-> waiting:Deque",
        "waiting:Deque -.items-> items:list -[#]-> s29:Session",
        "module web -.OTHER-> other:list -[#]-> lone*5:Session",
    )


def test_around_a_holder_the_others_are_shown():
    result = why(sessions(), "Session", not_through=["Users"])
    assert [(g.path, g.count) for g in result.groups] == [
        ("web.OTHER[*]", 5),
        ("web.QUEUE.waiting.items[*]", 1),
    ]
    assert (result.left_out, result.count) == (29, 35)


@pytest.mark.parametrize("name", ["app.CACHE", "app.CACHE['users'].all", "Users", "app.Users"])
def test_a_holder_is_named_by_type_or_by_the_path_that_is_printed(name):
    assert why(sessions(), "Session", not_through=[name]).left_out == 29


def test_what_only_one_thing_holds_has_no_group_without_it():
    heap = load_heap("module app -.ALL-> all:list -[#]-> s*20:Session")
    result = why(heap, "Session", not_through=["app.ALL"])
    assert (result.groups, result.left_out) == ((), 20)


def test_through_a_holder_the_longer_chain_is_shown_from_its_root():
    result = why(sessions(), "Session", through=["Deque"])
    (group,) = result.groups
    assert (group.path, group.count, result.left_out) == ("web.QUEUE.waiting.items[*]", 1, 34)
    assert texts(group.chain) == [
        "module web", ".QUEUE Queue", ".waiting Deque", ".items list", "[0] Session",
    ]  # fmt: skip


def test_positions_are_counted_as_if_nothing_were_left_out():
    heap = load_heap(
        "module app -.ALL-> all:list -[#]-> a:Box",
        "all:list -[#]-> b:Bag -.item-> s:Session",
    )
    (group,) = why(heap, "Session", not_through=["Box"]).groups
    assert texts(group.chain)[2] == "[1] Bag"


def test_filters_work_on_both_heaps():
    result = why(sessions(), "Session", since=sessions(25), not_through=["web.OTHER"])
    assert [(g.path, g.growth) for g in result.groups][0] == ("app.CACHE['users'].all[*]", 5)


def test_sizes_and_verdicts_are_those_of_the_whole_heap():
    heap = load_heap(
        "module app -.A-> a:Box -.s-> s:Session -.x-> x:Thing",
        "module app -.B-> b:Bag -.x-> x:Thing",
    )
    (group,) = why(heap, "Session", through=["Box"]).groups
    assert (group.verdict, group.retained_bytes) == ("rooted", 64)


def test_a_name_that_means_nothing_is_an_error():
    with pytest.raises(UnknownTypeError, match="nothing named 'Sesion'"):
        why(sessions(), "Session", through=["Sesion"])
