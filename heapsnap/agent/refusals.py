"""Interpreters in which there is no snapshot, since taking one might do harm."""

import sys

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None


def _is_main_interpreter():
    if ctypes is None:
        # What a subinterpreter of 3.12 may not load either, beside builds that have none.
        import _xxsubinterpreters

        return _xxsubinterpreters.get_current() == _xxsubinterpreters.get_main()
    api = ctypes.PyDLL(None)
    for function in (api.PyInterpreterState_Get, api.PyInterpreterState_Main):
        function.restype = ctypes.c_void_p
    return api.PyInterpreterState_Get() == api.PyInterpreterState_Main()


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


refusal = _refusal()
"""Why this interpreter is left alone; empty where it is not."""
