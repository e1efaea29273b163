"""The process that reads a guard's snapshots and says what grew; nothing, where nothing did."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heapsnap.analysis.answers.steady import find_steady_growth
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
    found = _find(paths[:1] + paths[-1:], question) and _find(paths, question)
    text = "\n".join(line.plain for line in render_steady(found, width=WIDTH))
    part = folder / "answer.part"
    part.write_text(text, encoding="utf-8", errors="backslashreplace")
    part.replace(folder / ANSWER)


def _find(paths: Sequence[Path], question: dict[str, Any]) -> tuple[SteadyGrowth, ...]:
    snapshots = [load(path) for path in paths]
    return find_steady_growth(snapshots, grows=question["grows"], types=question["types"])
