"""The roots of a snapshot: modules, what threads run, what the interpreter holds by name."""

import gc
import sys

from .identity import (
    code_of_frame,
    entry_of,
    function_of_code,
    globals_of_frame,
    line_of_frame,
    mro_of_type,
    namespace_of_type,
    text,
)
from .jsontext import dumps
from .kinds import local_variables


def describe_roots(capture, hooks, redaction):
    """The roots line, and what it names.

    Must run after the reference counts and the referents of running frames are taken: reading
    ``f_locals`` makes dicts that hold what they list (3.12 and earlier).

    Args:
        capture: What threads were doing.
        hooks: What the interpreter calls by itself.
        redaction: What becomes of names that may be data.

    Returns:
        JSON text, and the list of the objects whose addresses are in it.
    """
    modules = sys.modules if type(sys.modules) is dict else {}
    named = [(text(name), module) for name, module in list(modules.items()) if text(name)]
    interpreter = [
        ("gc.garbage", gc.garbage),
        ("gc.callbacks", gc.callbacks),
        ("sys.modules", sys.modules),
        *zip(hooks.names, hooks.objects),
    ]
    threads, objects = _describe_threads(capture, redaction)
    line = dumps(
        {
            "modules": {name: id(module) for name, module in named},
            "threads": threads,
            "interpreter": [{"name": name, "address": id(held)} for name, held in interpreter],
        }
    )
    objects += [held for _, held in named + interpreter]
    return line, objects


def _describe_threads(capture, redaction):
    known = dict(capture.threads or ())
    idents = list(capture.stacks)
    # Both come from the same list of the interpreter, in its order.
    dicts = capture.locals if len(capture.locals) == len(idents) else [None] * len(idents)
    threads, objects = [], [held for held in dicts if held is not None]
    for ident, thread_dict in zip(idents, dicts):
        thread = known.get(ident)
        exception = capture.exception_of(ident)
        if exception is not None:
            objects.append(exception)
        frames = [
            _describe_frame(frame, objects, redaction) for frame in reversed(capture.stacks[ident])
        ]
        threads.append(
            {
                "ident": ident,
                "name": redaction.name(_attribute(thread, "_name", str)),
                "daemon": _attribute(thread, "_daemonic", bool),
                "current": ident == capture.thread_id,
                "local": id(thread_dict) if type(thread_dict) is dict else None,
                "exception": None if exception is None else id(exception),
                "frames": frames,
            }
        )
    return threads, objects


def _describe_frame(frame, objects, redaction):
    code = code_of_frame(frame)
    variables = local_variables(frame)
    objects += [value for _, value in variables]
    return {
        "function": function_of_code(code),
        "module": text(entry_of(globals_of_frame(frame), "__name__")) or None,
        "file": text(code.co_filename),
        "line": line_of_frame(frame),
        "frame": id(frame),
        "names": [redaction.name(text(name)) for name, _ in variables],
        "addresses": [id(value) for _, value in variables],
    }


def _attribute(thread, name, kind):
    """An attribute of a ``threading.Thread``, read from its dict: subclasses may compute theirs."""
    if thread is None:
        return None
    for base in mro_of_type(type(thread)):
        getter = entry_of(namespace_of_type(base), "__dict__")
        if getter is not None and type(getter).__name__ == "getset_descriptor":
            value = entry_of(getter.__get__(thread), name)
            return value if type(value) is kind else None
    return None
