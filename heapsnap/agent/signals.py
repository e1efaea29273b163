"""Signals by name and number, and who handles one now."""

import _signal

from .files import read_file

OFF = 0
"""In place of a number: no signal at all, the rules alone take snapshots."""

_UNFIT = {
    "KILL": "nobody can handle it",
    "STOP": "nobody can handle it",
    "CHLD": "it tells of the program's own children",
    **dict.fromkeys(
        ("SEGV", "BUS", "FPE", "ILL", "ABRT"),
        "it says that the process has crashed, and no code of Python's runs any more",
    ),
}
"""Signals that ask for nothing, and why a snapshot cannot be taken on them."""

_STATUS_LIMIT = 1 << 14


def number_of(signal):
    """The number of a signal: ``"USR1"``, ``"SIGUSR1"``, ``"RTMIN+2"``, 10; ``"off"`` is ``OFF``.

    Raises:
        ValueError: There is no such signal, or it cannot ask for a snapshot.
    """
    number = int(signal) if isinstance(signal, int) else _named(signal)
    if number != OFF and number not in _signal.valid_signals():
        raise ValueError(f"there is no signal named {signal!r}")
    for name, why in _UNFIT.items():
        if number == getattr(_signal, f"SIG{name}", None):
            raise ValueError(f"signal {name} cannot ask for a snapshot: {why}")
    return number


def _named(signal):
    name = signal.strip().upper()
    if name == "OFF":
        return OFF
    if name.isdigit():
        return int(name)
    start, plus, offset = name.removeprefix("SIG").partition("+")
    number = getattr(_signal, f"SIG{start}", None)
    if not isinstance(number, int) or (plus and not (start == "RTMIN" and offset.isdigit())):
        raise ValueError(f"there is no signal named {signal!r}")
    return number + int(offset or 0)


def name_of(number):
    """``USR1``, ``RTMIN+2``, or the number itself where it has no name."""
    for name in ("SIGUSR1", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGPROF"):
        if getattr(_signal, name, None) == number:
            return name[3:]
    first = getattr(_signal, "SIGRTMIN", number)
    return f"RTMIN+{number - first}" if number > first else str(number)


def is_caught(number):
    """Whether a handler stands there as the kernel sees it, in Python or in C.

    ``faulthandler.register`` and C libraries handle signals that Python knows nothing of.
    """
    try:
        status = read_file("/proc/self/status", _STATUS_LIMIT)
        mask = int(status.partition(b"\nSigCgt:")[2].split(None, 1)[0], 16)
    except (ValueError, IndexError):
        return False
    return bool(mask >> (number - 1) & 1)


def describe_handler(handler):
    """``module.function``, for a person who has to decide what to do about it."""
    if handler in (_signal.SIG_DFL, _signal.SIG_IGN, None):
        return "code that is not Python (faulthandler.register, say)"
    module = getattr(handler, "__module__", None)
    name = getattr(handler, "__qualname__", None) or type(handler).__name__
    return f"{module}.{name}" if module else name
