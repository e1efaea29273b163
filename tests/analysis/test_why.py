"""Who holds what, in heaps that are drawn."""

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from heapsnap.analysis.heap.places import Places
from heapsnap.errors import UnknownTypeError
from tests.heaps import load_heap, node_of


def texts(chain):
    return [f"{step.reference} {step.text}".strip() for step in chain.steps]


def test_groups_are_equal_chains_with_the_largest_first():
    heap = load_heap(
        "module app -.rows-> rows:list -[#]-> a*30:Row",
        "module app -.last-> a30:Row",
    )
    result = why(heap, "Row")
    assert [(g.count, g.path, g.verdict) for g in result.groups] == [
        (30, "app.rows[*]", "rooted"),
        (1, "app.last", "rooted"),
    ]
    assert result.count == 31


def test_with_a_baseline_the_group_that_grew_comes_first():
    def heap(count):
        return load_heap(
            "module app -.old-> old:list -[#]-> o*50:Row",
            f"module app -.new-> new:list -[#]-> n*{count}:Row",
        )

    first = why(heap(20), "Row", since=heap(3)).groups[0]
    assert (first.path, first.growth, first.chain.grows_at) == ("app.new[*]", 17, 2)


def test_of_two_ways_the_shorter_is_shown_and_the_other_is_an_alternative():
    heap = load_heap(
        "module app -.near-> cache:Cache -.cursor-> c:Cursor",
        "module web -.far-> a:A -.b-> b:B -.cursor-> c:Cursor",
    )
    group = why(heap, "Cursor").groups[0]
    assert texts(group.chain) == ["module app", ".near Cache", ".cursor Cursor"]
    assert [texts(chain) for chain in group.alternatives] == [
        ["module web", ".far A", ".b B", ".cursor Cursor"]
    ]


def test_a_reference_that_explains_little_is_taken_only_where_there_is_no_other():
    heap = load_heap(
        "module app -.f-> f:function -.__globals__-> space:dict -['x']-> c:Cursor",
        "module app -.a-> a:A -.b-> b:B -.c-> d:D -.cursor-> c:Cursor",
    )
    assert texts(why(heap, "Cursor").groups[0].chain)[-1] == ".cursor Cursor"


def test_a_frame_is_told_with_thread_function_line_and_variable():
    heap = load_heap(
        "jobs:list -[#]-> j:Job",
        threads={"worker-1": ["work (app.py:12) jobs=jobs"]},
    )
    group = why(heap, "Job").groups[0]
    assert group.verdict == "frame"
    assert group.detail == ("thread worker-1, function work, app.py:12, variable jobs",)


def test_what_c_holds_is_told_with_the_number_of_references():
    heap = load_heap("module app -.x-> x:list", "i:Image", extra={"i": 2})
    group = why(heap, "Image").groups[0]
    assert group.verdict == "c-held"
    assert group.detail[0].startswith("2 references to it come from C code")


def test_garbage_is_told_by_the_shortest_cycle_and_its_pattern():
    heap = load_heap(
        "module app -.x-> x:list",
        "c:Cursor -.fetch-> m:method -.__self__-> c",
        "c:Cursor -.a-> a:A -.b-> b:B -.c-> c",
        "m:method -.__func__-> f:function",
        names={"f": "app.fetch_all"},
    )
    group = why(heap, "Cursor").groups[0]
    assert group.verdict == "garbage"
    assert group.path == "Cursor .fetch -> bound method fetch_all .__self__ -> Cursor"
    assert group.pattern.id == "bound-method-on-instance"


def test_what_hangs_on_garbage_is_told_by_the_cycle_that_keeps_it():
    heap = load_heap(
        "module app -.x-> x:list", "c:Cursor -.me-> c", "c:Cursor -.rows-> rows:list -[#]-> r:Row"
    )
    group = why(heap, "Row").groups[0]
    assert (group.verdict, texts(group.cycle)) == ("garbage", ["Cursor", ".me Cursor"])


def test_retained_bytes_of_a_group_are_what_would_be_freed_without_it():
    heap = load_heap(
        "module app -.rows-> rows:list -[#]-> r*10:Row -.text-> t*10:str",
        "r*10:Row -.shared-> shared:bytes",
        "module app -.keep-> shared:bytes",
        sizes={"t": 100, "r": 50},
    )
    assert why(heap, "Row").groups[0].retained_bytes == 10 * (100 + 50)


def test_a_closure_is_told_by_the_name_of_its_variable():
    heap = load_heap(
        "module app -.HOOKS-> hooks:list -[#]-> f:function -.__closure__(a, b)-> t:tuple",
        "t -[-#]-> cb:cell -.cell_contents-> y:Other",
        "t -[-#]-> ca:cell -.cell_contents-> x:Session",
    )
    group = why(heap, "Session").groups[0]
    assert group.path == "app.HOOKS[*] closure variable a"


def test_a_chain_of_many_equal_steps_is_folded():
    links = " -.next-> ".join(f"n{n}:Node" for n in range(500))
    heap = load_heap(f"module app -.HEAD-> {links} -.value-> v:Value")
    steps = why(heap, "Value").groups[0].chain.steps
    assert len(steps) < 8
    assert any("497 times" in step.text for step in steps)


def test_the_object_that_is_a_root_itself_is_its_own_chain():
    heap = load_heap("module app -.x-> x:list")
    assert texts(why(heap, "module").groups[0].chain) == ["module app"]


def test_an_unknown_type_is_an_error_with_the_nearest_names():
    heap = load_heap("module app -.x-> c:DictCursor")
    with pytest.raises(UnknownTypeError) as caught:
        why(heap, "DictCurso")
    assert "DictCursor" in caught.value.hint


def test_no_verdict_and_no_size_ever_drops_a_strong_reference():
    heap = load_heap("module app -.f-> f:function -.__globals__-> g:dict -['x']-> c:Cursor")
    places = Places(heap)
    assert places.verdict_of(node_of(heap, "c")) == "rooted"


def columns_of_parsed_queries(count):
    """A list keeps one column of each query, which knows the query and so its other columns."""
    return load_heap(
        "module app -.__dict__-> space:dict -['KEPT']-> kept:list",
        f"kept -[#]-> c*{count}:sql.Column -.parent-> q*{count}:sql.Query",
        *(f"q{n} -.columns-> l{n}:list -[#]-> c{n}a:sql.Column" for n in range(count)),
        *(f"l{n} -[#]-> c{n}b:sql.Column -.parent-> q{n}" for n in range(count)),
    )


def test_groups_begin_where_the_growth_enters_not_with_the_larger_one_that_follows_from_it():
    answer = why(columns_of_parsed_queries(60), "Column", since=columns_of_parsed_queries(10))
    assert [(g.path, g.growth) for g in answer.groups] == [
        ("app.KEPT[*]", 50),
        ("app.KEPT[*].parent.columns[*]", 100),
    ]


def test_a_part_that_refers_to_its_parent_is_said_to_hold_the_whole():
    first, other = why(
        columns_of_parsed_queries(60), "Column", since=columns_of_parsed_queries(10)
    ).groups
    assert first.pattern is not None
    assert first.pattern.id == "part-holds-whole"
    # These are held by their own parent, as in any tree.
    assert other.pattern is None or other.pattern.id != "part-holds-whole"


def jars(count):
    """Cookies by domain and path: two dicts in one another, which are one place of the tree."""
    return load_heap(
        f"module app -.JAR-> jar:dict -[*]-> d*{count}:dict",
        f"d*{count} -[*]-> p*{count}:dict -['sid']-> c*{count}:Cookie",
    )


def observers(count):
    """Each observes through another one, and that through a third."""
    return load_heap(
        f"module app -.ALL-> all:list -[#]-> a*{count}:Watch -.done-> m*{count}:method",
        f"m*{count} -.__self__-> b*{count}:Watch -.done-> n*{count}:method",
        f"n*{count} -.__self__-> c*{count}:Watch",
    )


def marked(chain):
    step = chain.steps[chain.grows_at]
    return chain.grows_at, f"{step.reference} {step.text}"


def test_growth_enters_where_a_run_of_equal_steps_begins_that_is_one_place():
    (group,) = why(jars(60), "Cookie", since=jars(10)).groups
    assert texts(group.chain)[2:] == ["[*] dict", "[*] dict", "['sid'] Cookie"]
    assert marked(group.chain) == (2, "[*] dict")
    (culprit,) = diff(before=jars(10), after=jars(60)).culprits
    assert (culprit.type, marked(culprit.chain)) == ("app.Cookie", (2, "[*] dict"))


def test_growth_enters_above_a_run_that_follows_from_it():
    first, further = why(observers(60), "Watch", since=observers(10)).groups
    assert (first.growth, further.growth) == (50, 100)
    assert marked(first.chain) == (2, "[59] Watch")
    assert marked(further.chain) == (2, "[59] Watch")


def test_a_run_that_is_entered_no_more_often_than_before_grows_at_its_far_end():
    def queue(count):
        return load_heap(
            "module app -.HEAD-> " + " -.next-> ".join(f"n{n}:N" for n in range(count))
        )

    group = why(queue(60), "N", since=queue(10)).groups[0]
    assert group.chain.grows_at == len(group.chain.steps) - 1


def test_growth_below_what_is_looked_through_is_marked_there():
    (group,) = why(jars(60), "Cookie", since=jars(10), through=["app.JAR"]).groups
    assert marked(group.chain) == (2, "[*] dict")


def ways(*pictures):
    """The references of each further chain to the one object of type X."""
    (group,) = why(load_heap(*pictures), "X").groups
    return [" ".join(s.reference for s in chain.steps[1:]) for chain in group.alternatives]


def test_another_attribute_of_the_same_class_is_told():
    assert ways(
        "module app -.Account-> c:type -.balance-> b:Field -.values-> v:dict -<key>-> x:X",
        "c -.limit-> l:Field -.values-> w:dict -<key>-> x",
    ) == [".Account .limit .values <key>"]


def test_another_attribute_of_the_same_instance_is_told_as_kept_inline_or_in_a_dict():
    assert ways(
        "module app -.M-> m:Manager -.names-> n:dict -['k']-> x:X",
        "m -.order-> o:list -[#]-> x",
    ) == [".M .order [0]"]
    assert ways(
        "module app -.__dict__-> space:dict -['M']-> m:Manager -.__dict__-> d:dict",
        "d -['names']-> n:dict -['k']-> x:X",
        "d -['order']-> o:list -[#]-> x",
    ) == [".M .order [0]"]


def test_a_second_name_of_the_same_container_is_told():
    assert ways(
        "module app -.M-> m:Manager -.all-> o:list -[#]-> x:X",
        "m -.same-> o",
        "m -.again-> o",
    ) == [".M .all [0]", ".M .same [0]"]


def test_a_second_reference_within_what_lets_go_is_no_further_way():
    assert (
        ways(
            "module app -.M-> m:Manager -.calls-> o:list -[#]-> call:Call -.owner-> x:X",
            "call -.method-> bound:method -.__self__-> x",
            "o -[#]-> x",
        )
        == []
    )


def test_a_way_that_shares_no_holder_comes_before_one_that_does():
    assert ways(
        "module app -.__dict__-> space:dict -['M']-> m:Manager -.names-> n:dict -['k']-> x:X",
        "m -.order-> o:list -[#]-> x",
        "module web -.A-> a:A -.b-> b:B -.c-> c:C -.d-> e:dict -['k']-> x",
    ) == [".A .b .c .d ['k']", ".M .order [0]"]
