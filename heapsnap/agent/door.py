"""How a program asks for snapshots: `install`, `uninstall`, `dump`."""

import _signal
import atexit
import os

from . import fork, names, presence, redaction, settings, signals, talk, threads, verdict
from .destination import Destination
from .taker import Taker

_taker = None
_installed = None

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=fork.begin_first)


class _Installed:
    """What is in force: a signal that is ours and what stood there before, rules, last words."""

    __slots__ = ("before", "chain", "last_words", "number", "patrol", "settings", "stand_in")

    def __init__(self, number, before, chosen):
        self.number = number
        self.before = before
        self.settings = chosen
        self.chain = chosen.chain and callable(before)
        self.last_words = self.patrol = self.stand_in = None


def install(
    signal: "str | int | None" = None,
    directory: "str | os.PathLike[str] | None" = None,
    *,
    name: "str | None" = None,
    gzip: "bool | None" = None,
    replace: "bool | None" = None,
    chain: "bool | None" = None,
    stand_in: "float | str | None" = None,
    threshold: "int | str | None" = None,
    growth: "int | str | None" = None,
    every: "float | str | None" = None,
    on_memory_error: "bool | int | str | None" = None,
    at_exit: "bool | None" = None,
    poll: "float | str | None" = None,
    limit: "int | None" = None,
    cooldown: "float | str | None" = None,
    min_free: "int | str | None" = None,
    keep: "int | None" = None,
    hook: "str | list[str] | None" = None,
    redact: "bool | str | None" = None,
) -> None:
    """Let this process write a snapshot of its heap whenever it gets a signal.

    Call it in the main thread. It costs nothing until the signal comes. What is not given is
    taken from the variable of that name (``HEAPSNAP_SIGNAL``, ``HEAPSNAP_THRESHOLD``, ...).

    Args:
        signal: Name (``"USR1"``, ``"SIGUSR1"``, ``"RTMIN+2"``) or number; ``"off"`` for the
            rules alone.
        directory: Where the snapshots go; ``$HEAPSNAP_DIR``, or else the folder that is the
            current one now.
        name: What they are called: ``%p`` pid, ``%h`` host, ``%t`` time, ``%n`` number, ``%e``
            program, ``%r`` reason, ``%%``.
        gzip: Write ``.json.gz``: a seventh of the size, and longer in the child.
        replace: Take the signal over even if the program handles it already.
        chain: As ``replace``, and call the program's handler after ours.
        stand_in: Seconds after which a thread takes the snapshot if the main thread has not.
        threshold: Resident memory at which a snapshot is due: ``"1.5G"``, or ``"80%"`` of what
            the process may use.
        growth: Growth since the last snapshot at which one is due: ``"200M"``.
        every: Time after which one is due: ``"30m"``.
        on_memory_error: One when a MemoryError ends a thread. A size: memory kept for it.
        at_exit: One when the process ends.
        poll: How often the rules look.
        limit: How many snapshots each rule may take.
        cooldown: How far apart those of all rules are at least.
        min_free: Room that is left on the disk by every snapshot.
        keep: How many snapshots may stand in the folder; the oldest go.
        hook: A command that is started with each complete file, without a shell.
        redact: Names that may be data become tokens: keys of dicts, attributes, local variables,
            threads, arguments. True: tokens that hold for this process and what it forks; a text
            of 16 characters or more: their key, for tokens that hold wherever it is given.

    Raises:
        ValueError: There is no such signal, somebody handles it already, this is not the
            main thread, or a value cannot be.
    """
    global _installed  # noqa: PLW0603 - a process has one set of signal handlers
    chosen = settings.gather(
        {keyword: value for keyword, value in locals().items() if keyword in settings.SETTINGS}
    )
    before = _take_over(chosen)
    if _installed is not None:
        _leave(_installed, keep_signal=chosen.signal)
    _configure(chosen)
    _installed = _Installed(chosen.signal, before, chosen)
    presence.show(chosen.signal, _taker.destination.directory)
    _taker.tell = None if chosen.signal == signals.OFF else verdict.tell
    _start_what_is_asked(_installed)


def uninstall() -> None:
    """Give the signal back to whom it belonged. Does nothing where nothing is installed."""
    global _installed  # noqa: PLW0603 - as above
    if _installed is None:
        return
    presence.hide()
    verdict.take_back()
    _taker.tell = None
    _leave(_installed, keep_signal=None)
    _installed = None


def dump(
    path: "str | os.PathLike[str] | None" = None, *, redact: "bool | str | None" = None
) -> "str | None":
    """Write a snapshot of this process now, from any thread, signal or not.

    Args:
        path: The file to write, which must not exist; ``.gz`` at its end compresses it.
            None: a name of its own in the directory given to ``install``.
        redact: As for ``install``, for this one snapshot; None: as ``install`` was told.

    Returns:
        The path of the snapshot, complete and on disk; None where it could not be written,
        with the reason on stderr.
    """
    asked = None if redact is None else redaction.read(redact)
    is_hidden_already = _taker is not None and _taker.redaction is not redaction.OPEN
    # The tokens of one process stay comparable: True is what it hides with already.
    chosen = None if asked is None or (asked is True and is_hidden_already) else asked
    chosen = None if chosen is None else redaction.choose(chosen)
    return take("dump()", None if path is None else os.fspath(path), chosen)


def take(reason: str, path: "str | None" = None, chosen: "object | None" = None) -> "str | None":
    """As ``dump``, for a reason of the caller's that stands in the header."""
    if _taker is None:
        _configure(settings.gather({}))
    return _taker.take(reason, path, chosen, wait=True)


def _take_over(chosen):
    """Let the signal be ours; returns what stood there before."""
    number = chosen.signal
    if number == signals.OFF:
        return None
    before = _signal.getsignal(number)
    if before is _on_signal:
        before = _installed.before
    elif not chosen.replace:
        is_free = before in (_signal.SIG_DFL, _signal.SIG_IGN, None)
        if (is_free and signals.is_caught(number)) or not (is_free or chosen.chain):
            raise ValueError(
                f"signal {signals.name_of(number)} is handled already by "
                f"{signals.describe_handler(before)}; "
                "choose another, or pass chain=True (ours first, then that) or replace=True"
            )
    _signal.signal(number, _on_signal)
    if chosen.stand_in is not None:
        # Then nobody is disturbed: a system call that is under way goes on, and a main thread that
        # stays in it is stood in for. Without a stand-in the call must end (EINTR; Python makes it
        # again after the handler), or a process that reads would never answer.
        _signal.siginterrupt(number, False)
    atexit.unregister(_turn_deaf)
    atexit.register(_turn_deaf)
    return before


def _turn_deaf():
    """At the interpreter's end: it gives every handled signal its default back, which is to die.

    A signal in those last milliseconds would end a service with the wrong exit code (CPython's own
    tests, asked five times a second, did); one that is ignored stays ignored.
    """
    installed = _installed
    if installed is not None and _signal.getsignal(installed.number) is _on_signal:
        try:
            _signal.signal(installed.number, _signal.SIG_IGN)
        except ValueError:
            pass  # Not in the main thread: the interpreter of an embedding program.


def _leave(installed, *, keep_signal):
    """Undo an installation, but for a signal that the next one takes as well."""
    for part in (installed.patrol, installed.last_words, installed.stand_in):
        if part is not None:
            part.stop()
    number = installed.number
    if number in (keep_signal, signals.OFF):
        return
    if _signal.getsignal(number) is _on_signal:
        before = installed.before
        _signal.signal(number, _signal.SIG_DFL if before is None else before)


def _on_signal(number, frame):
    installed = _installed
    try:
        if installed is None or installed.stand_in is None or installed.stand_in.is_my_turn():
            _taker.take(f"signal {signals.name_of(number)}", wait=False)
    finally:
        # Another handler of the program's may have raised in the middle of ours.
        if installed is not None and installed.chain:
            installed.before(number, frame)


def _configure(chosen):
    global _taker  # noqa: PLW0603 - one series of snapshots a process
    destination = Destination(
        chosen.directory,
        names.compressed(chosen.name) if chosen.gzip else chosen.name,
        min_free_bytes=chosen.min_free,
        keep=chosen.keep,
        hook=chosen.hook,
    )
    # What the child will need: it imports nothing.
    if chosen.keep is not None:
        names.expression(chosen.name)
    if chosen.hook:
        from . import hook  # noqa: F401 - loaded, for the child
    if _taker is None:
        _taker = Taker(destination, redaction.choose(chosen.redact))
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_begin_as_worker)
    else:
        _taker.destination = destination
        _taker.redaction = redaction.choose(chosen.redact)
    if not os.path.isdir(destination.directory):
        talk.say(
            f"the folder {destination.directory} does not exist yet; "
            "snapshots will fail until it does"
        )


def _start_what_is_asked(installed):
    """Rules, last words and the stand-in: loaded only where somebody asks for them."""
    chosen = installed.settings
    if chosen.has_rules or chosen.on_memory_error or chosen.at_exit:
        _start_rules(installed)
    if chosen.stand_in is not None and chosen.signal != signals.OFF:
        from .stand_in import StandIn

        stand_in = StandIn(chosen.signal, chosen.stand_in, _take_as_stand_in)
        if stand_in.start():
            installed.stand_in = stand_in


def _start_rules(installed):
    from .last_words import LastWords
    from .patrol import Patrol
    from .rules import Limits

    chosen = installed.settings
    limits = Limits(chosen.limit, chosen.cooldown)
    installed.last_words = LastWords(limits, _taker)
    if chosen.on_memory_error:
        installed.last_words.listen_for_memory_errors(chosen.on_memory_error)
    if chosen.at_exit:
        installed.last_words.listen_for_exit()
    if chosen.has_rules:
        installed.patrol = Patrol(chosen, limits, _taker)
        installed.patrol.start()


def _take_as_stand_in():
    name = signals.name_of(_installed.number)
    _taker.take(f"signal {name}, taken while the main thread was busy", wait=True)


def _begin_as_worker():
    """In a forked child of the program: a count of its own, rules and threads of its own."""
    if fork.is_ours():
        # This child is a snapshot of ours, and nobody's worker.
        return
    threads.forget()
    _taker.forget()
    installed = _installed
    if installed is None:
        return
    try:
        _follow_into_worker(installed)
    except Exception as problem:  # noqa: BLE001 - never into the program
        talk.say(f"no rules in this worker: {type(problem).__name__}: {problem}")


def _follow_into_worker(installed):
    if installed.last_words is not None:
        limits = installed.last_words.follow_into_worker()
        if installed.patrol is not None:
            installed.patrol = type(installed.patrol)(installed.settings, limits, _taker)
            installed.patrol.start()
    if installed.stand_in is not None:
        installed.stand_in = installed.stand_in.follow_into_worker()
