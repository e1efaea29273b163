"""What came along with a culprit, in heaps that are drawn: folded, or a leak of its own."""

import pytest

from heapsnap.analysis.answers.diff import diff
from tests.heaps import load_heap


def culprits(draw, *, before=10, after=60):
    return diff(before=load_heap(*draw(before)), after=load_heap(*draw(after))).culprits


def told(draw, **counts):
    return [(c.type, c.growth, c.holder) for c in culprits(draw, **counts)]


def customers(state, *, are_known=True):
    """A shop that keeps customers, and a library's session that has a state for each."""

    def draw(n):
        pictures = [
            "module app -.__dict__-> space:dict -['SHOP']-> shop:__main__.Shop -.kept-> kept:list",
            f"kept -[#]-> a*{n}:__main__.Customer",
            f"space -['SESSION']-> session:orm.Session -.states-> all:list -[#]-> s*{n}:{state}",
        ]
        return [*pictures, f"a*{n} -.state-> s*{n}"] if are_known else pictures

    return draw


def test_what_a_library_notes_of_each_object_is_folded_under_the_object():
    (customer,) = culprits(customers("orm.State"))
    assert (customer.type, customer.holder) == ("__main__.Customer", "app.SHOP.kept[*]")
    assert [(row.type, row.growth) for row in customer.consequences] == [("orm.State", 50)]


def test_what_belongs_to_no_object_of_the_culprit_is_a_leak_of_its_own():
    kinds = {kind for kind, _, _ in told(customers("orm.State", are_known=False))}
    assert kinds == {"__main__.Customer", "orm.State"}


def test_two_classes_of_the_program_are_two_leaks():
    kinds = {kind for kind, _, _ in told(customers("__main__.State"))}
    assert kinds == {"__main__.Customer", "__main__.State"}


def test_notes_that_grew_by_far_more_than_the_objects_are_a_leak_of_their_own():
    def draw(n):
        return [*customers("orm.State")(n), f"all -[#]-> more*{n * 9}:orm.State"]

    assert {kind for kind, _, _ in told(draw)} == {"__main__.Customer", "orm.State"}


def test_the_tables_of_one_library_object_tell_of_one_event():
    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['GRAPH']-> graph:lib.Graph",
            "graph -.__dict__-> own:dict -['nodes']-> nodes:dict",
            "own -['edges']-> edges:dict",
            f"nodes -[*]-> n*{n}:dict",
            f"edges -[*]-> e*{n}:dict",
        ]

    assert [(kind, growth) for kind, growth, _ in told(draw)] == [("dict", 50)]


def test_keys_are_told_with_their_values():
    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['ANSWERS']-> answers:dict",
            f"answers -[*]-> a*{n}:__main__.Answer",
            f"answers -<key>-> q*{n}:__main__.Question",
        ]

    assert len(told(draw)) == 1


def test_weak_references_are_told_with_what_they_look_at_and_alone_where_nothing_else_grew():
    def draw(n, *, with_views=True):
        listeners = (
            "module app -.__dict__-> space:dict -['WATCH']-> watch:list",
            f"watch -[#]-> w*{n}:weakref.ReferenceType",
        )
        views = f"space -['VIEWS']-> views:list -[#]-> v*{n}:__main__.View"
        return [*listeners, views] if with_views else [*listeners]

    assert [kind for kind, _, _ in told(draw)] == ["__main__.View"]
    alone = told(lambda n: draw(n, with_views=False))
    assert [kind for kind, _, _ in alone] == ["weakref.ReferenceType"]


def test_a_weak_method_is_told_not_the_reference_in_it():
    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['WATCH']-> watch:list",
            f"watch -[#]-> m*{n}:weakref.WeakMethod -._func_ref-> r*{n}:weakref.ReferenceType",
        ]

    assert [kind for kind, _, _ in told(draw)] == ["weakref.WeakMethod"]


def test_values_of_weak_keys_go_with_their_keys_unless_they_hold_what_a_person_would_name():
    def draw(n, value):
        return [
            "module app -.__dict__-> space:dict -['SIZES']-> sizes:weakref.WeakKeyDictionary",
            f"sizes -.data-> table:dict -[*]-> v*{n}:{value}",
        ]

    assert told(lambda n: draw(n, "list")) == []
    held = told(lambda n: [*draw(n, "list"), f"v*{n} -[#]-> k*{n}:__main__.View"])
    assert [kind for kind, _, _ in held] == ["__main__.View"]


def test_finalizers_go_with_their_objects_unless_they_hold_what_a_person_would_name():
    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['registry']-> registry:dict",
            f"registry -[*]-> f*{n}:weakref.finalize._Info",
        ]

    assert told(draw) == []
    held = told(lambda n: [*draw(n), f"f*{n} -.args-> t*{n}:tuple -[#]-> o*{n}:__main__.File"])
    assert [kind for kind, _, _ in held] == ["__main__.File"]


def test_a_cache_that_has_a_limit_comes_after_what_has_none():
    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['load']-> load:functools._lru_cache_wrapper",
            f"load -<cache>-> cache:dict -[*]-> link*{n * 9}:functools._lru_list_elem",
            f"link*{n * 9} -.result-> text*{n * 9}:str",
            f"space -['OPEN']-> open:list -[#]-> t*{n}:__main__.Ticket",
        ]

    assert told(draw)[0][0] == "__main__.Ticket"
    alone = told(lambda n: draw(n)[:-1])
    assert alone, "a high limit is no limit, where nothing else leaks"


def test_the_data_of_threads_is_written_by_its_attributes():
    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['LOCAL']-> local:_thread._local",
            "local -<threads>-> threads:dict -[*]-> own:dict -['stack']-> stack:list",
            f"stack -[#]-> c*{n}:__main__.Context",
        ]

    assert [holder for _, _, holder in told(draw)] == ["app.LOCAL.stack[*]"]


def test_strings_beside_the_objects_that_hold_them_are_told_with_them():
    def memo(n):
        pictures = [
            "module app -.__dict__-> space:dict -['MEMO']-> memo:lib.Memo",
            f"memo -?-> m*{n}:__main__.Message",
            *(f"memo -?-> t{k}*{n}:str" for k in range(4)),
            *(f"m*{n} -.parts-> p*{n}:list -[#]-> t{k}*{n}" for k in range(4)),
        ]
        return load_heap(*pictures)

    (found,) = diff(before=memo(10), after=memo(60)).culprits
    assert (found.type, found.growth) == ("__main__.Message", 50)
    assert ("str", 200) in [(row.type, row.growth) for row in found.consequences]


def tenants(*names):
    """An object with a dict for each of these, in each of which prices grow."""

    def draw(n):
        return [
            "module app -.__dict__-> space:dict -['TABLES']-> tables:__main__.Tables",
            *(f"tables -.{name}-> {name}:dict -[*]-> {name}p*{n}:__main__.Price" for name in names),
        ]

    return draw


def test_attributes_of_one_kind_in_which_one_type_grew_are_one_place():
    found = told(tenants("acme_prices", "globex_prices", "initech_prices"))
    assert found == [("__main__.Price", 150, "app.TABLES.*_prices[*]")]


def test_attributes_whose_names_have_nothing_in_common_are_places_of_their_own():
    found = told(tenants("drafts", "sent", "waiting"))
    assert sorted(found) == [
        ("__main__.Price", 50, f"app.TABLES.{name}[*]") for name in ("drafts", "sent", "waiting")
    ]


def looped(*coroutines):
    """Tasks of an event loop, whose coroutines have what grows in a variable."""

    def draw(n):
        return [
            "module asyncio.events -.__dict__-> space:dict -['loop']-> loop:asyncio.Loop",
            "loop -._ready-> ready:list",
            *(
                f"ready -[#]-> t{k}:_asyncio.Task -._coro-> {name}:coroutine "
                f"-orders-> l{k}:list -[#]-> o{k}x*{n}:__main__.Order"
                for k, name in enumerate(coroutines)
            ),
        ]

    return [
        culprit.holder
        for culprit in diff(
            before=load_heap(*draw(10), names={name: name for name in coroutines}),
            after=load_heap(*draw(60), names={name: name for name in coroutines}),
        ).culprits
    ]


def test_what_an_event_loop_leads_to_is_told_from_the_coroutine_on():
    assert looped("produce") == ["coroutine produce() local variable orders[*]"]


def test_where_several_coroutines_stand_at_one_place_it_is_told_from_the_loop_on():
    assert looped("produce", "consume") == ["event loop._ready[*]._coro local variable orders[*]"]


@pytest.mark.parametrize(
    ("module", "loop", "expected"),
    [
        ("_asyncio", "asyncio.unix_events._UnixSelectorEventLoop", "event loop._scheduled[*]"),
        ("uvloop", "uvloop.Loop", "event loop._scheduled[*]"),
        ("__main__", "uvloop.Loop", "__main__.current._scheduled[*]"),
        ("lib", "lib.Loop", "lib.current._scheduled[*]"),
    ],
)
def test_how_the_interpreter_comes_to_an_event_loop_is_not_told(module, loop, expected):
    def heap(n):
        return load_heap(
            f"module {module} -.current-> loop:{loop} -._scheduled-> timers:list",
            f"timers -[#]-> t*{n}:asyncio.TimerHandle",
        )

    assert [c.holder for c in diff(before=heap(10), after=heap(60)).culprits] == [expected]


def test_what_came_along_is_told_from_the_programs_own_to_pythons():
    def orders(n):
        return [
            f"module app -.ORDERS-> orders:list -[#]-> o*{n}:__main__.Order",
            f"o*{n} -.form-> d*{n}:dict -['n']-> s*{n}:str",
            f"o*{n} -.row-> r*{n}:orm.Row -.mark-> m*{n}:__main__.Mark",
        ]

    sizes = {"d": 900, "r": 300, "m": 40, "s": 50}
    result = diff(
        before=load_heap(*orders(10), sizes=sizes), after=load_heap(*orders(60), sizes=sizes)
    )
    rows = [(row.type, row.origin) for row in result.culprits[0].consequences]
    assert rows == [
        ("__main__.Mark", "program"),
        ("orm.Row", "library"),
        ("dict", "python"),
        ("str", "python"),
    ]
