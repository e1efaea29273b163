"""Numbers, times and names as a person reads them.

Owns units, signs, plurals and how short a type's name may be; no colours, no layout.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNITS = ("bytes", "KB", "MB", "GB", "TB")
STEP = 1000
LEAST_WITHOUT_TENTHS = 99.95
SECONDS_A_MINUTE = 60
SECONDS_AN_HOUR = 3600
SECONDS_A_DAY = 86_400


def count_text(count: int) -> str:
    """``12,345``."""
    return f"{count:,}"


def growth_text(growth: int) -> str:
    """``+734``, ``-3``, ``0``."""
    return f"{growth:+,}" if growth else "0"


def bytes_text(size: int) -> str:
    """``512 bytes``, ``190 KB``, ``46.2 MB``: a KB is 1000 bytes, three digits are enough."""
    value, unit = float(abs(size)), 0
    while round(value, 1) >= STEP and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    sign = "-" if size < 0 else ""
    if unit == 0:
        return f"{sign}1 byte" if value == 1 else f"{sign}{value:.0f} bytes"
    return f"{sign}{value:.{1 if value < LEAST_WITHOUT_TENTHS else 0}f} {UNITS[unit]}"


def bytes_growth_text(growth: int) -> str:
    """``+1.9 MB``, ``-190 KB``, ``0``."""
    if growth == 0:
        return "0"
    return bytes_text(growth) if growth < 0 else f"+{bytes_text(growth)}"


def plural(count: int, noun: str) -> str:
    """``1 object``, ``12 objects``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration_text(seconds: float) -> str:
    """``4.2 s``, ``31 min``, ``2 h 5 min``, ``3 days 4 h``."""
    if seconds < SECONDS_A_MINUTE:
        return f"{seconds:.1f} s"
    if seconds < SECONDS_AN_HOUR:
        minutes, rest = divmod(round(seconds), SECONDS_A_MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if seconds < SECONDS_A_DAY:
        hours, rest = divmod(round(seconds), SECONDS_AN_HOUR)
        minutes = rest // SECONDS_A_MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, rest = divmod(round(seconds), SECONDS_A_DAY)
    hours = rest // SECONDS_AN_HOUR
    text = "1 day" if days == 1 else f"{days:,} days"
    return f"{text} {hours} h" if hours else text


def time_text(seconds: float) -> str:
    """``2023-11-14 22:13:20 UTC``: the same on every machine that reads the file."""
    try:
        moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g} s after 1970"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def short_names(full_names: Iterable[str]) -> dict[str, str]:
    """Each type's name, as short as it may be without standing for another one of them.

    ``pymysql.cursors.DictCursor`` is ``DictCursor``, unless another module has one as well.
    """
    names = sorted(set(full_names))
    users: dict[str, int] = {}
    for name in names:
        for suffix in _suffixes(name):
            users[suffix] = users.get(suffix, 0) + 1
    return {name: next((s for s in _suffixes(name) if users[s] == 1), name) for name in names}


def _suffixes(name: str) -> list[str]:
    """``c``, ``b.c``, ``a.b.c``; a function's ``<locals>`` is no end of a name."""
    parts = name.split(".")
    suffixes = [".".join(parts[start:]) for start in range(len(parts) - 1, -1, -1)]
    return [suffix for suffix in suffixes if not suffix.startswith("<")] or [name]
