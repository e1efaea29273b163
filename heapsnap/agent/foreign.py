"""Exceptions that are the program's own: what one of its signal handlers raised in our midst.

Signals are kept waiting while the agent is at work, but in its own thread only. Where there are
other threads the kernel gives them the signal, and Python runs the handler in the main thread all
the same, between two bytecodes of whoever is running there. So whoever swallows exceptions of the
agent's asks here first. All others (what the disk says, what an audit hook refuses) stay ours.
"""

import _functools
import _signal
import types

from .identity import (
    FOLDER,
    code_of_frame,
    code_of_function,
    entry_of,
    mro_of_type,
    namespace_of_type,
)

_traceback_of = BaseException.__dict__["__traceback__"].__get__
_function_of_method = types.MethodType.__dict__["__func__"].__get__
_function_of_partial = _functools.partial.__dict__["func"].__get__


def is_foreign(problem):
    """Whether a signal handler of the program's raised it: it must reach the program."""
    strangers = set()
    traceback = _traceback_of(problem)
    while traceback is not None:
        code = code_of_frame(traceback.tb_frame)
        # A file's name may be of a class derived from ``str``, with a ``startswith`` of its own.
        if not str.startswith(code.co_filename, FOLDER):
            strangers.add(id(code))
        traceback = traceback.tb_next
    return bool(strangers) and not strangers.isdisjoint(map(_code_of, _handlers()))


def _handlers():
    return filter(callable, map(_signal.getsignal, _signal.valid_signals()))


def _code_of(handler):
    """The address of the code that a handler runs; 0 where it is not Python's."""
    while True:
        kind = type(handler)
        if kind is types.FunctionType:
            return id(code_of_function(handler))
        if kind is types.MethodType:
            handler = _function_of_method(handler)
        elif kind is _functools.partial:
            handler = _function_of_partial(handler)
        else:
            # An instance of a class with ``__call__``.
            calls = (entry_of(namespace_of_type(base), "__call__") for base in mro_of_type(kind))
            handler = next((call for call in calls if call is not None), None)
            if type(handler) is not types.FunctionType:
                return 0
