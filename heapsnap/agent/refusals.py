"""Interpreters in which there is no snapshot, since taking one might do harm."""

import sys

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None


_COMPANY = "a subinterpreter lives in this process, and a forked child would hang or crash of it"


def _functions():
    """The interpreter that this is, the main one, and the one that was made last."""
    if ctypes is None:
        return None
    api = ctypes.PyDLL(None)
    functions = (
        api.PyInterpreterState_Get,
        api.PyInterpreterState_Main,
        api.PyInterpreterState_Head,
    )
    for function in functions:
        function.restype = ctypes.c_void_p
    return functions


try:
    _interpreters = _functions()
except AttributeError:  # pragma: no cover - a build that does not export one of them
    _interpreters = None


def _is_main_interpreter():
    if _interpreters is None:
        # What a subinterpreter of 3.12 may not load either, beside builds that have none.
        import _xxsubinterpreters

        return _xxsubinterpreters.get_current() == _xxsubinterpreters.get_main()
    current, main, _ = _interpreters
    return current() == main()


def _has_company():
    """Whether there is another interpreter than this one, the main one.

    CPython puts a new interpreter before all others (``Python/pystate.c``, 3.10 to 3.15), so
    nothing is read from the structure of one that may just be coming to its end.
    """
    if _interpreters is not None:
        _, main, newest = _interpreters
        return newest() != main()
    # Without ctypes: whoever made one from Python has loaded one of these.
    for name in ("_interpreters", "_xxsubinterpreters"):
        module = sys.modules.get(name)
        if module is not None:
            return len(module.list_all()) > 1
    return False


def _refusal():
    if "t" in getattr(sys, "abiflags", ""):
        # Other threads run on while their frames are read, and objects are laid out in another way.
        return "this Python is built to run without the GIL, which heapsnap does not know yet"
    try:
        if not _is_main_interpreter():
            # They cannot fork, and a walk in one has brought 3.13 down.
            return "this is a subinterpreter; ask in the main one"
    except Exception:  # noqa: BLE001 - no ctypes: then there is one interpreter, as good as always
        pass
    return ""


_refusal_of_this = _refusal()


def refusal():
    """Why there is no snapshot here and now; empty where there may be one."""
    if _refusal_of_this or not _has_company():
        return _refusal_of_this
    # In the child, and before any code of Python's runs there, CPython ends all interpreters but
    # the main one: it waits for ever for a lock on 3.10 to 3.12, and aborts from 3.13 on.
    return _COMPANY
