"""What one snapshot is: the process, its memory, its collector."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from heapsnap.analysis.heap.collector import frozen_by_program
from heapsnap.render.lines import QUIET, prose, table
from heapsnap.render.words import bytes_text, count_text, duration_text, plural, time_text

if TYPE_CHECKING:
    from rich.text import Text

    from heapsnap.analysis.results import SnapshotFacts
    from heapsnap.render.lines import Part


def render_info(facts: SnapshotFacts, *, width: int) -> list[Text]:
    """Put the facts into lines.

    Args:
        facts: What is known of the snapshot.
        width: Columns of the screen; only prose is folded to it.
    """
    header = facts.header
    rows = [
        ("file", str(facts.path)),
        ("process", f"pid {facts.pid} on {facts.host}"),
        ("command", shlex.join(facts.argv)),
        ("python", facts.python),
        ("taken", f"{time_text(facts.time)}, {facts.reason}, number {header['sequence']}"),
        ("how", _how_text(facts)),
        ("objects", f"{count_text(facts.objects)}, {bytes_text(facts.python_bytes)}"),
        ("references", count_text(facts.references)),
        ("garbage", _garbage_text(facts)),
        ("memory", _memory_text(facts)),
        ("collector", _collector_text(facts)),
        ("threads", f"{count_text(header['thread_count'])} running Python"),
    ]
    if header["redacted"]:
        rows.append(("redacted", "dict keys and names of local variables were left out"))
    cells: list[list[Part]] = [[(label, QUIET), text] for label, text in rows]
    lines = table(cells, right="ll", indent=0)
    for warning in facts.warnings:
        lines += prose("warning: ", warning, width=width)
    return lines


def _how_text(facts: SnapshotFacts) -> str:
    pause = facts.header["pause_seconds"]
    if facts.mode == "fork":
        stood = "" if pause is None else f": the process stood still for {1000 * pause:.1f} ms"
        return f"in a child of its own{stood}"
    stood = "" if pause is None else f" for {duration_text(pause)}"
    return f"in the process itself, which stood still{stood}"


def _garbage_text(facts: SnapshotFacts) -> str:
    if not facts.garbage_objects:
        return "none"
    return f"{plural(facts.garbage_objects, 'object')}, {bytes_text(facts.garbage_bytes)}"


def _memory_text(facts: SnapshotFacts) -> str:
    memory = facts.header["memory"]
    if facts.rss_bytes is None:
        return "unknown"
    parts = [f"RSS {bytes_text(facts.rss_bytes)}"]
    for label, key in (("peak", "peak_rss_bytes"), ("swap", "swap_bytes")):
        if isinstance(memory[key], int):
            parts.append(f"{label} {bytes_text(memory[key])}")
    return ", ".join(parts)


def _collector_text(facts: SnapshotFacts) -> str:
    state = facts.header["gc"]
    parts = ["on" if state["enabled"] else "off (gc.disable())"]
    parts.append(f"thresholds {', '.join(str(value) for value in state['threshold'])}")
    if frozen := frozen_by_program(state):
        parts.append(f"{plural(frozen, 'frozen object')}")
    if state["garbage"]:
        parts.append(f"{plural(state['garbage'], 'object')} in gc.garbage")
    return ", ".join(parts)
