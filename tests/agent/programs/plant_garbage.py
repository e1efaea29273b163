"""Plants garbage, takes a snapshot, and lets the collector say what it finds.

Arguments: FOLDER [MODULE]. The garbage is of many kinds, or what using the module leaves. For each scenario two files are left in the folder: the snapshot,
``SCENARIO.json``, and what the collector then finds, ``SCENARIO.garbage``. Exit code 3: the
module is not installed.
"""

import asyncio
import collections
import contextlib
import contextvars
import functools
import gc
import importlib
import json
import os
import sys
import threading
import types
import weakref

import heapsnap


class Node:
    """Keeps its attributes inline, where this Python does so."""


class Slotted:
    __slots__ = ("__weakref__", "left", "right")


class Finalized:
    def __del__(self):
        self.attempts = 1


class Cursor:
    """The object of the story: a method patched on to it at run time holds it."""


# Made here: the code of its __new__ is compiled, and what only untracked code holds falls with
# the garbage without being in gc.garbage.
Point = collections.namedtuple("Point", "x y")


def fetch_all(cursor):
    return cursor


def plant_containers():
    row = []
    row.append(row)
    table = {}
    table["self"] = table
    table[5] = (table, 1)
    members = set()
    node = Node()
    members.add(node)
    node.members = frozenset([node]), members
    queue = collections.deque()
    queue.append(queue)
    ordered = collections.OrderedDict()
    ordered["self"] = ordered
    default = collections.defaultdict(list)
    default["self"].append(default)
    chain = collections.ChainMap()
    chain.maps.append(chain)
    iterated = []
    iterated.append(iter(iterated))
    proxied = {}
    proxied["proxy"] = types.MappingProxyType(proxied)
    space = types.SimpleNamespace()
    space.self = space


def plant_instances():
    for _ in range(50):
        node = Node()
        node.self = node
        node.data = {"rows": [node]}
    with_dict = Node()
    vars(with_dict)["self"] = with_dict
    slotted = Slotted()
    slotted.left = slotted
    slotted.right = lambda: slotted
    finalized = Finalized()
    finalized.self = finalized
    cursor = Cursor()
    cursor.fetch_all = types.MethodType(fetch_all, cursor)

    class Local:
        """A class is a cycle by itself."""

    Local.instance = Local()
    rows = []
    rows.append(Point(0, rows))
    watched = Node()
    watched.reference = weakref.ref(watched, lambda _: watched)


def plant_functions():
    def itself():
        return itself

    def annotated(x: itself = itself) -> Node:
        return x

    annotated.self = annotated
    made = functools.partial(print, 1)
    made.self = made

    @functools.lru_cache
    def cached(x):
        return x

    cached(cached)

    class Owner:
        item = property(lambda self: Owner)

        @classmethod
        def make(cls):
            return super().make()

        @staticmethod
        def name():
            return Owner


def plant_suspended():
    def generate():
        mine = generator
        yield mine

    generator = generate()
    next(generator)

    @types.coroutine
    def pause():
        yield

    async def wait():
        mine = waiting
        await pausing
        return mine

    pausing = pause()
    waiting = wait()
    waiting.send(None)

    async def stream():
        mine = streaming
        yield mine

    streaming = stream()
    with contextlib.suppress(StopIteration):
        streaming.asend(None).send(None)
    # The collector closes them before it saves its garbage. What only they held would be freed
    # by that and be missing there; so all of it is held by a second cycle.
    kept = [generate, generator, pause, pausing, wait, waiting, stream, streaming]
    kept.append(kept)


def plant_state():
    try:
        raise ValueError
    except ValueError as problem:
        held = problem
    holder = Node()
    holder.problem = held
    held.holder = holder
    local = threading.local()
    local.self = local
    context = contextvars.copy_context()
    variable = contextvars.ContextVar("variable")
    owner = Node()
    owner.context = context
    context.run(variable.set, owner)
    stack = contextlib.ExitStack()
    stack.callback(stack.close)
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    future.add_done_callback(lambda _: future)
    loop.close()


def plant():
    plant_containers()
    plant_instances()
    plant_functions()
    plant_suspended()
    plant_state()


def record(folder, scenario):
    heapsnap.dump(os.path.join(folder, scenario + ".json"))
    gc.unfreeze()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    found = [[id(item), type(item).__name__] for item in gc.garbage]
    gc.garbage.clear()
    gc.collect()
    with open(os.path.join(folder, scenario + ".garbage"), "w", encoding="utf-8") as file:
        json.dump(found, file)


def use_numpy(numpy):
    grid = numpy.arange(12).reshape(3, 4)[1:]
    node = Node()
    node.self, node.grid = node, grid


def use_pandas(pandas):
    frame = pandas.DataFrame({"key": ["a", "b", "a"], "value": [1, 2, 3]})
    frame.groupby("key").sum().describe()


def use_django(django):
    from django.conf import settings
    from django.template import Context, Template

    if not settings.configured:
        backend = "django.template.backends.django.DjangoTemplates"
        settings.configure(TEMPLATES=[{"BACKEND": backend}])
        django.setup()
    Template("{% for row in rows %}{{ row }}{% endfor %}").render(Context({"rows": [1, 2]}))


def use_sqlalchemy(sqlalchemy):
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1")).fetchall()


def use_asyncio(asyncio):
    async def work(number):
        await asyncio.sleep(0)
        return number

    async def main():
        await asyncio.gather(*(work(number) for number in range(20)))

    asyncio.run(main())


def main(folder, module=None):
    gc.disable()
    if module is None:
        use = plant
    else:
        try:
            library = importlib.import_module(module)
        except ImportError as problem:
            print(problem)
            sys.exit(3)
        use = functools.partial(globals()["use_" + module], library)
    # Tuples that only code holds are untracked by this, as they are after a program's start.
    gc.collect()
    use()
    record(folder, "planted")
    use()
    gc.collect()
    record(folder, "collected")
    if module is None:
        use()
        gc.freeze()
        use()
        record(folder, "frozen")


main(*sys.argv[1:])
