"""The one thing that happens to the observed process: a fork. And the small dance behind it.

The process forks a messenger, which forks a supervisor and exits; the supervisor forks the
walker and waits for it. So the process has a child for a few milliseconds only, is never
asked to wait for the walk, and a walker that crashes leaves a line on stderr and no half file.
The second and third fork call the C library's `_Fork` directly: nobody's fork handlers run again.
gRPC's start its threads anew in every child, where they may crash; so the messenger forks before
all else, and what comes after has one thread only (decision 107).
"""

import _thread
import os
import warnings
from itertools import takewhile
from operator import methodcaller, truth

from . import manners
from .files import close_all, discard
from .messenger import DONE, FAILED
from .originals import kernel
from .talk import say

try:
    import ctypes

    _libc = ctypes.PyDLL(None)
    # ``fork`` without the handlers that C code has registered; glibc has it from 2.34 on.
    fork_plainly = getattr(_libc, "_Fork", None) or _libc.fork
except (ImportError, AttributeError):  # pragma: no cover - no ctypes, or no libc in reach
    fork_plainly = os.fork

try:
    # gevent puts functions of its own into ``os`` and ``_thread``; these are the kernel's.
    from posix import fork as _fork
except ImportError:  # pragma: no cover - not POSIX
    _fork = None

_forking = None
_at_birth: "list[tuple[object, int]]" = []
"""What the child of the fork that is under way has to do; empty but for that moment."""

_call = methodcaller("__call__")
can_fork = _fork is not None
NOT_WRITTEN = 3
"""How a walker ends that has no file to show, and has said why."""


_SILENCE = ("ignore", None, DeprecationWarning, __name__, 0)


def fork_quietly(take_hold, let_go, messenger):
    """``os.fork()`` with a hold on what the child needs, and without a warning.

    The warning that a process with threads should not fork (3.12 and later) is about children
    that go on running the program. Under ``-W error`` it would be raised into the program. The
    filter stands for the time of the fork, and for this module only.

    Whoever drops the last reference to an object runs its finalizer. A frame that is held while its
    function returns takes its variables along, so its holder would finalize what is another
    thread's. The interpreter gives way to other threads between two bytecodes only: fork and
    ``let_go`` are called by one ``map``, in C, and no function can return in between (measured with
    four busy threads: 46 finalizers in the wrong thread in 30 snapshots, otherwise).

    Args:
        take_hold: Called right before the fork.
        let_go: A method of a built-in class, called in the process right after the fork.
        messenger: Gets the pid of the child, whatever is raised afterwards, and none in the child,
            which holds on; and what the fork is made of, which is still there in the child.
    """
    global _forking
    both = (_fork, let_go)
    calls = iter(both)
    outcomes = map(_call, calls)
    # In the child fork returns 0, and takewhile goes no further.
    births = takewhile(truth, outcomes)
    messenger.birth.extend((take_hold, both, calls, outcomes, births))
    filters = warnings.filters
    filters.insert(0, _SILENCE)
    _forking = _thread.get_ident()
    process = os.getpid()
    try:
        take_hold()
        messenger.born.extend(births)
    finally:
        if os.getpid() == process:
            # What our child forks in its turn is ours as well.
            _forking = None
            messenger.birth.clear()
        _speak_again()
        globals().pop("__warningregistry__", None)


def _speak_again():
    if _SILENCE in warnings.filters:
        warnings.filters.remove(_SILENCE)


def is_ours():
    """Whether the fork that this thread is in is that of a snapshot: asked by fork handlers."""
    return _forking == _thread.get_ident()


def begin_first():
    """In the child of a snapshot: begin before the program's own fork handlers do anything.

    Libraries empty caches and queues there, and start threads: the snapshot would lack what the
    process has. Python calls such handlers in the order in which they were registered, and last of
    all that it does after a fork; this one is registered when heapsnap is imported.
    """
    if _at_birth and is_ours():
        _begin()


def _begin():
    try:
        job, writing = _at_birth.pop()
        _speak_again()
        _be_messenger(job, writing)
    finally:
        # Whatever it was (a tracing function of the program's, say): the child must never
        # return from here, or there would be a second copy of the service.
        os._exit(70)


def start(job, messenger):
    """Fork; in the child do the job, in the process return at once.

    Whoever calls this keeps signals waiting: until the child has put away the handlers of the
    program's, none of them may run.

    Args:
        job: Has ``take_hold`` and ``let_go``, see ``fork_quietly``; ``note_pause()``, called in
            the first child at once; ``hold_hooks()``, called in the second before the program's
            signal handlers and tracing functions are put away; ``run()``, called in the walker:
            returns the path of the snapshot or None, and does not raise; and ``part``, the file
            that a walker which dies leaves behind.
        messenger: A new ``Messenger``, to ``collect`` from, or to ``turn_away`` if this raises.

    Raises:
        OSError: The process may not fork (limits, memory).
    """
    messenger.open_pipe()
    process = os.getpid()
    try:
        _at_birth.append((job, messenger.writing[0]))
        fork_quietly(job.take_hold, job.let_go, messenger)
        if os.getpid() != process:
            _begin()
    except BaseException:
        if os.getpid() != process:
            os._exit(70)
        raise
    finally:
        _at_birth.clear()
    close_all(messenger.writing)


def _be_messenger(job, writing):
    """In the first child: leave the rest to a process of its own and be gone."""
    try:
        job.note_pause()
        supervisor = fork_plainly()
        if supervisor <= 0:
            # In the supervisor; or no further process may be made: then this one does it all.
            job.hold_hooks()
            manners.forget_the_program()
            manners.close_files(keep={writing})
            manners.restore_signals(())
            _supervise(job, writing, may_stay=supervisor == 0)
    finally:
        os._exit(0)


def _supervise(job, writing, *, may_stay):
    manners.yield_to_the_service()
    walker = fork_plainly()
    if walker <= 0:
        _walk_and_exit(job, writing)
    # The supervisor outlives what is meant for the walker, to clean up after it.
    manners.ignore_termination()
    _, status = kernel.waitpid(walker, 0)
    if status == 0:
        kernel.close(writing)
        if may_stay:
            # The process waits for the messenger, and would wait for the hook.
            job.follow_up()
    elif status != NOT_WRITTEN << 8:
        _report_death(status, job.part, writing)


def _walk_and_exit(job, writing):
    try:
        path = job.run()
        try:
            kernel.write(
                writing, (DONE + path if path else FAILED).encode("utf-8", "surrogateescape")
            )
        except BrokenPipeError:
            pass  # the process has ended meanwhile: nobody waits for the word
        os._exit(0 if path else NOT_WRITTEN)
    except BaseException:  # noqa: BLE001 - the job does not raise; memory may still run out here
        os._exit(70)


def _report_death(status, part, writing):
    discard(part)
    if os.WIFSIGNALED(status):
        cause = f"the process that wrote it was killed by signal {os.WTERMSIG(status)}"
    else:
        cause = f"the process that wrote it ended with status {os.WEXITSTATUS(status)}"
    message = f"no snapshot: {cause}; the service goes on"
    say(message)
    kernel.write(writing, FAILED.encode())
