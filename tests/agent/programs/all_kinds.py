"""Objects of every kind that refers to others, and what each is known to refer to, by which name.

Arguments: FILE. Takes a snapshot there and tells: ``expected``, triples of address, name of the
reference, address; ``referents``, address → what the collector says that the object refers to.
"""

import asyncio
import collections
import contextvars
import functools
import gc
import itertools
import os
import random
import sys
import types
import weakref

from telling import tell

import heapsnap

SAMPLE = 600
EXPECTED = []
LABELLED = []


def expect(holder, **names):
    """The holder refers to these objects by the names of these keywords, after a dot."""
    for name, target in names.items():
        expect_named(holder, "." + name, target)


def expect_named(holder, name, target):
    LABELLED.append(holder)
    EXPECTED.append((id(holder), name, id(target)))


class Plain:
    shared = ["of the class"]

    def method(self):
        return self


class Slotted:
    __slots__ = ("empty", "left", "right")


class Mixed(Slotted):
    __slots__ = ("__dict__", "__weakref__")


class Rows(list):
    pass


class Table(dict):
    pass


class Pair(tuple):
    __slots__ = ()


class Failure(Exception):
    pass


GLOBAL = Plain()


def describe_instances():
    one, two = Plain(), Plain()
    inline = Plain()
    inline.first, inline.second = one, two
    if sys.version_info >= (3, 11):
        expect(inline, first=one, second=two, __class__=Plain)
    with_dict = Plain()
    vars(with_dict)["first"] = one
    del with_dict.first
    with_dict.__dict__ = {"first": one}
    expect(with_dict, __dict__=with_dict.__dict__)
    expect_named(with_dict.__dict__, "['first']", one)
    slotted = Slotted()
    slotted.left, slotted.right = one, two
    expect(slotted, left=one, right=two)
    mixed = Mixed()
    mixed.left, mixed.extra = one, two
    expect(mixed, left=one)
    rows = Rows([one])
    rows.note = two
    table = Table(key=one)
    table.note = two
    expect_named(table, "['key']", one)
    pair = Pair([one])
    for item in (rows, pair):
        expect(item, __class__=type(item))
    namespace = types.SimpleNamespace(first=one)
    return inline, with_dict, slotted, mixed, rows, table, pair, namespace


def describe_containers():
    one, two = Plain(), Plain()
    mapping = {"text": one, 42: two, ("a", 1): one, b"raw": two, None: one, GLOBAL: two}
    expect_named(mapping, "['text']", one)
    expect_named(mapping, "[42]", two)
    expect_named(mapping, "[('a', 1)]", one)
    expect_named(mapping, "[b'raw']", two)
    expect_named(mapping, "[None]", one)
    expect_named(mapping, "[<Plain>]", two)
    expect_named(mapping, "<key>", GLOBAL)
    text_keys = {"first": one, "second": two}
    expect_named(text_keys, "['first']", one)
    sequence = [one, two, one]
    # ``[#]`` in the file is a position: the reader counts it.
    for holder in (sequence, (one, two)):
        expect_named(holder, "[0]", one)
        expect_named(holder, "[1]", two)
    queue = collections.deque([one, two], maxlen=7)
    expect_named(queue, "[1]", two)
    members = {one, two}
    expect_named(members, "{*}", one)
    ordered = collections.OrderedDict(first=one)
    expect_named(ordered, "['first']", one)
    default = collections.defaultdict(Plain)
    default["first"] = one
    expect_named(default, "['first']", one)
    expect(default, default_factory=Plain)
    proxy = types.MappingProxyType(mapping)
    expect_named(proxy, "<mapping>", mapping)
    return mapping, text_keys, sequence, queue, members, ordered, default, proxy


def describe_functions():
    captured, default, keyword = Plain(), Plain(), Plain()

    def function(x=default, *, y=keyword):
        return captured, x, y

    expect(function, __globals__=globals(), __code__=function.__code__)
    expect(function, __defaults__=function.__defaults__, __kwdefaults__=function.__kwdefaults__)
    expect_named(function, ".__closure__(captured)", function.__closure__)
    expect_named(function.__closure__, "[0]", function.__closure__[0])
    expect(function.__closure__[0], cell_contents=captured)
    expect_named(function.__kwdefaults__, "['y']", keyword)
    function.note = captured
    expect(function, __dict__=function.__dict__)
    method = captured.method
    expect(method, __self__=captured, __func__=Plain.method)
    built_in = [captured].append
    expect(built_in, __self__=built_in.__self__)
    partial = functools.partial(function, captured, y=keyword)
    expect(partial, func=function, args=partial.args, keywords=partial.keywords)
    prop = property(function, method)
    expect(prop, fget=function, fset=method)
    bound_class = classmethod(function)
    expect(bound_class, __func__=function)
    static = staticmethod(function)
    expect(static, __func__=function)
    cached = functools.lru_cache(function)
    cached(captured)
    reference = weakref.ref(captured, function)
    expect(reference, __callback__=function)
    return (
        function,
        method,
        built_in,
        partial,
        prop,
        bound_class,
        static,
        cached,
        reference,
        captured,
    )


def describe_suspended():
    def generate(argument):
        local = Plain()
        yield local
        del argument

    argument = Plain()
    generator = generate(argument)
    local = next(generator)

    @types.coroutine
    def pause():
        yield

    async def wait(argument):
        await pause()
        return argument

    coroutine = wait(argument)
    coroutine.send(None)

    async def stream(argument):
        yield argument

    streaming = stream(argument)
    try:
        streaming.asend(None).send(None)
    except StopIteration:
        pass
    # Before 3.11 they have frames of their own, which hold the variables.
    for suspended, frame, names in (
        (generator, generator.gi_frame, {"argument": argument, "local": local}),
        (coroutine, coroutine.cr_frame, {"argument": argument}),
        (streaming, streaming.ag_frame, {"argument": argument}),
    ):
        holder = frame if sys.version_info < (3, 11) else suspended
        for name, target in names.items():
            expect_named(holder, name, target)
    return generator, coroutine, streaming


def describe_errors():
    try:
        try:
            raise Failure(GLOBAL)
        except Failure as first:
            raise LookupError from first
    except LookupError as second:
        error = second
    cause = error.__cause__
    expect(error, __cause__=cause, __context__=cause, __traceback__=error.__traceback__)
    expect(cause, args=cause.args)
    expect(error.__traceback__, tb_frame=error.__traceback__.tb_frame)
    return error


def describe_asyncio():
    loop = asyncio.new_event_loop()

    async def work():
        await future

    future = loop.create_future()
    task = loop.create_task(work())
    loop.run_until_complete(asyncio.sleep(0))
    expect(task, _loop=loop, _coro=task.get_coro(), _fut_waiter=future)
    expect(future, _loop=loop)
    done = loop.create_future()
    result = Plain()
    done.set_result(result)
    expect(done, _result=result)
    return loop, future, task, done


def describe_classes():
    expect(Mixed, __mro__=Mixed.__mro__, __bases__=Mixed.__bases__, __base__=Slotted)
    space = gc.get_referents(Plain.__dict__)[0]
    expect(Plain, __dict__=space)
    expect_named(space, "['shared']", Plain.shared)
    expect_named(globals(), "['GLOBAL']", GLOBAL)
    expect(sys.modules[__name__], __dict__=globals())
    return space


def describe_iterators():
    rows = [Plain()]
    variable = contextvars.ContextVar("variable", default=rows)
    context = contextvars.copy_context()
    context.run(variable.set, rows)
    return [
        iter(rows), iter({1: rows}), enumerate(rows), zip(rows, rows), map(id, rows), filter(None, rows),
        itertools.chain(rows), itertools.count(), reversed(rows), memoryview(bytearray(3)), slice(rows, 1),
        variable, context, super(Mixed, Mixed()), iter({1: 2}.items()), {1: rows}.values(),
        list[int], int | None, operator_getter(), 3 .__add__, str.join, types.MappingProxyType({}),
    ]  # fmt: skip


def operator_getter():
    import operator

    return operator.itemgetter(1), operator.attrgetter("a.b"), operator.methodcaller("x", GLOBAL)


def describe_numpy():
    try:
        import numpy
    except ImportError:
        return None
    held = Plain()
    objects = numpy.empty(2, dtype=object)
    objects[1] = held
    grid = numpy.arange(12.0)
    view = grid[3:].reshape(3, 3)
    expect_named(objects, "[1]", held)
    expect(view, base=grid)
    return objects, grid, view


AGENTS = [
    vars(module) for name, module in sys.modules.items() if name.startswith("heapsnap.agent.")
]


def is_steady(item):
    # What runs, and what this program and the agent write to, changes until the snapshot.
    changing = (EXPECTED, LABELLED, globals(), sys.modules, *AGENTS)
    return type(item) is not types.FrameType and not any(item is other for other in changing)


def referents_of(item):
    return sorted(map(id, gc.get_referents(item)))


def changed_by_a_fork(sample, referents):
    """Addresses of what Python's own hooks change in every child: who its threads and loops are."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        known = [item for item in sample if id(item) in referents]
        changed = {id(item) for item in known if referents_of(item) != referents[id(item)]}
        os.write(writing, " ".join(map(str, changed)).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)
    changed = os.read(reading, 65536).decode()
    os.close(reading)
    return map(int, changed.split())


def main(path):
    kept = [
        describe_instances(), describe_containers(), describe_functions(), describe_suspended(),
        describe_errors(), describe_asyncio(), describe_classes(), describe_iterators(), describe_numpy(),
    ]  # fmt: skip
    gc.collect()
    gc.disable()
    steady = list(filter(is_steady, gc.get_objects()))
    sample = random.Random(1).sample(steady, SAMPLE) + LABELLED
    referents = {id(item): referents_of(item) for item in sample if is_steady(item)}
    for address in changed_by_a_fork(sample, referents):
        del referents[address]
    heapsnap.dump(path)
    tell(expected=EXPECTED, referents=referents)
    del kept
    os._exit(0)


main(*sys.argv[1:])
