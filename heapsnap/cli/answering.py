"""Answers to questions about snapshots: one that was given before, else found and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.analysis.answers.known import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from heapsnap.cli.progress import Waiting
    from heapsnap.snapshot.model import Snapshot


def answer(
    waiting: Waiting,
    paths: Sequence[Path],
    asked: Sequence[Any],
    find: Callable[[Sequence[Snapshot]], Any],
) -> Any:
    """Answer a question.

    Args:
        waiting: Shows what is being done.
        paths: The snapshots.
        asked: The analysis and all that it is told besides; values that JSON holds.
        find: Finds the answer in the heaps.
    """
    question = Question(paths, asked)
    known = question.recall()
    if known is not None:
        return known
    heaps = waiting.load_all(paths)
    found = find(heaps)
    question.keep(heaps, found)
    return found
