"""The process that reads a guard's snapshots and says what grew; nothing, where nothing did."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heapsnap.analysis.answers.steady import find_steady_growth
from heapsnap.analysis.heap.places import Places
from heapsnap.guard.rounds import ANSWER
from heapsnap.render.steady import render_steady
from heapsnap.snapshot.reader import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.answers.steady import SteadyGrowth

WIDTH = 100


def main() -> None:
    """Write the answer into the folder; the arguments are those of ``rounds.ask_judge``."""
    folder, question = Path(sys.argv[2]), json.loads(sys.argv[3])
    paths = sorted(folder.glob("*.json"), key=lambda path: int(path.stem))
    # Most work leaves nothing behind: then the first and the last are enough to know it.
    ends = [Places(load(path)) for path in (paths[0], paths[-1])]
    found = _find(ends, question)
    if found:
        between = [Places(load(path)) for path in paths[1:-1]]
        found = _find([ends[0], *between, ends[1]], question)
    text = "\n".join(line.plain for line in render_steady(found, width=WIDTH))
    part = folder / "answer.part"
    part.write_text(text, encoding="utf-8", errors="backslashreplace")
    part.replace(folder / ANSWER)


def _find(heaps: Sequence[Places], question: dict[str, Any]) -> tuple[SteadyGrowth, ...]:
    return find_steady_growth(heaps, grows=question["grows"], types=question["types"])
