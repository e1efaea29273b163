"""How a program asks for snapshots: `install`, `uninstall`, `dump`."""

import _signal
import os

from . import presence, talk
from .taker import Taker

DEFAULT_SIGNAL = "USR1"

_taker = None
_installed = None


class _Installed:
    """A signal that is ours, and what stood there before."""

    __slots__ = ("before", "number")

    def __init__(self, number, before):
        self.number = number
        self.before = before


def install(
    signal: "str | int" = DEFAULT_SIGNAL,
    directory: "str | os.PathLike[str] | None" = None,
    *,
    replace: bool = False,
    gzip: bool = False,
) -> None:
    """Let this process write a snapshot of its heap whenever it gets a signal.

    Call it in the main thread. It costs nothing until the signal comes.

    Args:
        signal: Name (``"USR1"``, ``"SIGUSR1"``) or number.
        directory: Where the snapshots go; ``$HEAPSNAP_DIR``, or else the folder that is the
            current one now.
        replace: Take the signal over even if the program handles it already.
        gzip: Write ``.json.gz``: a seventh of the size, and longer in the child.

    Raises:
        ValueError: There is no such signal, somebody handles it already, or this is not the
            main thread.
    """
    global _installed  # noqa: PLW0603 - a process has one set of signal handlers
    number = _signal_number(signal)
    before = _signal.getsignal(number)
    if before is _on_signal:
        before = _installed.before
    elif before not in (_signal.SIG_DFL, _signal.SIG_IGN, None) and not replace:
        raise ValueError(
            f"signal {signal} is handled already by {_describe(before)}; "
            "choose another, or pass replace=True"
        )
    if _installed is not None and _installed.number != number:
        uninstall()
    _configure(directory, gzip=gzip)
    _signal.signal(number, _on_signal)
    # Without this a slow system call of the program would fail with EINTR in C libraries.
    _signal.siginterrupt(number, False)
    _installed = _Installed(number, before)
    presence.show(number, _taker.directory)


def uninstall() -> None:
    """Give the signal back to whom it belonged. Does nothing where nothing is installed."""
    global _installed  # noqa: PLW0603 - as above
    if _installed is None:
        return
    presence.hide()
    if _signal.getsignal(_installed.number) is _on_signal:
        before = _installed.before
        _signal.signal(_installed.number, _signal.SIG_DFL if before is None else before)
    _installed = None


def dump(path: "str | os.PathLike[str] | None" = None) -> "str | None":
    """Write a snapshot of this process now, from any thread, signal or not.

    Args:
        path: The file to write, which must not exist; ``.gz`` at its end compresses it.
            None: a name of its own in the directory given to ``install``.

    Returns:
        The path of the snapshot, complete and on disk; None where it could not be written,
        with the reason on stderr.
    """
    if _taker is None:
        _configure(None, gzip=False)
    return _taker.take("dump()", None if path is None else os.fspath(path), wait=True)


def _on_signal(number, frame):
    del frame
    _taker.take(f"signal {_signal_name(number)}", wait=False)


def _configure(directory, *, gzip):
    global _taker  # noqa: PLW0603 - one series of snapshots a process
    folder = directory if directory is not None else os.environ.get("HEAPSNAP_DIR") or os.getcwd()
    folder = os.path.abspath(os.fspath(folder))
    level = 1 if gzip else 0
    if _taker is None:
        _taker = Taker(folder, level)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_taker.forget)
    else:
        _taker.directory, _taker.gzip_level = folder, level
    if not os.path.isdir(folder):
        talk.say(f"the folder {folder} does not exist yet; snapshots will fail until it does")


def _signal_number(signal):
    if isinstance(signal, int):
        return int(signal)
    name = signal.upper()
    number = getattr(_signal, name if name.startswith("SIG") else f"SIG{name}", None)
    if not isinstance(number, int):
        raise ValueError(f"there is no signal named {signal!r}")
    return number


def _signal_name(number):
    for name in ("SIGUSR1", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGPROF"):
        if getattr(_signal, name, None) == number:
            return name[3:]
    return str(number)


def _describe(handler):
    module = getattr(handler, "__module__", None)
    name = getattr(handler, "__qualname__", None) or type(handler).__name__
    return f"{module}.{name}" if module else name
