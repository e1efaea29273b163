"""Which known pattern is told of a heap that grows, and of which it is not."""

import pytest

from heapsnap.analysis.answers.why import why
from heapsnap.analysis.patterns.match import match_pattern
from heapsnap.analysis.results import Chain, Step
from tests.heaps import load_heap

LAYOUTS = {
    "_asyncio.Task": "Task",
    "_asyncio.Future": "Future",
    "app.Traced": "Task",
    "app.Promise": "Future",
}

GENERAL = {"collection-of-an-object", "collection-in-a-function"}


def groups_of(kind, *pictures, layouts=LAYOUTS, **keywords):
    """The ways in which the objects of a type are held; ``{n}`` in a picture has grown."""
    before, after = (
        load_heap(*(p.replace("{n}", str(n)) for p in pictures), layouts=layouts, **keywords)
        for n in (10, 60)
    )
    return why(after, kind, since=before).groups


def group_of(kind, *pictures, **keywords):
    return groups_of(kind, *pictures, **keywords)[0]


def pattern_of(kind, *pictures, **keywords):
    """Which pattern is told, if it is not what is told of any collection that grows."""
    pattern = group_of(kind, *pictures, **keywords).pattern
    return None if pattern is None or pattern.id in GENERAL else pattern.id


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (["module app -.APP-> app:app.App -.rows-> rows:list"], "collection-of-an-object"),
        (
            ["module lib -.LOOP-> loop:lib.Loop -.task-> c:coroutine -rows-> rows:list"],
            "collection-in-a-function",
        ),
    ],
)
def test_of_any_collection_that_grows_it_is_told_how_long_it_stays(pictures, expected):
    pattern = group_of("app.Row", *pictures, "rows -[#]-> r*{n}:app.Row").pattern
    assert pattern.id == expected


def test_of_a_collection_that_is_not_known_to_grow_nothing_is_told():
    heap = load_heap("module app -.APP-> app:app.App -.rows-> rows:list -[#]-> r*60:app.Row")
    assert why(heap, "app.Row").groups[0].pattern is None


def kept_in_a_set(kind):
    return (
        "module app -.BOARD-> board:app.Board -.done-> done:set",
        f"done -{{*}}-> t*{{n}}:{kind}",
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("_asyncio.Task", "task-kept"),
        ("asyncio.tasks.Task", "task-kept"),
        ("app.Traced", "task-kept"),
        ("app.Task", None),
        ("rich.progress.Task", None),
        ("dask._task_spec.Task", None),
        ("trio.lowlevel.Task", None),
        ("_asyncio.Future", "future-kept"),
        ("asyncio.futures.Future", "future-kept"),
        ("concurrent.futures._base.Future", "future-kept"),
        ("twisted.internet.defer.Deferred", "future-kept"),
        ("multiprocessing.pool.ApplyResult", "future-kept"),
        ("app.Promise", "future-kept"),
        ("app.Future", None),
        ("trading.contracts.Future", None),
        ("app.Deferred", None),
    ],
)
def test_tasks_and_futures_are_those_of_the_libraries_that_have_them(kind, expected):
    assert pattern_of(kind, *kept_in_a_set(kind)) == expected


def test_only_a_task_of_asyncio_is_said_to_be_suspended():
    assert group_of("app.Task", *kept_in_a_set("app.Task")).detail == ()
    told = group_of("app.Traced", *kept_in_a_set("app.Traced")).detail
    assert told == ("suspended: Traced",)


def test_only_a_future_of_asyncio_is_said_to_be_awaited():
    def awaited(future):
        return group_of(
            future,
            "module app -.BOOK-> book:list",
            f"book -[#]-> f*{{n}}:{future}",
            "f59 -._callbacks-> calls:list -[0]-> t:_asyncio.Task",
        ).detail

    assert awaited("app.Future") == ()
    assert awaited("_asyncio.Future") == ("awaited by: Task",)


@pytest.mark.parametrize(
    ("group", "children", "task"),
    [
        ("trio._core._run.Nursery", "_children", "trio.lowlevel.Task"),
        ("trio._core._run.Runner", "tasks", "trio.lowlevel.Task"),
        ("asyncio.taskgroups.TaskGroup", "_tasks", "_asyncio.Task"),
        ("anyio._backends._asyncio.TaskGroup", "_tasks", "_asyncio.Task"),
    ],
)
def test_a_nursery_keeps_its_tasks_until_they_end(group, children, task):
    pictures = (
        f"module app -.GROUP-> group:{group} -.{children}-> tasks:set",
        f"tasks -{{*}}-> t*{{n}}:{task}",
    )
    assert pattern_of(task, *pictures) == "nursery-never-ends"


@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        ("collections.Counter", "dict"),
        ("collections.OrderedDict", "OrderedDict"),
        ("nltk.probability.ConditionalFreqDist", "defaultdict"),
        ("app.Registry", "dict"),
        ("app.Ordered", "OrderedDict"),
        ("app.History", "list"),
    ],
)
def test_a_collection_at_module_level_may_be_of_a_class_that_derives_from_one(kind, layout):
    pictures = (f"module app -.ROWS-> rows:{kind}", "rows -[*]-> r*{n}:app.Row")
    assert pattern_of("app.Row", *pictures, layouts={kind: layout}) == "module-level-collection"


def test_a_collection_of_a_class_may_be_of_a_class_that_derives_from_one():
    pictures = (
        "module app -.Model-> class app.Model -.seen-> seen:app.Registry",
        "seen -[*]-> r*{n}:app.Row",
    )
    layouts = {"app.Registry": "dict"}
    assert pattern_of("app.Row", *pictures, layouts=layouts) == "class-level-collection"


def held_by(kind, item="app.Row"):
    return (
        f"module app -.PAGES-> owner:app.Table -.pages-> cache:{kind} -._data-> rows:dict",
        f"rows -[*]-> r*{{n}}:{item}",
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("app.LRU", "own-cache"),
        ("app.MyLRU2", "own-cache"),
        ("app.Memo", "own-cache"),
        ("app.page_cache", "own-cache"),
        ("app.HTTPCache", "own-cache"),
        ("lib.utils.LRUCache", "own-cache"),
        ("lib.LRUDict", "own-cache"),
        ("app.InMemoryRepository", None),
        ("app.MemberList", None),
        ("app.memory_store", None),
        ("app.Cached", None),
        ("app.CacheKey", None),
        ("app.CacheEntry", None),
        ("app.PLRUX", None),
    ],
)
def test_a_cache_is_known_by_a_word_of_its_class_at_any_depth(kind, expected):
    assert pattern_of("app.Row", *held_by(kind)) == expected


def test_a_cache_that_keeps_other_caches_is_not_blamed_for_its_entries():
    pictures = held_by("lib.FanoutCache", item="lib.Cache")
    assert pattern_of("lib.Cache", *pictures) is None


def test_a_cache_within_what_grows_is_not_to_blame():
    pictures = (
        "module app -.USERS-> box:app.Users -.rows-> rows:list",
        "rows -[#]-> u*{n}:app.User -.cache-> c*{n}:app.Cache -.data-> d*{n}:dict",
        "d*{n} -['k']-> r*{n}:app.Row",
    )
    assert pattern_of("app.Row", *pictures) is None


def test_a_cache_that_is_a_dict_itself_is_a_cache():
    pictures = ("module app -.ROWS-> rows:app.LRUCache", "rows -[*]-> r*{n}:app.Row")
    layouts = {"app.LRUCache": "OrderedDict"}
    assert pattern_of("app.Row", *pictures, layouts=layouts) == "own-cache"


@pytest.mark.parametrize("record", ["", "-> rec*{n}:app.Record -.column"])
def test_a_part_with_a_parent_of_its_own_keeps_it(record):
    pictures = (
        "module app -.KEPT-> kept:dict",
        f"kept -[*]{record}-> c*{{n}}:sql.Column -.parent-> q*{{n}}:sql.Query",
    )
    assert pattern_of("sql.Column", *pictures) == "part-holds-whole"


def test_a_parent_that_all_parts_share_is_no_whole():
    pictures = (
        "module app -.CLOSED-> closed:list -[#]-> c*{n}:app.Channel -.parent-> s:app.Server",
    )
    assert pattern_of("app.Channel", *pictures) == "module-level-collection"


def test_a_parent_that_something_else_keeps_would_stay_without_its_part():
    pictures = (
        "module app -.CLOSED-> closed:list -[#]-> c*{n}:app.Channel -.parent-> s*{n}:app.Server",
        "module app -.SERVERS-> servers:list -[#]-> s*{n}",
    )
    assert pattern_of("app.Channel", *pictures) == "module-level-collection"


def test_a_parent_of_which_less_hangs_than_of_its_part_is_no_whole():
    pictures = (
        "module app -.SPANS-> spans:list -[#]-> s*{n}:app.Span -.parent-> p*{n}:app.SpanContext",
        "s*{n} -.attributes-> a*{n}:dict",
    )
    assert pattern_of("app.Span", *pictures) == "module-level-collection"


def test_leaves_of_one_tree_that_a_module_holds_keep_nothing_more():
    pictures = (
        "module app -.TREE-> top:app.Node -.children-> tops:list -[#]-> n*{n}:app.Node",
        "module app -.SEEN-> seen:list -[#]-> leaf*{n}:app.Node -.parent-> n*{n}",
    )
    told = [group.pattern for group in groups_of("app.Node", *pictures)]
    assert len(told) == 3
    assert not any(pattern and pattern.id == "part-holds-whole" for pattern in told)


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("module app -.Resolver-> class app.Resolver", "lru-cache-on-method"),
        ("module app -.RESOLVER-> own:app.Resolver", "unbounded-lru-cache"),
        ("module app -.BOX-> box:app.Box -.own-> own:app.Resolver", "unbounded-lru-cache"),
        ("module app -.Model-> own:app.Meta", "lru-cache-on-method"),
        ("module app", "unbounded-lru-cache"),
    ],
)
def test_a_cache_on_a_method_belongs_to_a_class(owner, expected):
    pictures = (
        f"{owner} -.resolve-> wrapper:functools._lru_cache_wrapper -<cache>-> c:dict",
        "c -[*]-> a*{n}:app.Address",
    )
    layouts = {"app.Meta": "type"}
    assert pattern_of("app.Address", *pictures, layouts=layouts) == expected


def test_a_deque_with_a_limit_is_no_queue_without_one():
    def told(text):
        return match_pattern(
            Chain(
                (
                    Step("", "module", "app", "module app", "module"),
                    Step(".LAST", "collections.deque", None, text, "deque"),
                    Step("[3]", "app.Order", None, "Order", "object"),
                ),
                2,
            ),
            path="app.LAST[*]",
            is_cycle=False,
        )

    assert told("deque").id == "unbounded-queue"
    assert told("deque maxlen=300") is None


def test_an_exporter_that_only_appends_is_not_said_to_have_consumers():
    pictures = (
        "module app -.EXPORTER-> exporter:app.Exporter -.spans-> spans:collections.deque",
        "spans -[#]-> s*{n}:app.Span",
    )
    pattern = group_of("app.Span", *pictures, layouts={"collections.deque": "deque"}).pattern
    assert pattern.id == "unbounded-queue"
    assert "if anything is" in pattern.explanation


@pytest.mark.parametrize(
    ("record", "owner", "expected"),
    [
        ("-> r*{n}:rx.Observer -.on_next", "app.Panel", "registered-callback"),
        ("-> r*{n}:param.Watcher -[1]", "app.Panel", "registered-callback"),
        (
            "-> r*{n}:schedule.Job -.job_func-> p*{n}:functools.partial -.func",
            "app.Panel",
            "registered-callback",
        ),
        ("-> r*{n}:rx.Observer -.then-> s*{n}:rx.Map -.last-> t*{n}:rx.Sink -.on_next",
         "app.Panel", "registered-callback"),
        ("-> r*{n}:rx.Observer -.on_end-> o*{n}:method -.__self__-> s*{n}:rx.Observer -.on_next",
         "app.Panel", "registered-callback"),
        # What a library binds to its own objects is nobody's registration.
        ("-> r*{n}:rx.Observer -.on_next", "rx.Sink", None),
        # The program's own object, which has its method in an attribute.
        ("-> r*{n}:app.Row -.render", "app.Panel", None),
        ("-> r*{n}:rx.Observer -.row-> s*{n}:app.Row -.render", "app.Panel", None),
        ("-> r*{n}:threading.Thread -._target", "app.Panel", None),
    ],
)  # fmt: skip
def test_a_callback_may_stand_in_the_record_of_a_library(record, owner, expected):
    pictures = (
        "module app -.FEED-> feed:lib.Feed -.kept-> list_:list",
        f"list_ -[#]{record}-> m*{{n}}:method -.__self__-> x*{{n}}:{owner}",
    )
    assert pattern_of(owner, *pictures) == expected


@pytest.mark.parametrize(
    ("threads", "expected"), [(60, "thread-still-running"), (5, None), (1, None)]
)
def test_what_many_threads_hold_one_each_of_is_kept_by_threads_that_do_not_end(threads, expected):
    heap = load_heap(
        *(f"c{k}:app.Consumer" for k in range(60)),
        *(f"c{k} -.more-> c{k + 1}" for k in range(threads, 59)),
        threads={f"consumer-{k}": [f"Consumer.run (app.py:9) self=c{k}"] for k in range(threads)},
    )
    group = why(heap, "app.Consumer").groups[0]
    assert (group.pattern and group.pattern.id) == expected


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        (".handlers-> l:list -[#]", "registered-handler"),
        (".handlers-> d:dict -[*]-> s:set -{{*}}", "registered-handler"),
        (".event_hooks-> d:dict -['on request']-> l:list -[#]", "registered-handler"),
        (".listeners_by_topic-> d:dict -[*]", "registered-handler"),
        (".handled-> l:list -[#]", None),
        (".handler-> l:list -[#]", None),
        (".handlers-> d:dict -[*]-> s:app.Feed -.rows-> l:list -[#]", None),
    ],
)
def test_a_registry_of_handlers_is_known_by_its_name(registry, expected):
    registry = registry.replace("{{", "{").replace("}}", "}")
    picture = f"module app -.FEED-> feed:lib.Feed -{registry}-> r*{{n}}:app.Row"
    assert pattern_of("app.Row", picture) == expected


@pytest.mark.parametrize(("kept", "expected"), [(60, None), (1, "timer-never-cancelled")])
def test_a_timer_is_not_to_blame_for_what_a_single_waiting_function_collects(kept, expected):
    """A loop's timer keeps a coroutine that sleeps: of one snapshot the crowd says which it is."""
    heap = load_heap(
        "module lib -.LOOP-> loop:lib.Loop -._scheduled-> timers:list",
        f"timers -[#]-> t*{60 // kept}:asyncio.events.TimerHandle -._args-> c*{60 // kept}:coroutine",
        f"c*{60 // kept} -rows-> l*{60 // kept}:list -[#]-> r*60:app.Row",
    )
    pattern = why(heap, "app.Row").groups[0].pattern
    assert (pattern and pattern.id) == expected


@pytest.mark.parametrize(
    ("owner", "name", "kind"),
    [
        ("pika.adapters.select_connection._Timer", "_timeout_heap", "list"),
        ("app.Loop", "timers_heap", "list"),
        ("app.Loop", "_timer_queue", "list"),
        ("kombu.asynchronous.timer.Timer", "_queue", "list"),
        ("twisted.internet.epollreactor.EPollReactor", "_pendingTimedCalls", "list"),
        ("eventlet.hubs.epolls.Hub", "timers", "list"),
    ],
)
def test_a_heap_of_timers_is_known_by_its_name(owner, name, kind):
    pictures = (
        f"module app -.LOOP-> loop:{owner} -.{name}-> heap:{kind}",
        "heap -[#]-> t*{n}:lib.Timeout -.callback-> p*{n}:functools.partial -.args-> a*{n}:tuple",
        "a*{n} -[0]-> d*{n}:app.Delivery",
    )
    assert pattern_of("app.Delivery", *pictures) == "timer-never-cancelled"


def test_a_list_of_kitchen_timers_is_no_event_loops():
    pictures = (
        "module app -.KITCHEN-> kitchen:app.Kitchen -.timers-> timers:list",
        "timers -[#]-> t*{n}:app.EggTimer",
    )
    assert pattern_of("app.EggTimer", *pictures) is None


def test_a_session_of_another_orm_keeps_its_objects_too():
    pictures = (
        "module pony.orm.core -.local-> local:pony.orm.core.Local -['cache']-> c:dict",
        "c -[*]-> session:pony.orm.core.SessionCache -.objects-> objects:set",
        "objects -{*}-> o*{n}:app.Order",
    )
    assert pattern_of("app.Order", *pictures) == "orm-session-never-ends"


@pytest.mark.parametrize("owner", ["module app", "module app -.Client-> class app.Client"])
@pytest.mark.parametrize("inside", ["", ".__wrapped__", "._self_wrapped"])
def test_wrapper_objects_within_each_other_are_a_function_wrapped_again(owner, inside):
    def wrapped(times):
        arrow = f" -{inside}-> ".replace("--", "-") if inside else " -> "
        return load_heap(
            f"{owner} -.fetch-> w0:wrapt.FunctionWrapper",
            *(f"w{n}{arrow}w{n + 1}:wrapt.FunctionWrapper" for n in range(times)),
        )

    group = why(wrapped(60), "FunctionWrapper", since=wrapped(10)).groups[0]
    assert group.pattern.id == "wrapped-again"


def test_two_decorators_are_no_wrapping_again():
    heap = load_heap(
        "module app -.fetch-> w0:wrapt.FunctionWrapper -> w1:wrapt.FunctionWrapper -> f:function"
    )
    assert [g.pattern for g in why(heap, "FunctionWrapper", since=heap).groups] == [None, None]


def test_classes_that_grow_are_made_per_call_however_deep_they_are_held():
    pictures = (
        "module app -.User-> user:orm.ModelBase -.backrefs-> rows:dict",
        "rows -[*]-> a*{n}:orm.Accessor -.rel_model-> m*{n}:orm.ModelBase",
    )
    layouts = {"orm.ModelBase": "type"}
    first, user = groups_of("orm.ModelBase", *pictures, layouts=layouts)
    assert first.pattern.id == "class-made-per-call"
    assert user.pattern is None


def test_a_class_of_a_module_that_was_imported_meanwhile_is_not():
    before = load_heap("module app -.rows-> rows:list")
    after = load_heap(
        "module app -.rows-> rows:list", "module lib -.Model-> class lib.Model -.Meta-> class Meta"
    )
    assert all(group.pattern is None for group in why(after, "type", since=before).groups)


@pytest.mark.parametrize(
    ("kind", "picture", "expected"),
    [
        ("multiprocessing.util.Finalize", "", "finalizer-kept"),
        (
            "app.Scratch",
            "f*{n} -._callback-> m*{n}:method -.__self__-> s*{n}:app.Scratch",
            "finalizer-holds-object",
        ),
    ],
)
def test_finalizers_are_no_collection_to_be_limited(kind, picture, expected):
    pictures = (
        "module multiprocessing.util -._finalizer_registry-> rows:dict",
        "rows -[*]-> f*{n}:multiprocessing.util.Finalize",
        *([picture] if picture else []),
    )
    assert pattern_of(kind, *pictures) == expected
