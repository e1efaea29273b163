"""RSS beside Python's own bytes: is the leak one of Python objects at all?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.lines import WARNING, line
from heapsnap.render.words import bytes_growth_text, bytes_text

if TYPE_CHECKING:
    from rich.text import Text

    from heapsnap.analysis.results import SnapshotFacts

LEAST_RSS_GROWTH_BYTES = 4_000_000
"""RSS moves by a few MB with every arena that the allocator takes: less says nothing."""
LEAST_RSS_GROWTH = 0.1
"""The same, as a part of what it was."""
EXPLAINED = 0.25
"""If Python's bytes grew by less than that part of RSS, most of it is elsewhere."""


def is_outside_python(before: SnapshotFacts, after: SnapshotFacts) -> bool:
    """Whether RSS grew by a good deal, and Python's objects hardly."""
    if before.rss_bytes is None or after.rss_bytes is None:
        return False
    rss_growth = after.rss_bytes - before.rss_bytes
    is_much = rss_growth >= max(LEAST_RSS_GROWTH_BYTES, LEAST_RSS_GROWTH * before.rss_bytes)
    return is_much and after.python_bytes - before.python_bytes < EXPLAINED * rss_growth


def memory_line(before: SnapshotFacts, after: SnapshotFacts) -> Text:
    """Both growths on one line, and what they say together."""
    growth, verdict = memory_texts(before, after)
    return line(f"memory: {growth}: ", (verdict, WARNING)) if verdict else line(f"memory: {growth}")


def memory_texts(before: SnapshotFacts, after: SnapshotFacts) -> tuple[str, str]:
    """Both growths in words, and the verdict on them; empty where there is none."""
    python_growth = after.python_bytes - before.python_bytes
    python = f"Python's objects {bytes_growth_text(python_growth)}"
    if before.rss_bytes is None or after.rss_bytes is None:
        return f"{python}; RSS unknown", ""
    rss_growth = after.rss_bytes - before.rss_bytes
    sizes = f"({bytes_text(before.rss_bytes)} -> {bytes_text(after.rss_bytes)})"
    text = f"RSS {bytes_growth_text(rss_growth)} {sizes}, {python}"
    if not is_outside_python(before, after):
        return text, ""
    share = "all" if python_growth <= 0 else "most"
    return (
        text,
        f"{share} of that is outside Python's objects (C libraries, buffers, fragmentation)",
    )
