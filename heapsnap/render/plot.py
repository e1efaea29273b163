"""A plot of a few counts that fits into a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
WIDEST = 40
"""Bars in a plot; of more counts the largest of each stretch is drawn."""


def plot(counts: Sequence[int]) -> str:
    """One bar for each count, from 0 to the largest: ``▁▃▅█``.

    Args:
        counts: None negative, at least one.
    """
    if len(counts) > WIDEST:
        edges = [number * len(counts) // WIDEST for number in range(WIDEST + 1)]
        counts = [max(counts[edges[n] : edges[n + 1]]) for n in range(WIDEST)]
    top = max(*counts, 1)
    return "".join(BARS[count * (len(BARS) - 1) // top] for count in counts)
