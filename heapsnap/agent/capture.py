"""What must be taken hold of before the fork, because the child cannot see it any more.

In a forked child only the forking thread is left: `sys._current_frames()` lists it alone, and
CPython *clears the other threads' state*, which drops what is local to those threads
(`threading.local`), their context variables and the exceptions that they are handling. Whatever
lived there alone would be freed in the child: its finalizers would run there, on sockets and files
that the process still uses, and the snapshot would not know it. One reference each, taken before
the fork, keeps all of it alive.
"""

import _contextvars
import _thread
import gc
import sys
import types
from itertools import accumulate, chain, repeat, takewhile
from operator import attrgetter, truth

from .identity import (
    FOLDER,
    back_of_frame,
    code_of_frame,
    derives_from,
    dict_of_module,
    entry_of,
    with_subclasses,
)

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None


_GENERATOR_FLAGS = 0x20 | 0x80 | 0x200
"""CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR, Include/cpython/code.h."""


def _generator_types():
    async def coroutine():
        pass

    async def async_generator():
        yield

    made = coroutine()
    made.close()
    return {type(None for _ in ()), type(made), type(async_generator())}


_GENERATORS = _generator_types()


class Capture:
    """References to everything thread-bound.

    Attributes:
        stacks: Thread ident → its frames, innermost first, without the agent's. Taken here,
            since walking from a frame to its caller reads memory of the thread's state, which
            is gone in the child (a crash on 3.15).
        exceptions: Thread ident → the exception that it is handling, if any.
        locals: The dicts of thread-local data, in the interpreter's order of threads;
            empty where they could not be had.
        contexts: What the other threads' context variables stand in.
        sentinels: What keeps thread-local data from being dropped, from 3.13 on.
        threads: ``threading``'s own table of threads, copied; None if it is not loaded.
    """

    __slots__ = (
        "contexts",
        "exceptions",
        "locals",
        "sentinels",
        "stacks",
        "thread_id",
        "threads",
    )

    def __init__(self, thread_id):
        self.thread_id = thread_id
        self.stacks = _program_stacks()
        self.exceptions = sys._current_exceptions()
        self.locals = self._take_locals()
        has_others = len(self.stacks) > 1
        self.contexts = _contexts() if has_others else []
        self.sentinels = _sentinels() if has_others and _sentinels is not None else []
        active = _threads_of_the_program()
        self.threads = list(active.items()) if type(active) is dict else None

    def read_for_roots(self):
        """The objects that describing the roots will read from."""
        frames = [frame for stack in self.stacks.values() for frame in stack]
        return frames + [thread for _, thread in self.threads or ()]

    def running_generators(self):
        """Generators and coroutines that run now: they hold what reading their frames makes.

        One pass over the collector's list, a quarter of a collection, and only where one runs.
        """
        frames = [frame for stack in self.stacks.values() for frame in stack]
        inside = [f for f in frames if code_of_frame(f).co_flags & _GENERATOR_FLAGS]
        if not inside:
            return []
        return [held for held in gc.get_referrers(*inside) if type(held) in _GENERATORS]

    def exception_of(self, ident):
        """The exception that a thread is handling, or None."""
        entry = self.exceptions.get(ident)
        return entry[1] if type(entry) is tuple else entry

    def own(self):
        """Addresses of the containers that this capture is made of."""
        own = {id(self), id(self.stacks), id(self.exceptions), id(self.locals)}
        own.update((id(self.contexts), id(self.sentinels)))
        own.update(map(id, self.stacks.values()))
        if self.threads is not None:
            own.add(id(self.threads))
            own.update(map(id, self.threads))
        own.update(id(entry) for entry in self.exceptions.values() if type(entry) is tuple)
        return own

    def held(self, *, in_child):
        """Address → references that this capture holds on objects of the process.

        Those to the contexts take, in the child, the place of the threads' own.
        """
        held = {}
        kept = self.read_for_roots() + self.locals
        if not in_child:
            kept += self.contexts
        for entry in self.exceptions.values():
            # Before 3.12 an exception comes with its class and traceback, in a tuple.
            kept += entry if type(entry) is tuple else (entry,)
        for item in kept:
            held[id(item)] = held.get(id(item), 0) + 1
        return held

    def _take_locals(self):
        if len(self.stacks) < 2:  # noqa: PLR2004 - the only thread goes on living in the child
            return []
        if _thread_dicts is not None:
            return _thread_dicts()
        # Without ctypes: one pass of the collector's list, which takes as long as a quarter of a
        # collection, finds the objects behind threading.local with all they hold.
        return gc.get_referrers(*with_subclasses(_thread._local))


def _threads_of_the_program():
    """``threading``'s own table; None where something else stands in its place (a lazy module)."""
    module = entry_of(sys.modules, "threading") if type(sys.modules) is dict else None
    if not derives_from(type(module), types.ModuleType):
        return None
    return entry_of(dict_of_module(module), "_active")


def _program_stacks():
    stacks = sys._current_frames()
    for ident, frame in stacks.items():
        stacks[ident] = _program_stack(frame)
    # One of them is this very frame: a variable that holds it would be a cycle, for ever.
    del frame
    return stacks


def _program_stack(frame):
    stack = []
    while frame is not None:
        # A file's name may be of a class derived from ``str``, with a ``startswith`` of its own.
        if not str.startswith(code_of_frame(frame).co_filename, FOLDER):
            stack.append(frame)
        frame = back_of_frame(frame)
    return stack


class _ThreadStates:
    """The interpreter's list of thread states, walked through exported functions of the C API.

    The whole list is walked inside one call of ``list``: the interpreter does not look whether
    another thread wants the GIL before that call has returned, so no thread can end while its
    state is in hand. The library is opened anew, since the functions of ``ctypes.pythonapi``
    are shared with the program: each would change the signatures of the other.
    """

    def __init__(self):
        api = ctypes.PyDLL(None)
        self.head = api.PyInterpreterState_ThreadHead
        self.following = api.PyThreadState_Next
        self.dict_of = api._PyThreadState_GetDict
        self.new_reference = api.Py_NewRef
        self.interpreter = api.PyInterpreterState_Get
        self.current = api.PyThreadState_Get
        for function in (self.interpreter, self.current, self.head, self.following, self.dict_of):
            function.restype = ctypes.c_void_p
        # A py_object result is taken as a new reference, which is what Py_NewRef returns.
        self.new_reference.restype = ctypes.py_object
        for function in (self.head, self.following, self.dict_of, self.new_reference):
            function.argtypes = [ctypes.c_void_p]

    def _walk(self):
        first = map(self.head, (self.interpreter(),))
        # accumulate calls following(state, 0): C ignores the argument too many.
        return takewhile(truth, accumulate(chain(first, repeat(0)), self.following))

    def dicts(self):
        """A reference to the dict of every thread's state."""
        return list(map(self.new_reference, filter(truth, map(self.dict_of, self._walk()))))

    def reader(self, place):
        """A function that takes a reference to what stands at a place in each other thread's state.

        Args:
            place: Offset in bytes of a field that holds an object or nothing.
        """

        def read():
            others = filter(self.current().__ne__, self._walk())
            fields = map(ctypes.c_void_p.from_address, map(place.__add__, others))
            return list(map(self.new_reference, filter(truth, map(attrgetter("value"), fields))))

        return read

    def place_of(self, held):
        """Where this thread's state holds an object that it is known to hold.

        Raises:
            ValueError: It does not.
        """
        words = (ctypes.c_void_p * _STATE_WORDS).from_address(self.current())
        return words[:].index(id(held)) * ctypes.sizeof(ctypes.c_void_p)

    def place_of_sentinel(self):
        """Where a thread's state holds its sentinel.

        From 3.13 on the data behind a ``threading.local`` stands in that object, and a weak
        reference to a sentinel in the thread's state drops it when the state is cleared. No
        function gives the sentinel; this thread's own can be had through a local object.

        References:
            ``Modules/_threadmodule.c`` and ``Include/cpython/pystate.h`` (3.13).
        """
        local = _thread._local()
        local.made = True
        watchdogs = next(held for held in gc.get_referents(local) if type(held) is set)
        return self.place_of(next(iter(watchdogs))())

    def place_of_context(self):
        """Where a thread's state holds the context that its variables are set in."""
        context = _contextvars.copy_context()
        return context.run(self.place_of, context)


_STATE_WORDS = 64
"""How far into a thread's state a field is looked for: the sentinel is word 37 on 3.13, 42 on 3.15,
the context word 26 to 30."""


def _search_contexts():
    """All contexts, by one pass over the collector's list: where threads' states cannot be read."""
    return [held for held in gc.get_objects() if type(held) is _contextvars.Context]


_thread_dicts = _sentinels = None
_contexts = _search_contexts
try:
    _states = _ThreadStates()
    _thread_dicts = _states.dicts
    if sys.version_info >= (3, 13):
        _sentinels = _states.reader(_states.place_of_sentinel())
except Exception:  # noqa: BLE001 - no ctypes, or a build that does not export one of them
    pass
else:
    try:
        _contexts = _states.reader(_states.place_of_context())
    except Exception:  # noqa: BLE001 - a build that keeps it elsewhere
        pass
