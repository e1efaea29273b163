"""What grew, as text: the answer on the first line, what follows from it below.

Owns the order and the words of ``heapsnap diff``.
"""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import TYPE_CHECKING

from heapsnap.render.heading import series_lines, warning_lines
from heapsnap.render.lines import GOOD, GROWTH, QUIET, TITLE, TYPE, line, table
from heapsnap.render.memory import memory_line
from heapsnap.render.plot import plot
from heapsnap.render.sites import sites_text
from heapsnap.render.verdict import (
    held_text,
    in_all_text,
    names_of,
    title_of,
    told_consequences,
    waiting_text,
    why_none,
)
from heapsnap.render.words import (
    bytes_growth_text,
    bytes_text,
    count_text,
    growth_text,
    plural,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from heapsnap.analysis.results import Culprit, Diff, TypeGrowth
    from heapsnap.render.lines import Part

SHOWN_CONSEQUENCES = 4
FEW_BESIDE = 3
"""Places that only warmed up, beside a culprit."""
SLOWER = 0.6
"""The last rate as a part of the first, up to which growth is said to slow down."""
PAIR = 2
DOUBT = "if in doubt: a third snapshot tells a leak from what fills up or has more to do"
"""From more snapshots than that on, counts are drawn as well."""


def render_diff(result: Diff, *, width: int, most: int | None = 10) -> list[Text]:
    """Put a diff into lines.

    Args:
        result: What grew.
        width: Columns of the screen; only prose is folded to it.
        most: Rows of each table; None: all.
    """
    names = names_of(result)
    sections = [
        _answer(result, names, most),
        series_lines(result.snapshots, is_same_process=result.same_process),
        warning_lines(*result.snapshots, width=width),
        _other_culprits(result, names, most),
        _sporadic(result, names, most),
        _containers(result, names, most),
        _garbage(result, names, most),
        [memory_line(result.before, result.after)],
        _types(result, most),
        _warming(result, names, most),
    ]
    filled = [section for section in sections if section]
    lines = list(filled[0])
    for section in filled[1:]:
        lines += [line(), *section]
    return lines


def _answer(result: Diff, names: Mapping[str, str], most: int | None) -> list[Text]:
    if not result.culprits:
        if waiting := waiting_text(result, names):
            text = ": no leak, unless it never stops growing; the collector is on"
            return [line("garbage waits for the collector: ", (waiting, TYPE), text)]
        return [line(("no leak found", GOOD), f": {why_none(result)}")]
    culprit = result.culprits[0]
    title = (title_of(culprit, names), TYPE)
    lines = [line(title, "  ", *_growth_words(culprit), "  ", held_text(culprit))]
    if len(culprit.counts) > PAIR:
        steps = _steps_text(culprit, [facts.time for facts in result.snapshots])
        lines.append(line(f"in every step: {steps}  ", _plot(culprit), indent=2))
    if culprit.consequences:
        lines.append(line(f"with them: {_consequences(culprit, names, most)}", indent=2))
    if culprit.allocated_at:
        lines.append(line(f"allocated at {sites_text(culprit.allocated_at)}", indent=2))
    lines.append(line(f"next: heapsnap why {shlex.quote(names[culprit.type])}", indent=2))
    if len(culprit.counts) == PAIR and culprit.verdict != "garbage":
        lines.append(line((DOUBT, QUIET), indent=2))
    return lines


def _growth_words(culprit: Culprit) -> tuple[tuple[str, str], str]:
    """``+734  (12 -> 746)``; of buffers that swell, how much larger they are."""
    if not culprit.is_larger:
        return (growth_text(culprit.growth), GROWTH), f"  ({_counts_text(culprit)})"
    still = f"still {plural(culprit.count_after, 'object')}"
    more = f"{plural(culprit.count_after, 'object')}, {count_text(culprit.count_before)} before"
    counts = more if culprit.growth > 0 else still
    return (bytes_growth_text(culprit.bytes_growth), GROWTH), f"  larger, {counts}"


def _counts_text(culprit: Culprit) -> str:
    """``12 -> 746``; ``still 1`` of what got larger and no more."""
    if culprit.growth <= 0:
        return f"still {count_text(culprit.count_after)}"
    return f"{count_text(culprit.count_before)} -> {count_text(culprit.count_after)}"


def _steps_text(culprit: Culprit, times: Sequence[float]) -> str:
    """``12 -> 300 -> 746``, in bytes of what got larger; and whether it grows ever slower."""
    amounts = culprit.sizes if culprit.is_larger else culprit.counts
    text = bytes_text if culprit.is_larger else count_text
    told = " -> ".join(map(text, amounts))
    seconds = [after - before for before, after in pairwise(times)]
    if min(seconds) <= 0:
        return told
    steps = [after - before for before, after in pairwise(amounts)]
    rates = [step / duration for step, duration in zip(steps, seconds, strict=True)]
    is_slower = rates == sorted(rates, reverse=True) and rates[-1] <= SLOWER * rates[0]
    return f"{told}, slower and slower" if is_slower else told


def _plot(culprit: Culprit) -> tuple[str, str]:
    return plot(culprit.sizes if culprit.is_larger else culprit.counts), GROWTH


def _consequences(culprit: Culprit, names: Mapping[str, str], most: int | None) -> str:
    """``734 method, 734 dict and 3 more types, 190 KB in all``."""
    shown = culprit.consequences
    if most is not None:
        shown = told_consequences(culprit, SHOWN_CONSEQUENCES)
    texts = [f"{count_text(row.growth)} {names[row.type]}" for row in shown]
    rest = len(culprit.consequences) - len(shown)
    more = f" and {plural(rest, 'more type')}" if rest else ""
    return f"{', '.join(texts)}{more}; {in_all_text(culprit)}"


def _other_culprits(result: Diff, names: Mapping[str, str], most: int | None) -> list[Text]:
    title = "also growing, by the bytes that the growth keeps"
    return _culprit_table(title, result.culprits[1:], names, most)


def _sporadic(result: Diff, names: Mapping[str, str], most: int | None) -> list[Text]:
    return _culprit_table("grew in some steps only", result.sporadic, names, most)


def _warming(result: Diff, names: Mapping[str, str], most: int | None) -> list[Text]:
    title = "grew as places do while a program warms up or has more to do: no leak so far"
    if most is not None and result.culprits:
        most = min(most, FEW_BESIDE)  # what matters stands above
    return _culprit_table(title, result.warming, names, most)


def _culprit_table(
    title: str, culprits: Sequence[Culprit], names: Mapping[str, str], most: int | None
) -> list[Text]:
    rows = []
    has_plots = any(len(culprit.counts) > PAIR for culprit in culprits)
    has_sites = any(culprit.allocated_at for culprit in culprits)
    for culprit in culprits:
        row: list[Part] = [
            ("larger" if culprit.is_larger else growth_text(culprit.growth), GROWTH),
            f"({_counts_text(culprit)})",
            *([_plot(culprit)[0]] if has_plots else []),
            (title_of(culprit, names), TYPE),
            bytes_growth_text(culprit.retained_bytes_growth),
            held_text(culprit),
            *([_main_site(culprit)] if has_sites else []),
        ]
        rows.append(row)
    right = "rlllrl" if has_plots else "rllrl"
    return _section(title, rows, right + ("l" if has_sites else ""), most)


def _main_site(culprit: Culprit) -> str:
    return f"allocated at {sites_text(culprit.allocated_at[:1])}" if culprit.allocated_at else ""


def _containers(result: Diff, names: Mapping[str, str], most: int | None) -> list[Text]:
    rows: list[list[Part]] = [
        [
            (growth_text(row.entries_after - row.entries_before), GROWTH),
            f"({count_text(row.entries_before)} -> {count_text(row.entries_after)})",
            names[row.type] if row.containers == 1 else f"{row.containers:,} {names[row.type]}",
            row.path,
        ]
        for row in result.containers
    ]
    return _section("containers with more entries", rows, "rlll", most)


def _garbage(result: Diff, names: Mapping[str, str], most: int | None) -> list[Text]:
    rows: list[list[Part]] = [
        [
            (growth_text(row.count_after - row.count_before), GROWTH),
            f"({count_text(row.count_before)} -> {count_text(row.count_after)})",
            (names[row.owner], TYPE),
            bytes_growth_text(row.bytes_after - row.bytes_before),
            _with_types([names[kind] for kind in row.types if kind != row.owner]),
        ]
        for row in result.garbage
        if row.count_after > row.count_before
    ]
    return _section("garbage, by the owner of its cycles", rows, "rllrl", most)


def _with_types(names: list[str]) -> str:
    return f"with {', '.join(names)}" if names else ""


def _types(result: Diff, most: int | None) -> list[Text]:
    grown = [row for row in result.types if row.growth > 0] or _grown_in_bytes(result)
    # Asked for everything, the table shows what shrank and what stood still as well.
    shown = grown if most is not None else list(result.types)
    rows: list[list[Part]] = [
        [
            (growth_text(row.growth), GROWTH if row.growth > 0 else ""),
            f"({count_text(row.count_before)} -> {count_text(row.count_after)})",
            bytes_growth_text(row.bytes_after - row.bytes_before),
            row.type,
        ]
        for row in shown
    ]
    return _section("types that grew" if most is not None else "all types", rows, "rlrl", most)


def _grown_in_bytes(result: Diff) -> list[TypeGrowth]:
    """Types without more objects, but with larger ones: the most grown first."""
    grown = [row for row in result.types if row.bytes_after > row.bytes_before]
    return sorted(grown, key=lambda row: (row.bytes_before - row.bytes_after, row.type))


def _section(title: str, rows: list[list[Part]], right: str, most: int | None) -> list[Text]:
    if not rows:
        return []
    shown = rows if most is None else rows[:most]
    lines = [line((title, TITLE)), *(table(shown, right=right) if shown else [])]
    if rest := len(rows) - len(shown):
        lines.append(line((f"... and {count_text(rest)} more (--all shows them)", QUIET), indent=2))
    return lines
