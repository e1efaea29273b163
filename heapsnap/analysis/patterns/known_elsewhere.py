"""Known ways to leak in libraries, in callbacks, and in what is held in odd ways.

Data alone. The order counts: the first that fits is told, so what is special stands before what
is general. No entry looks at a particular program.
"""

from __future__ import annotations

from heapsnap.analysis.patterns.known_pattern import (
    CLOSURE,
    FUTURE,
    ITEM,
    REGISTERED_METHOD,
    TASK,
    WRAPPED,
    known,
)

WRAPPED_AGAIN = (
    "a function was wrapped again and again: each wrapper keeps the one from before",
    "wrap once, at import, or put the original back before it is wrapped anew",
)
CLASS_PER_CALL = (
    "classes are made at run time and kept: each weighs a kilobyte or more",
    "make the class once, at import, or keep it in a cache that has a limit",
)
ELSEWHERE = (  # Libraries.
    known(
        "pyplot-figure-never-closed",
        r"matplotlib\._pylab_helpers .*\.figs collections\.OrderedDict ",
        "pyplot keeps every figure that it made until it is closed",
        "call plt.close(figure), or make figures with matplotlib.figure.Figure() instead of pyplot",
    ),
    known(
        "django-query-log",
        r"\.queries_log collections\.deque ",
        "with DEBUG = True Django keeps the text of every query, up to 9000 for each connection",
        "set DEBUG = False, or call django.db.reset_queries() between jobs",
    ),
    known(
        "metric-for-every-label-value",
        r"prometheus_client\.\S+ \._metrics dict |\._attributes_aggregation dict ",
        "a metric keeps a child, with its numbers, for every combination of label values",
        "leave out labels whose values have no end (user numbers, paths), or call remove()",
    ),
    known(
        "metric-registered-per-object",
        r"prometheus_client\.\S+ \._(names_to_collectors|collector_to_names) dict ",
        "prometheus_client's registry keeps every metric that was made",
        "make metrics once, at import, with a label of few values; or unregister() them",
    ),
    known(
        "orm-session-never-ends",
        r"sqlalchemy\.orm\.\S+ \.(identity_map|_new|_deleted) |pony\.orm\.\S*SessionCache \.",
        "an ORM session keeps the objects that were added to it or changed in it, some ORMs all "
        "that were read, until they are written or it ends",
        "use one session for each piece of work and let it end with that; let go of what is only "
        "read (expunge, rollback)",
    ),
    known(
        "orm-metadata-per-call",
        r"sqlalchemy\.\S+\.MetaData \.tables |sqlalchemy\.orm\.\S*registry \.\w+ ",
        "MetaData keeps every Table that was defined in it",
        "define tables once, at import; for passing ones use a MetaData that is thrown away",
    ),
    known(
        "signal-receiver-never-disconnected",
        r"(\S+\.Signal|blinker\.\S+) \._?receiver\w* |pyee\.\S+ \._events |"
        r"module pydispatch\.dispatcher \.connections |sqlalchemy\.event\.\S+ \.listeners ",
        "a signal or event emitter keeps every receiver that was connected to it",
        "disconnect it when its object is done, connect weakly, or connect once at import",
    ),
    # Held in odd ways.
    known(
        "callback-held-from-c",
        r"^(bound method|function|built-in|partial) (\S+ )?\(held from C\)",
        "C code keeps a callback, as atexit.register, signal handlers and C libraries do, and the "
        "callback what it refers to",
        "take it out when the object is done (atexit.unregister), or register one callback that "
        "knows the objects weakly",
    ),
    known(
        "context-variable-chain",
        r"^context of a thread .*|_contextvars\.(Context|Token) .*",
        "a context variable keeps its value for as long as its context: each set() without a "
        "reset() may keep the value from before as well",
        "call reset(token) when the work is done, or run it in contextvars.copy_context().run()",
    ),
    known(
        "thread-local-never-cleared",
        r"_thread\._local <threads> .*|^data of the thread .*",
        "thread-local data stays for as long as its thread, and threads of a pool live for ever",
        "clear it at the end of each piece of work",
    ),
    known(
        "ctypes-callback-kept",
        r"(CFunctionType|CFuncPtr|PyCFuncPtr\w*)( |$)",
        "every ctypes callback is a small piece of machine code of its own, and keeps the function "
        "that it calls",
        "make the callback once and hand out the same one",
    ),
    known(
        "stored-exception",
        rf"\.__(traceback|context|cause)__ (traceback|\S+!)|\.tb_frame frame|{ITEM} \S+!( |$)",
        "a stored exception keeps its traceback, and that the local variables of every frame that "
        "it passed",
        "store str(error), or drop the traceback with error.with_traceback(None)",
    ),
    known(
        "stored-frame",
        r"(\]|\}| \.\w+) frame( |$)",
        "a stored frame keeps its local variables, and the frames that called it",
        "store what is needed of it: the function's name, the line",
    ),
    known(
        "wrapped-again",
        rf"({CLOSURE} ){{{WRAPPED},}}function|(\.__wrapped__ function .*){{{WRAPPED},}}|"
        rf"({CLOSURE}|\.__wrapped__) function repeated.*",
        *WRAPPED_AGAIN,
    ),
    known(
        "wrapped-again",
        # Two are no more than two decorators, unless they grow.
        r"(module|type|\S+@)( \S+)? \.\w+ "
        r"(?P<wrapper>(\w+\.)*\w*(Wrapper|Decorator|FunctionProxy)\w*)"
        r"( (\?|\.\w*(?i:wrapped|func|function|fn|inner)\w*) (?P=wrapper)( repeated)?)+( |$)",
        *WRAPPED_AGAIN,
        at_growth=True,
    ),
    known(
        "mutable-default",
        r"function \.__(kw)?defaults__ (tuple|dict) \S+ (list|dict|set)\b",
        "a default argument is made once and shared by all calls: what is put into it stays",
        "let the default be None, and make the list or dict inside the function",
    ),
    known(
        "timer-never-cancelled",
        r"\._scheduled list \[|sched\.scheduler \._queue list|TimerHandle|^timer \(held|"
        r"\._?(timer|timeout)s?_?(heap|queue) list \[|eventlet\.\S+ \.(next_)?timers list \[|"
        r"twisted\.\S+ \._(pending|new)TimedCalls list \[|\.\S*[tT]imer \._queue list \[",
        "an event loop or scheduler keeps every timer, and what it will call, until it is due",
        "cancel the timer when its work is done or its object closed",
    ),
    known(
        "executor-backlog",
        r"Executor \.(_work_queue \S+ \? list|_pending_work_items) |"
        r"(multiprocessing|multiprocess|billiard)\.pool\.\w+ \._(in|task)queue \S+ \? list ",
        "an executor keeps every call that was submitted and has not run yet, with its arguments",
        "submit no more than it can do: wait for results, or bound what is under way (a semaphore)",
    ),
    known(
        "registered-callback",
        # As it is, in a function that wraps it, or as a partial.
        rf"{ITEM} (tuple \[\d\] )?({CLOSURE} |functools\.partial \.func )?method \.__self__",
        *REGISTERED_METHOD,
    ),
    known(
        "registered-closure",
        rf"{ITEM} (tuple \[\d\] )?({CLOSURE}|functools\.partial \.(args|keywords) )",
        "a registered function keeps what it refers to: the variables of its closure, or the "
        "arguments of its partial",
        "take the function out when its work is done, or let it refer to the objects weakly",
    ),
    known(
        "tee-backlog",
        r"itertools\.(_tee|tee)\w* ",
        "itertools.tee keeps what one of its iterators has given and another has not yet taken",
        "take from both at the same pace, or make a list",
    ),
    known(
        "nursery-never-ends",
        r"(trio\.(\w+\.)*(Runner|Nursery|CancelStatus) \.(tasks|_children|_tasks) set "
        r"|anyio\.\S+ \._tasks set |asyncio\.taskgroups\.TaskGroup \._tasks set )\{\*\} ",
        "a nursery or task group keeps every task that was started in it until that task ends, and "
        "the task its variables",
        "let each task end when its work is done (a cancel scope, a timeout), and open the nursery "
        "for one piece of work",
    ),
    known(
        "task-kept",
        rf"{ITEM} {TASK}",
        "a task that is kept keeps its result or its coroutine's variables, even when it is done",
        "discard it when it is done: task.add_done_callback(tasks.discard), or a TaskGroup; if it "
        "never ends, see what it waits for",
    ),
    known(
        "future-kept",
        rf"{ITEM} {FUTURE}",
        "a future that is kept keeps its result, and one that is never resolved whoever waits",
        "forget it when its result was taken; give every wait a timeout and resolve what is lost",
    ),
    known(
        "coroutine-never-awaited",
        rf"{ITEM} coroutine( |$)",
        "a coroutine that nobody awaits keeps its arguments and variables",
        "await it, make it a task, or close() it",
    ),
    known(
        "generator-suspended",
        rf"{ITEM} (async_)?generator( |$)",
        "a generator that was not read to its end keeps its variables and what they refer to",
        "read it to its end or close() it (contextlib.closing), and do not keep it",
    ),
    known(
        "view-holds-buffer",
        r"numpy\.ndarray \.base |memoryview (<buffer>|\.obj) ",
        "a view keeps the whole array or buffer that it was cut from",
        "copy the piece that is needed (array.copy(), bytes(view))",
    ),
    known(
        "array-of-objects",
        r"numpy\.ndarray \[\d+\] ",
        "an array of dtype object keeps the objects in it, like a list",
        "set the slots to None when they are done with, or use a list of limited length",
    ),
    known(
        "node-holds-document",
        rf"{ITEM} (lxml\.etree\._(Element|Comment|Entity|ProcessingInstruction)\S*|"
        r"lxml\.(html|objectify)\.\S+|xml\.dom\.\S+|bs4\.\S+)( |$)|"
        r"\.(parentNode|ownerDocument|_doc|owner_document) ",
        "a node of a parsed tree keeps its parents, and so the whole document",
        "keep the text or the attributes that are needed, not the node",
    ),
    known(
        "part-holds-whole",
        rf"{ITEM} \S+( |$)",
        "it is a part of something larger, to which it refers as its parent: whoever keeps the "
        "part keeps the whole",
        "keep what is needed of it (its text, its name), or take it out of its parent first",
        of_part=True,
    ),
    known(
        "class-made-per-call",
        rf"{ITEM} (type|\S+@) \|",
        *CLASS_PER_CALL,
    ),
    known(
        "class-made-per-call",
        # Deeper in what grows: a class that was there before has a shorter way from its module.
        r"^.* (type|\S+@) \| .*\*",
        *CLASS_PER_CALL,
        at_growth=True,
    ),
)
