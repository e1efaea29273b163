"""One object is one place, on whatever way it is reached: so is what it holds."""

from __future__ import annotations

from heapsnap.analysis.answers.diff import diff
from tests.heaps import load_heap

READY = "module loop -.READY-> ready:list -[#]-> task:__main__.Task"
TIMERS = "module loop -.TIMERS-> timers:dict -['hub']-> task:__main__.Task"


def subscriptions(way, count, **keywords):
    pictures = [f"task -.subs-> subs:list -[#]-> s*{count}:__main__.Sub"] if count else []
    return load_heap("module loop -.READY-> ready:list", way, *pictures, **keywords)


def counts_of(*heaps):
    result = diff(before=heaps[0], between=heaps[1:-1], after=heaps[-1])
    return [(culprit.type, culprit.counts) for culprit in result.culprits]


def test_what_an_object_holds_is_compared_however_it_is_reached():
    heaps = [subscriptions(READY, 40), subscriptions(TIMERS, 80), subscriptions(READY, 120)]
    assert counts_of(*heaps[:2]) == [("__main__.Sub", (40, 80))]
    assert counts_of(*heaps) == [("__main__.Sub", (40, 80, 120))]


def test_an_address_in_another_process_is_another_object():
    before = subscriptions(READY, 40, header={"pid": 4712})
    assert counts_of(before, subscriptions(TIMERS, 80)) == [("__main__.Sub", (0, 80))]


def test_what_is_handed_on_has_moved():
    def heap(pending, done):
        return load_heap(
            f"module __main__ -.PENDING-> pending:list -[#]-> {pending}*100:__main__.Job",
            "module __main__ -.DONE-> done:list",
            *(f"done -[#]-> {family}*100:__main__.Job" for family in done),
        )

    assert counts_of(heap("a", []), heap("b", ["a"])) == [("__main__.Job", (0, 100))]
