"""What must be taken hold of before the fork, because the child cannot see it any more.

In a forked child only the forking thread is left: `sys._current_frames()` lists it alone, and
CPython *clears the other threads' state*, which drops what is local to those threads
(`threading.local`) and the exceptions that they are handling. Whatever lived there alone would
be freed in the child: its finalizers would run there, on sockets and files that the process
still uses, and the snapshot would not know it. One reference each, taken before the fork,
keeps all of it alive.
"""

import gc
import sys
from itertools import accumulate, chain, repeat, takewhile
from operator import truth

from .identity import FOLDER, back_of_frame, code_of_frame

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None


class Capture:
    """References to everything thread-bound.

    Attributes:
        stacks: Thread ident → its frames, innermost first, without the agent's. Taken here,
            since walking from a frame to its caller reads memory of the thread's state, which
            is gone in the child (a crash on 3.15).
        exceptions: Thread ident → the exception that it is handling, if any.
        locals: The dicts of thread-local data, in the interpreter's order of threads;
            empty where they could not be had.
        threads: ``threading``'s own table of threads, copied; None if it is not loaded.
    """

    __slots__ = ("exceptions", "locals", "stacks", "thread_id", "threads")

    def __init__(self, thread_id):
        self.thread_id = thread_id
        self.stacks = _program_stacks()
        self.exceptions = sys._current_exceptions()
        self.locals = self._take_locals()
        active = getattr(sys.modules.get("threading"), "_active", None)
        self.threads = list(active.items()) if type(active) is dict else None

    def release(self):
        """Let go of everything: the frames hold this object in turn, a cycle that would stay."""
        self.stacks.clear()
        self.exceptions.clear()
        self.locals.clear()
        self.threads = None

    def read_for_roots(self):
        """The objects that describing the roots will read from."""
        frames = [frame for stack in self.stacks.values() for frame in stack]
        return frames + [thread for _, thread in self.threads or ()]

    def exception_of(self, ident):
        """The exception that a thread is handling, or None."""
        entry = self.exceptions.get(ident)
        return entry[1] if type(entry) is tuple else entry

    def own(self):
        """Addresses of the containers that this capture is made of."""
        own = {id(self), id(self.stacks), id(self.exceptions), id(self.locals), id(self.threads)}
        own.update(map(id, self.stacks.values()))
        own.update(map(id, self.threads or ()))
        own.update(id(entry) for entry in self.exceptions.values() if type(entry) is tuple)
        return own

    def held(self):
        """Address → references that this capture holds on objects of the process."""
        held = {}
        kept = self.read_for_roots() + self.locals
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
        import _thread  # noqa: PLC0415 - built in, always loaded

        return gc.get_referrers(*_subclasses(_thread._local))


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
        if not code_of_frame(frame).co_filename.startswith(FOLDER):
            stack.append(frame)
        frame = back_of_frame(frame)
    return stack


def _subclasses(kind):
    found = [kind]
    for known in found:
        found += type.__subclasses__(known)
    return found


def _make_thread_dicts():
    """A function that takes a reference to the dict of every thread's state.

    Only exported functions of the C API are called, no structure is read. The whole list is
    walked inside one call of ``list``: the interpreter does not look whether another thread
    wants the GIL before that call has returned, so no thread can end while its state is in hand.
    """
    api = ctypes.pythonapi
    head = api.PyInterpreterState_ThreadHead
    following = api.PyThreadState_Next
    dict_of = api._PyThreadState_GetDict
    new_reference = api.Py_NewRef
    interpreter = api.PyInterpreterState_Get
    interpreter.restype = head.restype = following.restype = dict_of.restype = ctypes.c_void_p
    # A py_object result is taken as a new reference, which is what Py_NewRef returns.
    new_reference.restype = ctypes.py_object
    for function in (head, following, dict_of, new_reference):
        function.argtypes = [ctypes.c_void_p]

    def thread_dicts():
        first = map(head, (interpreter(),))
        # accumulate calls following(state, 0): C ignores the argument too many.
        states = takewhile(truth, accumulate(chain(first, repeat(0)), following))
        return list(map(new_reference, filter(truth, map(dict_of, states))))

    return thread_dicts


try:
    _thread_dicts = _make_thread_dicts()
except Exception:  # noqa: BLE001 - no ctypes, or a build that does not export one of them
    _thread_dicts = None
