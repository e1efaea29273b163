"""Known ways to leak, as data: what each looks like, what it is, what to change.

Owns the table and the matching of one chain against it. A pattern looks at types and names
of references only, never at a particular program.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.analysis.results import Pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.results import Step


@dataclass(frozen=True, slots=True)
class KnownPattern:
    """A pattern and what it looks like.

    ``looks`` is searched in the chain written as ``root .reference type .reference type``: the
    root as the chain shows it (``module app``), full type names, references as they are, one
    blank between. Behind the type of an exception stands ``!``, whatever it is called. A cycle
    has no root and starts with a type. ``in_cycle``: only in a cycle.
    """

    pattern: Pattern
    looks: re.Pattern[str]
    in_cycle: bool = False


def _known(
    name: str, looks: str, explanation: str, fix: str, *, in_cycle: bool = False
) -> KnownPattern:
    return KnownPattern(Pattern(name, explanation, fix), re.compile(looks), in_cycle)


_CLOSURE = r"function \.__closure__(\([^)]*\))? tuple \S+ cell \.cell_contents"
EXCEPTION_LAYOUTS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
)
WRAPPED = 4
"""Wrappers around wrappers from which on no decorator explains them."""

KNOWN = (
    _known(
        "bound-method-on-instance",
        r"\.\w+ method \.__self__",
        "a bound method is stored on the very object that it is bound to, so the object holds "
        "itself; only the cycle collector can free it",
        "do not patch bound methods on to instances: define the method on the class or a subclass, "
        "or store the plain function",
        in_cycle=True,
    ),
    _known(
        "lru-cache-on-method",
        # The class may be of any metaclass: whatever owns the cache is no module.
        r"(?<!module) (?!module )\S+ \.\w+ functools\._lru_cache_wrapper (<|\[|\?)",
        "functools.lru_cache keeps the arguments of every call, self among them",
        "give the cache a maxsize, or keep it on the instance (functools.cached_property)",
    ),
    _known(
        "unbounded-lru-cache",
        r"functools\._lru_cache_wrapper (<|\[|\?)",
        "functools.lru_cache keeps the arguments and the result of every call",
        "give the cache a maxsize, or call cache_clear() when its results are done with",
    ),
    _known(
        "finalizer-holds-object",
        r"weakref\.finalize\._Info \.(func|args|kwargs) ",
        "weakref.finalize keeps its callback and the callback's arguments until the object dies; "
        "an object that they hold never does",
        "give weakref.finalize a plain function, and what it needs to clean up, not the object",
    ),
    _known(
        "stored-exception",
        r"\.__traceback__ traceback|\.tb_frame frame|[\]}\w] \S+!$",
        "a stored exception keeps its traceback, and that the local variables of every frame that "
        "it passed",
        "store str(error), or drop the traceback with error.with_traceback(None)",
    ),
    _known(
        "stored-frame",
        r"[\]}\w] frame( |$)",
        "a stored frame keeps its local variables, and the frames that called it",
        "store what is needed of it: the function's name, the line",
    ),
    _known(
        "closure-names-itself",
        _CLOSURE,
        "an inner function refers to itself through its closure, which is a cycle",
        "define the function at module level or pass it to itself as an argument",
        in_cycle=True,
    ),
    _known(
        "wrapped-again",
        f"({_CLOSURE} ){{{WRAPPED},}}function",
        "a function was wrapped again and again: each wrapper keeps the one from before",
        "wrap once, at import, or put the original back before it is wrapped anew",
    ),
    _known(
        "mutable-default",
        r"function \.__(kw)?defaults__ (tuple|dict) \S+ (list|dict|set)\b",
        "a default argument is made once and shared by all calls: what is put into it stays",
        "let the default be None, and make the list or dict inside the function",
    ),
    _known(
        "logging-handler-never-removed",
        r"logging\.\w+ \.handlers list \[",
        "a logger keeps every handler that was added to it",
        "add handlers once, at start, or call removeHandler() when the work is done",
    ),
    _known(
        "logger-per-name",
        r"logging\.Manager \.loggerDict dict \[.*\] logging\.Logger$",
        "logging keeps a logger for every name that was ever asked for",
        "use one logger, and tell requests apart by a LoggerAdapter or extra=...",
    ),
    _known(
        "mock-call-history",
        r"\._mock_(call_args_list|mock_calls|method_calls) ",
        "a Mock remembers every call with its arguments",
        "call reset_mock(), or put a plain object in the place of the mock",
    ),
    _known(
        "warnings-registry",
        r"\.__warningregistry__ dict",
        "a module remembers the text of every warning that it gave, so as not to repeat it",
        "keep what changes (numbers, names) out of the text of warnings",
    ),
    _known(
        "collector-debug-flag",
        r"module gc \.garbage list|^gc\.garbage ",
        "gc.DEBUG_SAVEALL is set: all that the collector would free goes to gc.garbage",
        "call gc.set_debug(0), and gc.garbage.clear()",
    ),
    _known(
        "thread-still-running",
        r"^Thread\.run\(\) local variable self",
        "a thread that has not ended keeps its Thread object and its target's arguments",
        "give what it waits for a timeout, or take threads from a pool",
    ),
    _known(
        "pyplot-figure-never-closed",
        r"matplotlib\._pylab_helpers .*\.figs collections\.OrderedDict ",
        "pyplot keeps every figure that it made until it is closed",
        "call plt.close(figure), or make figures with matplotlib.figure.Figure() instead of pyplot",
    ),
    _known(
        "django-query-log",
        r"\.queries_log collections\.deque ",
        "with DEBUG = True Django keeps the text of every query, up to 9000 for each connection",
        "set DEBUG = False, or call django.db.reset_queries() between jobs",
    ),
    _known(
        "metric-for-every-label-value",
        r"prometheus_client\.metrics\.\w+ \._metrics dict ",
        "a metric keeps a child, with its numbers, for every combination of label values",
        "leave out labels whose values have no end (user numbers, paths), or call remove()",
    ),
    _known(
        "registered-callback",
        # As it is, in a function that wraps it, or as a partial.
        rf"(\]|\{{\*\}}|<key>) ({_CLOSURE} |functools\.partial \.func )?method \.__self__",
        "a registered bound method keeps the object that it belongs to",
        "take the callback out when the object is done, or register weakref.WeakMethod(method)",
    ),
)


def match_pattern(steps: Sequence[Step], *, is_cycle: bool) -> Pattern | None:
    """The first known pattern that the chain shows, or None.

    Args:
        steps: The chain, root first, or once round the cycle.
        is_cycle: Whether it is a cycle.
    """
    start = steps[0].type if is_cycle else steps[0].text
    text = " ".join([start, *(f"{step.reference} {_type_mark(step)}" for step in steps[1:])])
    for known in KNOWN:
        if (is_cycle or not known.in_cycle) and known.looks.search(text):
            return known.pattern
    return None


def _type_mark(step: Step) -> str:
    return f"{step.type}!" if step.layout in EXCEPTION_LAYOUTS else step.type
