"""What the objects that grew are called or run, where their type alone says little."""

from __future__ import annotations

import pytest

from heapsnap.analysis.answers.diff import diff
from tests.heaps import load_heap

LAYOUTS = {"_asyncio.Task": "Task", "functools.partial": "partial"}
FEW, MANY = 10, 60


def called(picture: str, *, names: dict[str, str], program: str = "other") -> str:
    """What is said of what grew in ``module app -.KEPT-> list``; ``{n}`` in the picture grows."""
    before, after = (
        load_heap(
            f"module {program} -.KEPT-> kept:list -[#]-> {picture.replace('{n}', str(n))}",
            layouts=LAYOUTS,
            names={f"{base}{i}": name for base, name in names.items() for i in range(n)},
        )
        for n in (FEW, MANY)
    )
    return diff(before=before, after=after).culprits[0].called


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("coroutine", "deliver()"),
        ("generator", "deliver()"),
        ("function", "deliver()"),
        ("type", "deliver"),
        ("dict", ""),
    ],
)
def test_functions_and_classes_are_called_by_their_names(kind: str, expected: str) -> None:
    assert called(f"o*{{n}}:{kind} -.x-> v*{{n}}:int", names={"o": "deliver"}) == expected


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("o*{n}:_asyncio.Task -._coro-> f*{n}:coroutine", "of deliver()"),
        ("o*{n}:trio.Task -.coro-> f*{n}:coroutine", "of deliver()"),
        ("o*{n}:threading.Thread -.__dict__-> d*{n}:dict -['_target']-> f*{n}:function",
         "of deliver()"),
        ("o*{n}:asyncio.events.TimerHandle -._callback-> m*{n}:method -.__func__-> f*{n}:function",
         "of deliver()"),
        ("o*{n}:functools.partial -.func-> f*{n}:function", "of deliver()"),
        ("o*{n}:asyncio.events.Handle -._callback-> p*{n}:functools.partial -.func-> f*{n}:function",
         "of deliver()"),
        ("o*{n}:_asyncio.Task -.result-> f*{n}:coroutine", ""),
        ("o*{n}:asyncio.events.Handle -._callback-> f*{n}:lib.Callable", ""),
    ],
)  # fmt: skip
def test_what_a_task_a_thread_or_a_timer_calls_is_told(picture: str, expected: str) -> None:
    assert called(picture, names={"f": "deliver"}) == expected


def test_a_class_of_the_programs_own_says_all_itself() -> None:
    picture = "o*{n}:__main__.Job -.func-> f*{n}:function"
    assert called(picture, names={"f": "__main__.deliver"}, program="__main__") == ""


def test_one_name_must_stand_for_nearly_all() -> None:
    names = [{f"o{i}": "refresh" if i % share == 0 else "deliver" for i in range(MANY)}
             for share in (20, 5)]  # fmt: skip
    told = []
    for named in names:
        before, after = (
            load_heap(f"module app -.KEPT-> kept:list -[#]-> o*{n}:coroutine -.x-> v*{n}:int",
                      names={f"o{i}": named[f"o{i}"] for i in range(n)})
            for n in (FEW, MANY)
        )  # fmt: skip
        told.append(diff(before=before, after=after).culprits[0].called)
    assert told == ["deliver()", ""]
