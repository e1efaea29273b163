"""Everything that can be set: its keyword in ``install``, its variable, how its value is read.

The one place that reads the environment. A keyword that is given wins over the variable, the
variable over the default. A keyword with a wrong value is an error; a variable with a wrong value
is a line on stderr that names it, and the process goes on without it. `docs/environment.md` is
the table.
"""

import os

from . import names, redaction, signals, talk

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TRUE = ("1", "yes", "true", "on")
_FALSE = ("", "0", "no", "false", "off")
_BALLAST_BYTES = 64 << 20


class Share(float):
    """A part of the memory that the process may use: 0.8 where a person wrote ``80%``."""


def read_flag(value):
    """``1``, ``yes``, ``true``, ``on``, and their opposites."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"expected 1 or 0, found {value!r}")


def read_size(value):
    """``1.5G``, ``200M``, ``200MiB``, or a number of bytes."""
    text = str(value).strip().upper()
    number = text.removesuffix("IB").removesuffix("B")
    unit = number[-1:] if number[-1:] in "KMGT" else ""
    return int(_positive(value, number.removesuffix(unit), "a size such as 1.5G") * _UNITS[unit])


def read_size_or_share(value):
    """As ``read_size``, or ``80%``: a share of what the process may use."""
    text = str(value).strip()
    if not text.endswith("%"):
        return read_size(value)
    number = _positive(value, text[:-1], "a share such as 80%")
    if number >= 100:
        raise ValueError(f"expected a share below 100%, found {value!r}")
    return Share(number / 100)


def read_duration(value):
    """``90s``, ``10m``, ``2h``, ``1d``, or a number of seconds."""
    number, unit = _number_and_unit(value)
    return _positive(value, number, "a time such as 10m") * _SECONDS[unit]


def read_pause(value):
    """As ``read_duration``, or 0: none at all."""
    return 0.0 if _is_zero(value) else read_duration(value)


def read_interval(value):
    """As ``read_duration``, or 0: never, which is None."""
    return None if _is_zero(value) else read_duration(value)


def _number_and_unit(value):
    text = str(value).strip().lower()
    unit = text[-1:] if text[-1:] in "smhd" else ""
    return text.removesuffix(unit), unit


def _is_zero(value):
    try:
        return float(_number_and_unit(value)[0]) == 0
    except ValueError:
        return False


def read_count(value):
    """A whole number above zero."""
    number = _positive(value, str(value).strip(), "a whole number above zero")
    if number != int(number):
        raise ValueError(f"expected a whole number above zero, found {value!r}")
    return int(number)


def read_ballast(value):
    """How much memory to keep for the snapshot on MemoryError: a flag, or a size."""
    try:
        return _BALLAST_BYTES if read_flag(value) else 0
    except ValueError:
        return read_size(value)


def read_command(value):
    """A command as a list of words; text is split as a shell would, and no shell runs."""
    if not isinstance(value, str):
        words = [os.fspath(word) for word in value]
    else:
        # Here, since only who has a hook needs it.
        import shlex

        words = shlex.split(value)
    if not words:
        raise ValueError(f"expected a command, found {value!r}")
    return words


def read_folder(value):
    """An absolute path."""
    return os.path.abspath(os.fspath(value))


def _positive(value, text, expected):
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    # Not a number compares as false, infinity is no limit that anybody means.
    if not 0 < number < 1e18 or isinstance(value, bool):
        raise ValueError(f"expected {expected}, found {value!r}")
    return number


SETTINGS = {
    "signal": ("HEAPSNAP_SIGNAL", signals.number_of, "USR1"),
    "directory": ("HEAPSNAP_DIR", read_folder, None),
    "name": ("HEAPSNAP_NAME", names.read_template, names.DEFAULT_TEMPLATE),
    "gzip": ("HEAPSNAP_GZIP", read_flag, False),
    "replace": ("HEAPSNAP_REPLACE", read_flag, False),
    "chain": ("HEAPSNAP_CHAIN", read_flag, False),
    "stand_in": ("HEAPSNAP_STAND_IN", read_duration, None),
    "threshold": ("HEAPSNAP_THRESHOLD", read_size_or_share, None),
    "growth": ("HEAPSNAP_GROWTH", read_size, None),
    "every": ("HEAPSNAP_EVERY", read_interval, None),
    "on_memory_error": ("HEAPSNAP_ON_MEMORY_ERROR", read_ballast, False),
    "at_exit": ("HEAPSNAP_AT_EXIT", read_flag, False),
    "poll": ("HEAPSNAP_POLL", read_duration, 1.0),
    "limit": ("HEAPSNAP_LIMIT", read_count, 3),
    "cooldown": ("HEAPSNAP_COOLDOWN", read_pause, 60.0),
    "min_free": ("HEAPSNAP_MIN_FREE", read_size, None),
    "keep": ("HEAPSNAP_KEEP", read_count, None),
    "hook": ("HEAPSNAP_HOOK", read_command, None),
    "redact": ("HEAPSNAP_REDACT", redaction.read, False),
}
"""Keyword → (variable, how it is read, default as a person would write it)."""

START = "HEAPSNAP_INSTALL"
"""The variable that installs heapsnap when the interpreter starts; read by ``heapsnap.pth``."""

_PREFIX = "HEAPSNAP_"
_OF_OTHERS = frozenset({
    START, "HEAPSNAP_BUILD", "HEAPSNAP_FILE", "HEAPSNAP_INDEX", "HEAPSNAP_LONG", "HEAPSNAP_PURE",
})  # fmt: skip
"""What the rest of heapsnap reads, its hooks and its tests (with ``HEAPSNAP_TEST_`` before)."""
_told: "set[str]" = set()


class Settings:
    """One value for each keyword of ``SETTINGS``, read and checked."""

    __slots__ = tuple(SETTINGS)

    @property
    def has_rules(self):
        """Whether somebody must look at the memory or at the clock from time to time."""
        return any(rule is not None for rule in (self.threshold, self.growth, self.every))


def is_set(keyword):
    """Whether the environment says something about it."""
    return bool(os.environ.get(SETTINGS[keyword][0]))


def gather(given):
    """Settle every setting: keyword, then variable, then default.

    Args:
        given: Keyword → value; None where nothing was given.

    Raises:
        ValueError: A given value cannot be.
    """
    _tell_unknown()
    settings = Settings()
    for keyword, (variable, read, default) in SETTINGS.items():
        value = given.get(keyword)
        if value is not None:
            value = _read_given(keyword, read, value)
        else:
            value = _read_variable(variable, read)
            if value is None and default is not None:
                value = read(default)
        setattr(settings, keyword, value)
    if settings.directory is None:
        settings.directory = os.getcwd()
    return settings


def _read_given(keyword, read, value):
    try:
        return read(value)
    except ValueError as problem:
        # A signal's own sentence is complete without its keyword.
        raise ValueError(str(problem) if keyword == "signal" else f"{keyword}: {problem}") from None


def _read_variable(variable, read):
    text = os.environ.get(variable, "")
    if not text:
        return None
    try:
        return read(text)
    except (ValueError, TypeError, OSError) as problem:
        talk.say(f"{variable}: {problem}; left out")
        return None


def _tell_unknown():
    """Name the variables that look like ours and are not, once in a process."""
    known = [variable for variable, _, _ in SETTINGS.values()]
    for variable in sorted(os.environ):
        if (
            not variable.startswith(_PREFIX)
            or variable.startswith("HEAPSNAP_TEST_")
            or variable in _OF_OTHERS
            or variable in known
            or variable in _told
        ):
            continue
        _told.add(variable)
        # Here, since only who has mistyped one needs it.
        import difflib

        endings = [name.removeprefix(_PREFIX) for name in (*known, START)]
        nearest = difflib.get_close_matches(variable.removeprefix(_PREFIX), endings, n=1)
        meant = f"; is {_PREFIX}{nearest[0]} meant?" if nearest else ""
        talk.say(f"{variable}: there is no such variable{meant}")
