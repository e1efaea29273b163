"""What gets larger and hardly more, and what grows while there is less of its type in all."""

from __future__ import annotations

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from tests.heaps import load_heap


def connections(count: int, buffer_bytes: int):
    return load_heap(
        "module app -.HUB-> hub:app.Hub -.conns-> conns:list",
        f"conns -[#]-> c*{count}:app.Conn -.buffer-> b*{count}:bytes",
        sizes={"b": buffer_bytes},
    )


@pytest.mark.parametrize("heaps", [2, 3])
def test_buffers_that_swell_are_told_beside_a_few_that_are_new(heaps: int) -> None:
    drawn = [connections(25, 10_000), connections(26, 100_000), connections(28, 200_000)]
    result = diff(before=drawn[0], between=drawn[1:2] if heaps > 2 else [], after=drawn[2])
    (culprit,) = result.culprits
    assert (culprit.type, culprit.counts[0], culprit.counts[-1]) == ("bytes", 25, 28)
    assert culprit.is_larger
    assert (culprit.sizes[0], culprit.sizes[-1]) == (250_000, 5_600_000)
    assert culprit.holder == "app.HUB.conns[*].buffer"


def test_what_got_larger_is_marked_itself() -> None:
    before, after = connections(25, 10_000), connections(28, 200_000)
    (group,) = why(after, "bytes", since=before).groups
    assert group.chain.grows_at == len(group.chain.steps) - 1
    assert group.chain.steps[-1].reference == ".buffer"
    assert group.pattern is not None
    assert group.pattern.id == "buffer-never-cut"


def test_connections_with_buffers_of_one_size_are_told_as_connections() -> None:
    result = diff(before=connections(25, 10_000), after=connections(125, 10_000))
    assert [(c.type, c.is_larger) for c in result.culprits] == [("app.Conn", False)]


def rows(count: int, junk: int):
    return load_heap(
        f"module app -.ROWS-> rows:list -[#]-> r*{count}:dict",
        f"module lib -.JUNK-> junk:list -[#]-> j*{junk}:dict",
    )


def test_a_collection_that_gathers_is_told_though_there_is_less_of_the_type_in_all() -> None:
    before, middle, after = rows(50, 3000), rows(150, 100), rows(250, 100)
    assert [c.counts for c in diff(before=before, after=after).culprits] == [(50, 250)]
    told = diff(before=before, between=[middle], after=after)
    assert [c.counts for c in told.culprits] == [(50, 150, 250)]


def test_what_has_moved_is_not_told_again() -> None:
    assert diff(before=rows(50, 300), after=rows(250, 100)).culprits == ()


def test_a_dict_that_is_laid_out_anew_is_no_larger() -> None:
    def heap(size: int):
        return load_heap(
            "module app -.CACHE-> cache:dict -[*]-> r*60:app.Row", sizes={"cache": size}
        )

    assert diff(before=heap(100_000), after=heap(300_000)).culprits == ()


def test_growth_is_marked_where_it_enters_and_not_at_a_few_timers_on_the_way() -> None:
    def heap(timers: int, carts: int):
        return load_heap(
            "module lib -.LOOP-> loop:lib.Loop -._scheduled-> list_:list",
            f"list_ -[#]-> t*{timers}:asyncio.events.TimerHandle -._args-> shop:app.Shop",
            f"shop -.aborted-> aborted:list -[#]-> c*{carts}:app.Cart",
        )

    (group,) = why(heap(5, 100), "app.Cart", since=heap(3, 20)).groups
    assert group.chain.grows_at is not None
    assert group.chain.steps[group.chain.grows_at].type == "app.Cart"
    assert group.pattern is None or group.pattern.id != "timer-never-cancelled"
