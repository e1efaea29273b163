"""What comes and goes is no leak because there happens to be more of it: sessions, windows, pools."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.growth.kept_items import longest_increasing
from tests.heaps import load_heap

ROWS = "module __main__ -.ROWS-> rows:list"
"""Equal names are equal objects: what has another name in the next heap has gone."""


def heap(*pictures, **keywords):
    return load_heap(ROWS, *pictures, **keywords)


def row(family, count):
    return f"rows -[#]-> {family}*{count}:__main__.Row"


def answer(*heaps):
    """What ``diff`` says of rows: the number in each heap, as a leak, or as what is none."""
    result = diff(before=heaps[0], between=heaps[1:-1], after=heaps[-1])
    return [c.counts for c in result.culprits], [c.counts for c in result.warming]


def test_a_leak_keeps_what_it_had():
    assert answer(heap(row("a", 100)), heap(row("a", 100), row("b", 30))) == ([(100, 130)], [])


def test_a_window_that_is_fuller_is_no_leak():
    before, after = heap(row("a", 50), row("b", 50)), heap(row("b", 50), row("c", 80))
    assert answer(before, after) == ([], [(100, 130)])


def test_a_little_that_goes_beside_much_that_comes_is_a_leak():
    before, after = heap(row("a", 10), row("b", 90)), heap(row("b", 90), row("c", 100))
    assert answer(before, after) == ([(100, 190)], [])


def test_addresses_that_are_used_again_are_told_by_their_order():
    before = heap(row("a", 50), row("b", 50))
    after = heap(row("b", 50), row("a", 50), row("c", 30))
    assert answer(before, after) == ([], [(100, 130)])


def test_a_set_has_no_order():
    def heap(*families):
        return load_heap(
            "module __main__ -.ROWS-> rows:set",
            *(f"rows -> {family}*{count}:__main__.Row" for family, count in families),
        )

    before, after = heap(("a", 50), ("b", 50)), heap(("b", 50), ("a", 50), ("c", 30))
    assert answer(before, after) == ([(100, 130)], [])


def test_of_another_process_nothing_is_known():
    before = heap(row("a", 100))
    after = heap(row("c", 130), header={"pid": 4712})
    assert answer(before, after) == ([(100, 130)], [])


def test_a_copy_that_takes_the_place_of_its_container_is_the_same():
    before = load_heap("module __main__ -.ROWS-> old:tuple -[#]-> a*100:__main__.Row")
    after = load_heap(
        "module __main__ -.ROWS-> new:tuple -[#]-> a*100:__main__.Row",
        "new -[#]-> b*30:__main__.Row",
    )
    assert answer(before, after) == ([(100, 130)], [])


def test_batches_that_were_emptied_and_filled_again_are_no_leak():
    def heap(*families):
        return load_heap(
            *(
                f"module __main__ -.ALL-> all:list -[#]-> batch{n}:__main__.Batch"
                f" -.rows-> rows{n}:list -[#]-> {family}{n}_*{count}:__main__.Row"
                for n, (family, count) in enumerate(families)
            )
        )

    before = heap(("a", 30), ("a", 30), ("a", 30), ("a", 30))
    assert answer(before, heap(("a", 60), ("a", 60), ("a", 60), ("a", 60))) == ([(120, 240)], [])
    assert answer(before, heap(("a", 70), ("a", 70), ("a", 70), ("b", 30))) == ([], [(120, 240)])


def test_what_holds_it_may_be_new_each_time():
    def heap(handles, count):
        return load_heap(
            f"module __main__ -.TIMERS-> timers:list -[#]-> {handles}*{count}:asyncio.events.TimerHandle",
            f"{handles}*{count} -._callback-> poll*{count}:__main__.Poll",
        )

    result = diff(before=heap("h", 40), after=heap("i", 80))
    assert [(c.type, c.counts) for c in result.culprits] == [("__main__.Poll", (40, 80))]


def looked_up(call, families, registry):
    """Handlers in two tuples of a cache that is made anew for each call, and in a registry."""
    return load_heap(
        "module __main__ -.BUS-> bus:lib.Bus -.cache-> cache:list",
        *(
            f"cache -[#]-> {call}{n}:tuple -[#]-> {family}{n}_*{count}:__main__.Row"
            for family, count in families
            for n in range(2)
        ),
        *(
            f"bus -.registry-> registry:lib.Registry -.rows-> {registry}:list"
            f" -[#]-> {family}{n}_*{count}"
            for family, count in families
            for n in range(2)
        ),
    )


@pytest.mark.parametrize(
    ("later", "registry", "is_told"),
    [
        ([("a", 50), ("b", 15)], "kept", True),
        ([("b", 65)], "kept", False),
        ([("a", 50), ("b", 15)], "elsewhere", True),  # a larger copy of the only one
    ],
)
def test_what_is_kept_in_a_second_collection_does_not_go(later, registry, is_told):
    before = looked_up("first", [("a", 50)], "kept")
    after = looked_up("second", later, registry)
    assert answer(before, after) == (([(100, 130)], []) if is_told else ([], [(100, 130)]))


@pytest.mark.parametrize(
    ("counts", "is_told"), [((40, 50, 60), False), ((40, 45, 50, 55, 60), True)]
)
def test_three_numbers_rise_by_chance_and_five_do_not(counts, is_told):
    heaps = [heap(row(f"r{n}_", count)) for n, count in enumerate(counts)]
    told, passing = answer(*heaps)
    assert (told, passing) == (([counts], []) if is_told else ([], [counts]))


def test_three_snapshots_tell_a_leak_among_what_comes_and_goes():
    heaps = [heap(row("kept", 40 * n), row(f"passing{n}_", 50)) for n in (1, 2, 3)]
    assert answer(*heaps) == ([(90, 130, 170)], [])


def test_a_backlog_is_told_although_all_of_it_moves_on():
    assert answer(heap(row("a", 300)), heap(row("b", 1500))) == ([(300, 1500)], [])
    assert answer(heap(row("a", 300)), heap(row("b", 500))) == ([], [(300, 500)])


def test_a_list_of_nothing_that_is_filled_is_full():
    pictures = ["module __main__ -.RING-> ring:list"]
    empty = [f"ring -[{n}]-> nothing:NoneType" for n in range(60)]
    full = [f"ring -[{n}]-> r{n}:__main__.Row" for n in range(60)]
    before = load_heap(*pictures, *full[:10], *empty[10:])
    assert diff(before=before, after=load_heap(*pictures, *full)).culprits == ()


@pytest.mark.parametrize("seed", range(20))
def test_a_longest_increasing_subsequence_is_as_long_as_the_slow_way_finds(seed):
    numbers = np.random.default_rng(seed).permutation(30).tolist()
    chosen = [numbers[index] for index in longest_increasing(numbers)]
    assert chosen == sorted(set(chosen))
    longest = [1] * len(numbers)
    for end, number in enumerate(numbers):
        shorter = [longest[i] for i in range(end) if numbers[i] < number]
        longest[end] = 1 + max(shorter, default=0)
    assert len(chosen) == max(longest)
