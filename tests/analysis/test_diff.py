"""Culprits, in heaps that are drawn."""

import pytest

from heapsnap.analysis.answers.diff import diff, is_same_process
from heapsnap.analysis.growth.culprits import fingerprint
from tests.heaps import load_heap

SWITCHED_OFF = {
    "gc": {
        "enabled": False, "count": [0, 0, 0], "threshold": [700, 10, 10], "freeze_count": 0,
        "stats": [], "garbage": 0, "debug": 0,
    }
}  # fmt: skip


def sessions(count, **keywords):
    return load_heap(
        f"module app -.__dict__-> space:dict -['SESSIONS']-> all:dict -[*]-> s*{count}:Session",
        f"s*{count} -.__dict__-> attributes*{count}:dict -['name']-> name*{count}:str",
        **keywords,
    )


def test_the_first_culprit_is_the_type_that_grew_and_the_place_where_it_did():
    result = diff(before=sessions(12), after=sessions(60))
    first = result.culprits[0]
    assert (first.type, first.holder, first.verdict) == ("app.Session", "app.SESSIONS[*]", "rooted")
    assert (first.count_before, first.count_after, first.growth) == (12, 60, 48)
    assert len(result.culprits) == 1


def test_what_hangs_on_the_culprit_is_its_consequence():
    first = diff(before=sessions(12), after=sessions(60)).culprits[0]
    assert {(row.type, row.growth) for row in first.consequences} == {("dict", 48), ("str", 48)}
    assert first.retained_bytes_growth == 48 * (64 + 64 + 32)


def test_the_chain_names_the_container_and_marks_where_growth_enters():
    chain = diff(before=sessions(12), after=sessions(60)).culprits[0].chain
    assert [step.text for step in chain.steps] == ["module app", "dict", "Session"]
    assert [step.reference for step in chain.steps] == ["", ".SESSIONS", "[*]"]
    assert chain.grows_at == 2


def test_a_small_dict_whose_keys_were_told_apart_is_compared_with_the_large_one_it_became():
    def heap(count):
        keys = [f"module app -.S-> all:dict -['k{n}']-> s{n}:Session" for n in range(count)]
        return load_heap(*keys)

    first = diff(before=heap(5), after=heap(200)).culprits[0]
    assert (first.holder, first.count_before, first.count_after) == ("app.S[*]", 5, 200)


def test_objects_that_merely_moved_are_no_culprits():
    before = load_heap("module app -.A-> a:list -[#]-> x*50:Row", "module app -.B-> b:list")
    after = load_heap("module app -.B-> b:list -[#]-> x*50:Row", "module app -.A-> a:list")
    assert diff(before=before, after=after).culprits == ()


def test_the_same_heap_grew_by_nothing():
    result = diff(before=sessions(40), after=sessions(40))
    assert result.culprits == result.warming == result.containers == ()
    assert all(row.growth == 0 for row in result.types)


def test_a_bound_method_in_a_registry_is_blamed_on_the_object_that_it_belongs_to():
    def heap(count):
        return load_heap(
            f"module app -.HOOKS-> hooks:list -[#]-> m*{count}:method -.__self__-> c*{count}:Cursor"
        )

    first = diff(before=heap(3), after=heap(40)).culprits[0]
    assert (first.type, first.holder) == ("app.Cursor", "app.HOOKS[*]")


def cycles(count, **keywords):
    return load_heap(
        "module app -.X-> x:list",
        f"c*{count}:Cursor -.fetch-> m*{count}:method -.__self__-> c*{count}",
        **keywords,
    )


def test_garbage_that_nobody_collects_is_a_culprit_named_by_its_cycle():
    result = diff(before=cycles(5), after=cycles(80, header=SWITCHED_OFF))
    first = result.culprits[0]
    assert (first.type, first.verdict, first.growth) == ("app.Cursor", "garbage", 75)
    assert first.holder == "Cursor .fetch -> bound method .__self__ -> Cursor"
    assert result.garbage[0].owner == "app.Cursor"
    assert (result.garbage[0].count_before, result.garbage[0].count_after) == (5, 80)


def test_garbage_that_waits_for_its_collection_is_shown_apart():
    result = diff(before=cycles(5), after=cycles(80))
    assert result.culprits == ()
    assert result.garbage[0].count_after == 80


@pytest.mark.parametrize(("frozen", "culprits"), [(375, 0), (40_000, 1)])
def test_what_python_froze_when_it_started_does_not_hide_garbage_from_the_collector(
    frozen, culprits
):
    header = {"gc": {**SWITCHED_OFF["gc"], "enabled": True, "freeze_count": frozen}}
    result = diff(before=cycles(5), after=cycles(80, header=header))
    assert len(result.culprits) == culprits


def test_a_module_that_was_imported_meanwhile_is_no_leak():
    before = load_heap("module app -.x-> x:list")
    after = load_heap(
        "module app -.x-> x:list",
        "module late -.TABLE-> table:dict -[*]-> row*500:Row",
    )
    result = diff(before=before, after=after)
    assert result.culprits == ()
    assert "late" in result.warming[0].holder


def test_a_linked_list_grows_at_its_head_however_long_it_is():
    def heap(count):
        links = " -.next-> ".join(f"n{n}:Node" for n in range(count))
        return load_heap(f"module app -.HEAD-> {links}")

    first = diff(before=heap(10), after=heap(900)).culprits[0]
    assert (first.type, first.growth) == ("app.Node", 890)
    assert first.holder == "app.HEAD.next"
    assert len(first.chain.steps) < 8


def test_growth_in_a_local_variable_names_the_function_and_not_the_thread():
    def heap(count):
        return load_heap(
            f"jobs:list -[#]-> j*{count}:Job",
            threads={"worker-1": ["run (app.py:3)", "work (app.py:12) jobs=jobs"]},
        )

    first = diff(before=heap(2), after=heap(50)).culprits[0]
    assert (first.verdict, first.holder) == ("frame", "work() local variable jobs[*]")


def test_growth_that_only_c_explains_says_so():
    def heap(count):
        names = [f"i{n}" for n in range(count)]
        pictures = [f"{name}:Image -.pixels-> p{name}:bytes" for name in names]
        return load_heap("module app -.x-> x:list", *pictures, extra=dict.fromkeys(names, 1))

    first = diff(before=heap(2), after=heap(50)).culprits[0]
    assert (first.type, first.verdict, first.growth) == ("app.Image", "c-held", 48)


def test_containers_that_grew_are_listed_by_the_path_that_a_person_would_write():
    rows = diff(before=sessions(12), after=sessions(60)).containers
    assert [(r.path, r.entries_before, r.entries_after) for r in rows] == [("app.SESSIONS", 12, 60)]


def test_the_same_files_give_the_same_answer():
    assert repr(diff(before=sessions(12), after=sessions(60)).culprits) == repr(
        diff(before=sessions(12), after=sessions(60)).culprits
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [({"sequence": 2}, True), ({"sequence": 1}, False), ({"sequence": 2, "pid": 7}, False)],
)
def test_two_snapshots_are_of_one_process_if_pid_and_host_agree_and_one_is_later(header, expected):
    before = load_heap("module app -.x-> x:list", header={"sequence": 1, "pid": 5})
    after = load_heap("module app -.x-> x:list", header={"pid": 5, **header})
    assert is_same_process(before, after) is expected


def test_one_buffer_that_swells_is_a_culprit_without_there_being_more_of_it():
    def heap(size):
        picture = "module app -.STREAM-> s:Stream -.buffer-> b:bytes"
        return load_heap(picture, sizes={"b": size})

    first = diff(before=heap(1000), after=heap(500_000)).culprits[0]
    assert (first.type, first.holder) == ("bytes", "app.STREAM.buffer")
    assert (first.growth, first.bytes_growth) == (0, 499_000)


def test_of_three_snapshots_only_what_grew_in_both_steps_is_a_culprit():
    def heap(steady, once):
        return load_heap(
            f"module app -.LEAK-> leak:list -[#]-> l*{steady}:Leak",
            f"module app -.CACHE-> cache:list -[#]-> c*{once}:Page",
        )

    first, second, third = heap(10, 100), heap(60, 900), heap(120, 900)
    result = diff(before=first, between=[second], after=third)
    assert [(c.type, c.counts) for c in result.culprits] == [("app.Leak", (10, 60, 120))]
    assert [(c.type, c.counts) for c in result.sporadic] == [("app.Page", (100, 900, 900))]
    assert [c.type for c in diff(before=first, after=third).culprits] == ["app.Page", "app.Leak"]
    assert len(result.snapshots) == 3
    assert (result.before, result.after) == (result.snapshots[0], result.snapshots[2])


def test_a_sawtooth_is_no_culprit_once_it_was_seen_to_fall():
    result = diff(before=sessions(40), between=[sessions(900), sessions(50)], after=sessions(800))
    assert result.culprits == ()
    assert result.warming[0].counts == (40, 900, 50, 800)


def test_one_buffer_that_swells_in_every_step_is_a_culprit():
    def heap(size):
        return load_heap("module app -.BUFFER-> buffer:bytes", sizes={"buffer": size})

    steps = [heap(size) for size in (100_000, 400_000, 900_000)]
    first = diff(before=steps[0], between=steps[1:2], after=steps[2]).culprits[0]
    assert (first.type, first.counts, first.bytes_growth) == ("bytes", (1, 1, 1), 800_000)
    assert diff(before=steps[0], between=steps[2:], after=steps[1]).culprits == ()


def test_a_fingerprint_does_not_depend_on_where_the_code_lies():
    texts = [
        f"Error .tb_frame -> frame ask ({place}) last -> Error"
        for place in ("/a/x.py:3", "/b/x.py:9")
    ]
    assert len({fingerprint("garbage", "Error", text) for text in texts}) == 1


def test_containers_at_one_place_are_told_together_if_there_are_no_more_of_them():
    def heap(count):
        return load_heap(
            "module app -.ROOMS-> rooms:list -[#]-> room*12:Room -.messages-> m*12:list",
            *[f"m{n}:list -[#]-> text{n}x*{count}:Message" for n in range(12)],
        )

    (row,) = diff(before=heap(2), after=heap(10)).containers
    assert (row.path, row.type, row.containers) == ("app.ROOMS[*].messages", "list", 12)
    assert (row.entries_before, row.entries_after) == (24, 120)


def test_what_another_holds_as_well_came_along_and_is_not_retained():
    def heap(count):
        return load_heap(
            f"module app -.MARKS-> marks:list -[#]-> m*{count}:Mark -.row-> r*{count}:dict",
            f"module orm -.TABLE-> table:dict -['all']-> all:list -['rows']-> r*{count}",
        )

    first = diff(before=heap(10), after=heap(60)).culprits[0]
    assert (first.type, first.retained_bytes_growth) == ("app.Mark", 50 * 64)
    assert [(row.type, row.bytes_growth) for row in first.consequences] == [("dict", 50 * 64)]
