"""Which file, which process, how much: what every answer says about its snapshots."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from heapsnap.render.lines import QUIET, WARNING, line, prose, table
from heapsnap.render.words import bytes_text, duration_text, plural, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from heapsnap.analysis.results import SnapshotFacts
    from heapsnap.render.lines import Part

LONGEST_COMMAND = 60


def snapshot_line(facts: SnapshotFacts) -> Text:
    """One snapshot on one line."""
    return line((", ".join([facts.path.name, process_text(facts), *_size_texts(facts)]), QUIET))


def series_lines(snapshots: Sequence[SnapshotFacts], *, is_same_process: bool) -> list[Text]:
    """Two or more snapshots, whether they are of one process, and how far apart they are."""
    before, after = snapshots[0], snapshots[-1]
    numbers = [f"{number}." for number in range(2, len(snapshots))]
    labels = ["before", *numbers, "after"]
    rows: list[list[Part]] = [
        [label, facts.path.name, *_size_texts(facts), time_text(facts.time)]
        for label, facts in zip(labels, snapshots, strict=True)
    ]
    lines = table(rows, right="llrrrl", indent=0)
    if before.path == after.path:
        return [*lines, line(("the same file twice", WARNING))]
    if is_same_process:
        lines.append(line(f"same process: {process_text(after)}; ", *_distance(snapshots)))
    else:
        count = "two" if len(snapshots) == 2 else "several"  # noqa: PLR2004 - a pair
        lines.append(line(f"{count} different processes: compared by place, not by address"))
        lines += [line(process_text(facts), indent=2) for facts in snapshots]
        lines.append(line(*_distance(snapshots)))
    return lines


def _distance(snapshots: Sequence[SnapshotFacts]) -> list[Part]:
    """How long it took from the first to the last; a warning where they stand in disorder."""
    for earlier, later in pairwise(snapshots):
        if (seconds := earlier.time - later.time) > 0:
            names = f"'{earlier.path.name}' was taken {duration_text(seconds)} after"
            return [(f"{names} '{later.path.name}': are they the wrong way round?", WARNING)]
    seconds = snapshots[-1].time - snapshots[0].time
    return [f"{duration_text(seconds)} apart"]


def warning_lines(*snapshots: SnapshotFacts | None, width: int) -> list[Text]:
    """What the snapshots could not see; a sentence that holds for several stands there once."""
    seen: dict[str, list[str]] = {}
    for facts in snapshots:
        for warning in facts.warnings if facts else ():
            seen.setdefault(warning, []).append(facts.path.name if facts else "")
    lines = []
    for warning, names in seen.items():
        lines += prose("warning: ", f"{' and '.join(names)}: {warning}", width=width)
    return lines


def process_text(facts: SnapshotFacts) -> str:
    """``pid 4711 on web3 (python app.py)``."""
    # Of the program its name: a long path would leave no room for what it was told.
    command = shlex.join([*(PurePath(word).name for word in facts.argv[:1]), *facts.argv[1:]])
    if len(command) > LONGEST_COMMAND:
        command = f"{command[:LONGEST_COMMAND]}..."
    return f"pid {facts.pid} on {facts.host}" + (f" ({command})" if command else "")


def _size_texts(facts: SnapshotFacts) -> list[str]:
    rss = "RSS unknown" if facts.rss_bytes is None else f"RSS {bytes_text(facts.rss_bytes)}"
    return [plural(facts.objects, "object"), bytes_text(facts.python_bytes), rss]
