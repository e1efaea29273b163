"""What grew in every round, as text: for a test that fails."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from heapsnap.render.chain import chain_lines
from heapsnap.render.lines import QUIET, REFERENCE, TYPE, line, prose
from heapsnap.render.verdict import title_of
from heapsnap.render.words import bytes_text, count_text, plural, short_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from heapsnap.analysis.answers.steady import SteadyGrowth

MOST = 3
INDENT = 2


def render_steady(found: Sequence[SteadyGrowth], *, width: int) -> list[Text]:
    """Put it into lines; none where nothing grew.

    Args:
        found: The places, the worst first.
        width: Columns; only prose is folded to it.
    """
    names = short_names({growth.culprit.type for growth in found})
    lines: list[Text] = []
    for growth in found[:MOST]:
        lines += [*([line()] if lines else []), *_growth_lines(growth, names, width)]
    if (rest := len(found) - MOST) > 0:
        lines += [line(), line((f"and {plural(rest, 'more place')} that grew", QUIET))]
    return lines


def _growth_lines(growth: SteadyGrowth, names: dict[str, str], width: int) -> list[Text]:
    culprit, name = growth.culprit, title_of(growth.culprit, names)
    is_garbage = culprit.verdict == "garbage"
    how = "garbage, kept by its own cycle: " if is_garbage else "held by "
    lines = [
        line(
            (name, TYPE), f" {_amount_text(growth)} every round, {how}", (culprit.holder, REFERENCE)
        ),
        line((f"{growth.what} after each round: ", QUIET), _series_text(growth), indent=INDENT),
    ]
    if not is_garbage:
        lines += [line(("one of them, from its root:", QUIET), indent=INDENT)]
        lines += chain_lines(culprit.chain, indent=INDENT + 2)
    if growth.pattern is not None:
        lines += prose("what it is: ", growth.pattern.explanation, width=width, indent=INDENT)
        lines += prose("what to do: ", growth.pattern.fix, width=width, indent=INDENT)
    return lines


def _amount_text(growth: SteadyGrowth) -> str:
    """``grows by 20``, ``grows by 18 to 20 entries``."""
    steps = [after - before for before, after in pairwise(growth.amounts)]
    text = bytes_text if growth.what == "bytes" else count_text
    low, high = text(min(steps)), text(max(steps))
    amount = low if low == high else f"{low} to {high}"
    return f"grows by {amount} entries" if growth.what == "entries" else f"grows by {amount}"


def _series_text(growth: SteadyGrowth) -> str:
    text = bytes_text if growth.what == "bytes" else count_text
    return ", ".join(text(amount) for amount in growth.amounts)
