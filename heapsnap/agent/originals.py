"""Functions of the interpreter as they were before anybody replaced them.

gevent and eventlet put functions of their own into ``os``, ``_thread``, ``select`` and ``time``: a
lock that is acquired through them switches greenlets, closing a descriptor waits for the program's
event loop. ``kernel`` is ``os`` without them. In a
signal handler, in a thread of the agent's own and in a forked child neither may happen. A module
written in C can be made a second time, with functions that nobody has seen.
"""

import os
import sys

try:
    import posix

    kernel = posix
except ImportError:  # pragma: no cover - not POSIX
    kernel = os  # type: ignore[misc]

_BUILTIN = type(len)
_pristine: dict[str, object] = {}


def original(module, name):
    """The C function ``name`` of a module written in C, whoever replaced it meanwhile.

    To be asked for when the agent is loaded: a child of a fork cannot load anything.

    Returns:
        The function; None where it was replaced and no second copy of the module can be made.
    """
    function = getattr(module, name, None)
    if type(function) is _BUILTIN:
        return function
    copy = _pristine.get(module.__name__)
    if copy is None:
        try:
            copy = _pristine[module.__name__] = _make_again(module)
        except Exception:
            return None
    return getattr(copy, name, None)


def _make_again(module):
    # importlib stands in sys.modules since the interpreter's start, and imports nothing more.
    import _imp

    spec = module.__spec__
    copy = type(spec)(module.__name__, spec.loader, origin=spec.origin)
    if module.__name__ in sys.builtin_module_names:
        again = _imp.create_builtin(copy)
        _imp.exec_builtin(again)
    else:
        again = _imp.create_dynamic(copy)
        _imp.exec_dynamic(again)
    if again is module:
        raise RuntimeError("the module can be made once only")
    return again
