"""Known ways to leak by what Python itself keeps, and by cycles that only the collector frees.

Data alone. The order counts: the first that fits is told, so what is special stands before what
is general. No entry looks at a particular program.
"""

from __future__ import annotations

from heapsnap.analysis.patterns.known_pattern import CLOSURE, known

STILL_RUNNING = (
    "a thread that has not ended keeps its target's arguments and its functions' variables",
    "give what it waits for a timeout or a last item, so that it ends, or take threads from a pool",
)
IN_PYTHON = (
    # Cycles.
    known(
        "bound-method-on-instance",
        r"\.\w+ method \.__self__",
        "a bound method is stored on the very object that it is bound to, so the object holds "
        "itself; only the cycle collector can free it",
        "do not patch bound methods on to instances: define the method on the class or a subclass, "
        "or store the plain function",
        in_cycle=True,
    ),
    known(
        "closure-names-itself",
        CLOSURE,
        "an inner function refers to itself through its closure, which is a cycle",
        "define the function at module level or pass it to itself as an argument",
        in_cycle=True,
    ),
    known(
        "exception-holds-its-frame",
        r"\.__traceback__ traceback .*frame",
        "an exception is a local variable of a frame that its own traceback holds, which is a "
        "cycle; it keeps all that the frame refers to",
        "delete the variable when it is done with (try ... finally: del error)",
        in_cycle=True,
    ),
    known(
        "class-made-per-call",
        r"(type|\S+@) (\.__mro__|\.__dict__)",
        "a class was made at run time; every class is part of a cycle with its own method "
        "resolution order, which only the cycle collector can free",
        "make the class once, at import, or keep it in a cache that has a limit",
        in_cycle=True,
    ),
    # What Python itself keeps.
    known(
        "lru-cache-on-method",
        # Of any metaclass. An instance's own cache keeps no instance that it should not.
        r"(\bclass \S+( \([^)]*\))? | type |\S+@ )"
        r"\.\w+ functools\._lru_cache_wrapper (<|\[|\?)",
        "functools.lru_cache keeps the arguments of every call, self among them",
        "give the cache a maxsize, or keep it on the instance (functools.cached_property)",
    ),
    known(
        "unbounded-lru-cache",
        r"functools\._lru_cache_wrapper (<|\[|\?)",
        "functools.lru_cache keeps the arguments and the result of every call",
        "give the cache a maxsize, or call cache_clear() when its results are done with",
    ),
    known(
        "singledispatch-registration",
        r"\.registry mappingproxy <mapping> dict",
        "functools.singledispatch keeps every implementation that was registered",
        "register at import, not in a function that is called again and again",
    ),
    known(
        "finalizer-holds-object",
        r"weakref\.finalize\._Info \.(func|args|kwargs) |"
        r"multiprocessing\.util\.Finalize \._(callback|args|kwargs) ",
        "a finalizer (of weakref, of multiprocessing) keeps its callback and the callback's "
        "arguments until its object dies, or, without one, until the process ends; an object that "
        "they hold never dies before",
        "give the finalizer a plain function, and what it needs to clean up, not the object",
    ),
    known(
        "finalizer-kept",
        r"weakref\.finalize\._Info( |$)|module multiprocessing\.util \._finalizer_registry dict ",
        "a finalizer is kept until its object dies, it is called or the process ends: these wait",
        "call it when its object is closed, and see what keeps the objects; if the finalizer does, "
        "by a bound method or an argument, give it a plain function",
    ),
    known(
        "weak-key-held-by-its-value",
        r"WeakKeyDictionary \.data dict \[",
        "an entry of a WeakKeyDictionary goes when its key goes; a value that leads to its own "
        "key, by a bound method or a closure too, keeps it for ever",
        "let the value refer to its key weakly, or make it an attribute of the key",
    ),
    known(
        "weakref-callback-holds-object",
        r"(ReferenceType|KeyedRef|WeakMethod) \.__callback__ ",
        "a weak reference keeps its callback, and the callback what it refers to",
        "let the callback be a plain function that refers to no object of that kind",
    ),
    known(
        "collector-debug-flag",
        r"module gc \.garbage list|^gc\.garbage ",
        "gc.DEBUG_SAVEALL is set: all that the collector would free goes to gc.garbage",
        "call gc.set_debug(0), and gc.garbage.clear()",
    ),
    known(
        "sys-modules-growing",
        r" \| sys\.modules\[",
        "modules are made at run time, and sys.modules keeps every one of them",
        "delete them from sys.modules when they are done with, or run the code in a namespace of "
        "its own instead (runpy, exec with a dict)",
    ),
    known(
        "import-hook",
        r"module sys \.(meta_path|path_hooks|path) list \[",
        "import hooks and search paths are added again and again; each makes every import slower",
        "add it once, if it is not there yet, and take it out when it is done with",
    ),
    known(
        "codec-search-function",
        r"^codec search path ",
        "codecs.register keeps every search function that it was given",
        "register once, at import; codecs.unregister takes one out",
    ),
    known(
        "warnings-registry",
        r"\.__warningregistry__ dict",
        "a module remembers the text of every warning that it gave, so as not to repeat it",
        "keep what changes (numbers, names) out of the text of warnings",
    ),
    known(
        "linecache-entry-per-source",
        r"module linecache \.cache dict",
        "linecache keeps the source text of every file name that it was asked for, invented ones "
        "included",
        "call linecache.checkcache() now and then, or give generated code one name for all",
    ),
    known(
        "logging-handler-never-removed",
        r"logging\.\w+ \.handlers list \[",
        "a logger keeps every handler that was added to it",
        "add handlers once, at start, or call removeHandler() when the work is done",
    ),
    known(
        "logging-filter-never-removed",
        r"logging\.\S+ \.filters list \[",
        "a logger or handler keeps every filter that was added to it",
        "add filters once, at start, or call removeFilter() when the work is done",
    ),
    known(
        "logger-per-name",
        r"logging\.Manager \.loggerDict dict \[.*\] logging\.Logger( |$)",
        "logging keeps a logger for every name that was ever asked for",
        "use one logger, and tell requests apart by a LoggerAdapter or extra=...",
    ),
    known(
        "log-records-buffered",
        r"\.buffer list \[\S+ logging\.LogRecord",
        "a MemoryHandler keeps records until one is grave enough to flush it",
        "give it a smaller capacity, a lower flushLevel and a target",
    ),
    known(
        "thread-still-running",
        r"^Thread\.run\(\) local variable self|^module threading \._active dict ",
        *STILL_RUNNING,
    ),
    known(
        "thread-still-running",
        r"^\S+\(\) local variable ",
        *STILL_RUNNING,
        of_threads=True,
    ),
    known(
        "mock-call-history",
        r"\._mock_(call_args_list|mock_calls|method_calls) ",
        "a Mock remembers every call with its arguments",
        "call reset_mock(), or put a plain object in the place of the mock",
    ),
)
