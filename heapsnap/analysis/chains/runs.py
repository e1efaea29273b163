"""Runs in a chain: the same steps again and again are shown once at each end, and counted.

A linked list repeats after one step, a list of blocks after two, a function wrapped in a closure
again and again after three.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from heapsnap.analysis.results import Chain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heapsnap.analysis.results import Step

LONGEST_PERIOD = 4
SHOWN_TIMES = 4
"""Repetitions up to which every one is shown."""


def collapse_runs(
    steps: Sequence[Step],
    grows_at: int | None = None,
    hidden_steps: Mapping[int, int] = MappingProxyType({}),
) -> Chain:
    """Show a linked list of a million nodes by its first node, its length and its last node.

    Args:
        steps: The whole chain, but for ``hidden_steps``.
        grows_at: Index of the step at which growth enters.
        hidden_steps: Index of a step within a run → steps of that run which stand before it and
            are not given: whole periods.
    """
    shown: list[Step] = []
    position = 0
    grows_in_shown: int | None = None
    while position < len(steps):
        period, times = _longest_run(steps, position)
        taken = period * times
        first = len(shown)
        if times > SHOWN_TIMES:
            within = range(position + 1, position + taken)
            unseen = sum(count for at, count in hidden_steps.items() if at in within) // period
            shown += _ends_of_run(steps[position : position + taken], period, times + unseen)
        else:
            taken = 1
            shown.append(steps[position])
        if grows_at is not None and position <= grows_at < position + taken:
            # Growth in the middle of a run is told where the run begins.
            is_last = grows_at >= position + taken - period
            grows_in_shown = len(shown) - 1 if is_last else first + (grows_at - position) % period
        position += taken
    return Chain(tuple(shown), grows_in_shown)


def _longest_run(steps: Sequence[Step], start: int) -> tuple[int, int]:
    """The shortest period of the run that begins here and takes most steps, and its repetitions."""
    best = (1, 1)
    for period in range(1, LONGEST_PERIOD + 1):
        end = start + period
        while end < len(steps) and _reads_like(steps[end], steps[end - period]):
            end += 1
        times = (end - start) // period
        if times > SHOWN_TIMES and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _ends_of_run(run: Sequence[Step], period: int, times: int) -> list[Step]:
    """The first period, one that stands for all between, the last."""
    hidden = times - 2
    middle = list(run[period : 2 * period])
    middle[-1] = replace(middle[-1], name=None, text=f"{middle[-1].text} ({hidden} times)")
    return [*run[:period], *middle, *run[-period:]]


def _reads_like(step: Step, other: Step) -> bool:
    """Whether two steps are of one kind; functions may have names of their own."""
    return (step.reference, step.type, step.name) == (other.reference, other.type, other.name)
