"""Live processes and the snapshots that they have just written, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.lines import GOOD, QUIET, TITLE, TYPE, WARNING, line, table
from heapsnap.render.words import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from heapsnap.live.asking import Answer
    from heapsnap.live.listing import PythonProcess
    from heapsnap.render.lines import Part

MILLISECONDS = 1000
LEAST_IN_SECONDS = 0.1
SHORTEST_COMMAND = 20


def render_processes(found: Sequence[PythonProcess], *, width: int) -> list[Text]:
    """Put the processes into a table, the command line cut at the screen's end.

    Args:
        found: The processes, in the order in which they are shown.
        width: Columns of the screen.
    """
    titles = ("pid", "rss", "python", "agent", "command")
    rows: list[list[Part]] = [[(title, TITLE) for title in titles]]
    rows += [_process_row(seen) for seen in found]
    return [_cut(text, width) for text in table(rows, right="rrlll", indent=0)]


def render_answer(answer: Answer) -> list[Text]:
    """One snapshot: where it lies, first of all, so that it can be copied from the line."""
    lines = [
        line(
            (str(answer.path), TYPE),
            f"  {bytes_text(answer.size_bytes)}",
            f"  process {answer.pid} stood still {pause_text(answer.pause_seconds)}",
            f", and {pause_text(answer.held_seconds)} in gdb" if answer.held_seconds else "",
        )
    ]
    if answer.inner_path != str(answer.path):
        lines.append(line((f"there: {answer.inner_path}", QUIET), indent=2))
    if answer.is_earlier:
        lines.append(line(("it was under way before it was asked for", WARNING), indent=2))
    return lines


def pause_text(seconds: float | None) -> str:
    """``5.6 ms``, ``1.20 s``."""
    if seconds is None:
        return "during the whole walk"
    if seconds < LEAST_IN_SECONDS:
        return f"{seconds * MILLISECONDS:.1f} ms"
    return f"{seconds:.2f} s"


def _process_row(seen: PythonProcess) -> list[Part]:
    process, interpreter = seen.process, seen.interpreter
    version = interpreter.version if interpreter else None
    return [
        str(process.pid),
        "?" if process.rss_bytes is None else bytes_text(process.rss_bytes),
        "?" if version is None else f"{version[0]}.{version[1]}",
        _agent_cell(seen),
        " ".join(process.command) or process.name,
    ]


def _agent_cell(seen: PythonProcess) -> Part:
    if not seen.is_open:
        return ("not to be seen", QUIET)
    if seen.agent is None:
        return ("no", QUIET)
    if seen.agent.is_off:
        return (f"no signal -> {seen.agent.directory or '?'}", GOOD)
    if not seen.agent.is_listening:
        return (f"{seen.agent.signal_name} given up", WARNING)
    return (f"{seen.agent.signal_name} -> {seen.agent.directory or '?'}", GOOD)


def _cut(text: Text, width: int) -> Text:
    text.truncate(max(width, SHORTEST_COMMAND), overflow="ellipsis")
    return text
