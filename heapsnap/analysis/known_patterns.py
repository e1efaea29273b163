"""The known ways to leak: one entry each, what it looks like, what it is, what to change.

Data alone; ``patterns`` does the matching. The order counts: the first that fits is told, so what
is special stands before what is general. No entry looks at a particular program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from heapsnap.analysis.results import Pattern


@dataclass(frozen=True, slots=True)
class KnownPattern:
    """A pattern and what it looks like.

    ``looks`` is searched in the chain written as ``root .reference type .reference type``: the
    root as the chain shows it (``module app``), full type names, references as they are, one
    blank between; ``repeated`` behind the type of what is counted in place of shown. Behind the
    type of an exception stands ``!`` and behind a metaclass ``@``, whatever they are called. At
    the end stand ``|`` and the normalised path. A cycle has no root and starts with a type;
    ``in_cycle``: only there. Where growth is known to enter, the match must reach up to there:
    what merely leads to the place that grows is not to blame.
    """

    pattern: Pattern
    looks: re.Pattern[str]
    in_cycle: bool = False


def _known(
    name: str, looks: str, explanation: str, fix: str, *, in_cycle: bool = False
) -> KnownPattern:
    return KnownPattern(Pattern(name, explanation, fix), re.compile(looks), in_cycle)


_CLOSURE = r"function \.__closure__(\([^)]*\))? tuple \S+ cell \.cell_contents"
_ITEM = r"(\]|\{\*\}|<key>|\?)"
_COLLECTION = (
    r"(dict|list|set|(\w+\.)*(deque|OrderedDict|defaultdict|Counter|ChainMap|Weak\w+)"
    r"( \.data (dict|set))?) (\[|\{|<key>)"
)
WRAPPED = 4
"""Wrappers around wrappers from which on no decorator explains them."""

KNOWN = (
    # Cycles.
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
        "closure-names-itself",
        _CLOSURE,
        "an inner function refers to itself through its closure, which is a cycle",
        "define the function at module level or pass it to itself as an argument",
        in_cycle=True,
    ),
    _known(
        "exception-holds-its-frame",
        r"\.__traceback__ traceback .*frame",
        "an exception is a local variable of a frame that its own traceback holds, which is a "
        "cycle; it keeps all that the frame refers to",
        "delete the variable when it is done with (try ... finally: del error)",
        in_cycle=True,
    ),
    _known(
        "class-made-per-call",
        r"(type|\S+@) (\.__mro__|\.__dict__)",
        "a class was made at run time; every class is part of a cycle with its own method "
        "resolution order, which only the cycle collector can free",
        "make the class once, at import, or keep it in a cache that has a limit",
        in_cycle=True,
    ),
    # What Python itself keeps.
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
        "singledispatch-registration",
        r"\.registry mappingproxy <mapping> dict",
        "functools.singledispatch keeps every implementation that was registered",
        "register at import, not in a function that is called again and again",
    ),
    _known(
        "finalizer-holds-object",
        r"weakref\.finalize\._Info \.(func|args|kwargs) ",
        "weakref.finalize keeps its callback and the callback's arguments until the object dies; "
        "an object that they hold never does",
        "give weakref.finalize a plain function, and what it needs to clean up, not the object",
    ),
    _known(
        "weakref-callback-holds-object",
        r"(ReferenceType|KeyedRef|WeakMethod) \.__callback__ ",
        "a weak reference keeps its callback, and the callback what it refers to",
        "let the callback be a plain function that refers to no object of that kind",
    ),
    _known(
        "collector-debug-flag",
        r"module gc \.garbage list|^gc\.garbage ",
        "gc.DEBUG_SAVEALL is set: all that the collector would free goes to gc.garbage",
        "call gc.set_debug(0), and gc.garbage.clear()",
    ),
    _known(
        "sys-modules-growing",
        r" \| sys\.modules\[",
        "modules are made at run time, and sys.modules keeps every one of them",
        "delete them from sys.modules when they are done with, or run the code in a namespace of "
        "its own instead (runpy, exec with a dict)",
    ),
    _known(
        "import-hook",
        r"module sys \.(meta_path|path_hooks|path) list \[",
        "import hooks and search paths are added again and again; each makes every import slower",
        "add it once, if it is not there yet, and take it out when it is done with",
    ),
    _known(
        "codec-search-function",
        r"^codec search path ",
        "codecs.register keeps every search function that it was given",
        "register once, at import; codecs.unregister takes one out",
    ),
    _known(
        "warnings-registry",
        r"\.__warningregistry__ dict",
        "a module remembers the text of every warning that it gave, so as not to repeat it",
        "keep what changes (numbers, names) out of the text of warnings",
    ),
    _known(
        "linecache-entry-per-source",
        r"module linecache \.cache dict",
        "linecache keeps the source text of every file name that it was asked for, invented ones "
        "included",
        "call linecache.checkcache() now and then, or give generated code one name for all",
    ),
    _known(
        "logging-handler-never-removed",
        r"logging\.\w+ \.handlers list \[",
        "a logger keeps every handler that was added to it",
        "add handlers once, at start, or call removeHandler() when the work is done",
    ),
    _known(
        "logging-filter-never-removed",
        r"logging\.\S+ \.filters list \[",
        "a logger or handler keeps every filter that was added to it",
        "add filters once, at start, or call removeFilter() when the work is done",
    ),
    _known(
        "logger-per-name",
        r"logging\.Manager \.loggerDict dict \[.*\] logging\.Logger( |$)",
        "logging keeps a logger for every name that was ever asked for",
        "use one logger, and tell requests apart by a LoggerAdapter or extra=...",
    ),
    _known(
        "log-records-buffered",
        r"\.buffer list \[\S+ logging\.LogRecord",
        "a MemoryHandler keeps records until one is grave enough to flush it",
        "give it a smaller capacity, a lower flushLevel and a target",
    ),
    _known(
        "thread-still-running",
        r"^Thread\.run\(\) local variable self",
        "a thread that has not ended keeps its Thread object and its target's arguments",
        "give what it waits for a timeout, or take threads from a pool",
    ),
    _known(
        "mock-call-history",
        r"\._mock_(call_args_list|mock_calls|method_calls) ",
        "a Mock remembers every call with its arguments",
        "call reset_mock(), or put a plain object in the place of the mock",
    ),
    # Libraries.
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
        r"prometheus_client\.\S+ \._metrics dict |\._attributes_aggregation dict ",
        "a metric keeps a child, with its numbers, for every combination of label values",
        "leave out labels whose values have no end (user numbers, paths), or call remove()",
    ),
    _known(
        "orm-session-never-ends",
        r"sqlalchemy\.orm\.\S+ \.(identity_map|_new|_deleted) ",
        "an ORM session keeps the objects that were added to it or changed in it until they are "
        "written or it ends",
        "use one session for each piece of work and close it; expunge what is only read",
    ),
    _known(
        "orm-metadata-per-call",
        r"sqlalchemy\.\S+\.MetaData \.tables |sqlalchemy\.orm\.\S*registry \.\w+ ",
        "MetaData keeps every Table that was defined in it",
        "define tables once, at import; for passing ones use a MetaData that is thrown away",
    ),
    _known(
        "signal-receiver-never-disconnected",
        r"(\S+\.Signal|blinker\.\S+) \._?receiver\w* |pyee\.\S+ \._events |"
        r"module pydispatch\.dispatcher \.connections |sqlalchemy\.event\.\S+ \.listeners ",
        "a signal or event emitter keeps every receiver that was connected to it",
        "disconnect it when its object is done, connect weakly, or connect once at import",
    ),
    # Held in odd ways.
    _known(
        "callback-held-from-c",
        r"^(bound method|function|built-in|partial) (\S+ )?\(held from C\)",
        "C code keeps a callback, as atexit.register, signal handlers and C libraries do, and the "
        "callback what it refers to",
        "take it out when the object is done (atexit.unregister), or register one callback that "
        "knows the objects weakly",
    ),
    _known(
        "context-variable-chain",
        r"^context of a thread .*|_contextvars\.(Context|Token) .*",
        "a context variable keeps its value for as long as its context: each set() without a "
        "reset() may keep the value from before as well",
        "call reset(token) when the work is done, or run it in contextvars.copy_context().run()",
    ),
    _known(
        "thread-local-never-cleared",
        r"_thread\._local <threads> .*|^data of the thread .*",
        "thread-local data stays for as long as its thread, and threads of a pool live for ever",
        "clear it at the end of each piece of work",
    ),
    _known(
        "ctypes-callback-kept",
        r"(CFunctionType|CFuncPtr|PyCFuncPtr\w*)( |$)",
        "every ctypes callback is a small piece of machine code of its own, and keeps the function "
        "that it calls",
        "make the callback once and hand out the same one",
    ),
    _known(
        "stored-exception",
        rf"\.__(traceback|context|cause)__ (traceback|\S+!)|\.tb_frame frame|{_ITEM} \S+!( |$)",
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
        "wrapped-again",
        rf"({_CLOSURE} ){{{WRAPPED},}}function|(\.__wrapped__ function .*){{{WRAPPED},}}|"
        rf"({_CLOSURE}|\.__wrapped__) function repeated.*",
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
        "timer-never-cancelled",
        r"\._scheduled list \[|sched\.scheduler \._queue list|TimerHandle|^timer \(held",
        "an event loop or scheduler keeps every timer, and what it will call, until it is due",
        "cancel the timer when its work is done or its object closed",
    ),
    _known(
        "registered-callback",
        # As it is, in a function that wraps it, or as a partial.
        rf"{_ITEM} (tuple \[\d\] )?({_CLOSURE} |functools\.partial \.func )?method \.__self__",
        "a registered bound method keeps the object that it belongs to",
        "take the callback out when the object is done, or register weakref.WeakMethod(method)",
    ),
    _known(
        "executor-backlog",
        r"Executor \.(_work_queue \S+ \? list|_pending_work_items) ",
        "an executor keeps every call that was submitted and has not run yet, with its arguments",
        "submit no more than it can do: wait for results, or bound what is under way (a semaphore)",
    ),
    _known(
        "tee-backlog",
        r"itertools\.(_tee|tee)\w* ",
        "itertools.tee keeps what one of its iterators has given and another has not yet taken",
        "take from both at the same pace, or make a list",
    ),
    _known(
        "task-kept",
        rf"{_ITEM} (_asyncio|asyncio\.tasks|\S+)\.Task( |$)",
        "a task that is kept keeps its result or its coroutine's variables, even when it is done",
        "discard it when it is done: task.add_done_callback(tasks.discard), or a TaskGroup",
    ),
    _known(
        "future-kept",
        rf"{_ITEM} (\S+\.)?(Future|Deferred|ApplyResult|AsyncResult)( |$)",
        "a future that is kept keeps its result, and one that is never resolved whoever waits",
        "forget it when its result was taken; give every wait a timeout and resolve what is lost",
    ),
    _known(
        "coroutine-never-awaited",
        rf"{_ITEM} coroutine( |$)",
        "a coroutine that nobody awaits keeps its arguments and variables",
        "await it, make it a task, or close() it",
    ),
    _known(
        "generator-suspended",
        rf"{_ITEM} (async_)?generator( |$)",
        "a generator that was not read to its end keeps its variables and what they refer to",
        "read it to its end or close() it (contextlib.closing), and do not keep it",
    ),
    _known(
        "view-holds-buffer",
        r"numpy\.ndarray \.base |memoryview (<buffer>|\.obj) ",
        "a view keeps the whole array or buffer that it was cut from",
        "copy the piece that is needed (array.copy(), bytes(view))",
    ),
    _known(
        "array-of-objects",
        r"numpy\.ndarray \[\d+\] ",
        "an array of dtype object keeps the objects in it, like a list",
        "set the slots to None when they are done with, or use a list of limited length",
    ),
    _known(
        "node-holds-document",
        rf"{_ITEM} (lxml\.\S+|xml\.dom\.\S+|bs4\.\S+)( |$)|"
        r"\.(parentNode|ownerDocument|_doc|owner_document) ",
        "a node of a parsed tree keeps its parents, and so the whole document",
        "keep the text or the attributes that are needed, not the node",
    ),
    _known(
        "class-made-per-call",
        rf"{_ITEM} (type|\S+@) \|",
        "classes are made at run time and kept: each weighs a kilobyte or more",
        "make the class once, at import, or keep it in a cache that has a limit",
    ),
    _known(
        "unbounded-queue",
        rf"(\w+\.)*\w*Queue \.\w+ {_COLLECTION}|_queue\.SimpleQueue \?|"
        r"(?<!\.waiting )(collections\.)?deque \[",
        "a queue without a limit gets more than is taken out of it",
        "give it a maxsize (maxlen), and see why its consumers fall behind",
    ),
    _known(
        "class-level-collection",
        rf"(type|\S+@) \.\w+ {_COLLECTION}",
        "a collection that is an attribute of a class is shared by all its instances and stays "
        "for as long as the class",
        "make it in __init__ if each instance was meant to have its own; else take entries out",
    ),
    _known(
        "module-level-collection",
        rf"^module \S+ \.\w+ {_COLLECTION}",
        "a collection at module level stays for as long as the program, and so does all in it",
        "take entries out when they are done with, or give it a limit (an LRU or TTL cache)",
    ),
)
