"""What counts as growth in every round, in heaps that are drawn."""

import pytest

from heapsnap.analysis.answers.steady import find_steady_growth
from heapsnap.analysis.heap.places import Places
from tests.heaps import load_heap


def steady(snapshots, **question):
    return find_steady_growth([Places(snapshot) for snapshot in snapshots], **question)


def heaps(picture, *counts, **keywords):
    """A series of heaps in which ``COUNT`` of the picture is the count."""
    return [load_heap(picture.replace("COUNT", str(count)), **keywords) for count in counts]


def sessions(*counts):
    return heaps("module app -.SESSIONS-> all:list -[#]-> s*COUNT:Session", *counts)


def test_one_object_more_in_every_round_is_found():
    (growth,) = steady(sessions(3, 4, 5, 6))
    assert (growth.culprit.type, growth.culprit.holder) == ("app.Session", "app.SESSIONS[*]")
    assert (growth.what, growth.amounts, growth.culprit.counts) == (
        "objects",
        (3, 4, 5, 6),
        (3, 4, 5, 6),
    )


@pytest.mark.parametrize("counts", [(3, 900, 900, 900), (3, 4, 4, 9), (9, 8, 7), (5, 6, 5, 6)])
def test_growth_that_stopped_even_once_is_not(counts):
    assert steady(sessions(*counts)) == ()


def test_what_is_allowed_in_a_round_is_not():
    assert steady(sessions(3, 5, 7), grows=2) == ()
    assert len(steady(sessions(3, 6, 9), grows=2)) == 1


def test_only_named_types_are_looked_at_wherever_they_are():
    series = heaps("module app -.SESSIONS-> all:list -[#]-> s*COUNT:Session", 3, 4, 5)
    assert steady(series, types=["Row", "NoSuchType"]) == ()
    (growth,) = steady(series, types=["*Sess*"])
    assert growth.culprit.holder == "app.SESSIONS[*]"


def test_objects_that_move_from_one_place_to_another_are_not():
    series = [
        load_heap(
            f"module app -.IDLE-> idle:list -[#]-> s*{9 - busy}:Session",
            f"module app -.BUSY-> busy:list -[#]-> b*{busy}:Session",
        )
        for busy in (2, 3, 4, 5)
    ]
    assert steady(series) == ()


def test_a_list_of_numbers_that_exist_anyway_is_told_by_its_entries():
    series = [
        load_heap("module app -.SEEN-> seen:list", *["module app -.ONE-> one:int"])
        if count == 0
        else load_heap(
            "module app -.ONE-> one:int",
            "module app -.SEEN-> seen:list",
            *[f"seen -[{number}]-> one" for number in range(count)],
        )
        for count in (0, 1, 2, 3)
    ]
    (growth,) = steady(series)
    assert (growth.culprit.type, growth.what, growth.amounts) == ("list", "entries", (0, 1, 2, 3))


def test_a_buffer_is_told_by_its_bytes_though_it_is_given_room_in_advance():
    sizes = (100_000, 200_000, 200_000, 300_000, 400_000)
    series = [load_heap("module app -.LOG-> log:bytes", sizes={"log": size}) for size in sizes]
    (growth,) = steady(series)
    assert (growth.culprit.type, growth.what, growth.amounts) == ("bytes", "bytes", sizes)


def test_what_the_test_runner_writes_down_is_no_growth():
    picture = (
        "module logging -.HANDLER-> handler:_pytest.logging.LogCaptureHandler "
        "-.records-> all:list -[#]-> r*COUNT:logging.LogRecord"
    )
    assert steady(heaps(picture, 3, 4, 5)) == ()


def test_garbage_counts_only_where_no_collector_comes_for_it():
    picture = "module app", "c*{}:Cursor -.fetch-> m*{}:method -.__self__-> c*{}"
    collector = {"count": [0, 0, 0], "threshold": [700, 10, 10], "freeze_count": 0}
    collector |= {"stats": [], "garbage": 0, "debug": 0}

    def find(*, enabled):
        header = {"gc": collector | {"enabled": enabled}}
        return steady(
            [
                load_heap(picture[0], picture[1].replace("{}", str(n)), header=header)
                for n in (2, 3, 4)
            ]
        )

    assert find(enabled=True) == ()
    (growth,) = find(enabled=False)
    assert (growth.culprit.verdict, growth.amounts) == ("garbage", (2, 3, 4))
    assert growth.pattern is not None
    assert growth.pattern.id == "bound-method-on-instance"
