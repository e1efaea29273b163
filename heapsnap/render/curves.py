"""Counts and bytes over the snapshots, as small plots in SVG.

Owns the scales and the marks. Every plot starts at 0, so that its slope is true; two lines of
one plot differ by dash and mark as well as by colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from heapsnap.render.colours import LIGHT
from heapsnap.render.escape import escape_html

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 14, 14, 26, 22
MARK = 3.5
LETTER = 7.0
"""How wide a bold letter is at 11 pixels."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One quantity: its value in each snapshot, None where it is unknown."""

    name: str
    values: tuple[int | None, ...]
    is_growth: bool = True


def curves(
    lines: Sequence[Curve],
    *,
    times: Sequence[float],
    text_of: Callable[[int], str],
    span: str,
    title: str,
) -> str:
    """Draw quantities of one unit over time.

    Args:
        lines: One or two.
        times: Of the snapshots, in seconds; if they are not in order, the points stand at equal
            distances.
        text_of: How a value is written.
        span: How long it took from the first to the last, in words.
        title: What a screen reader says.
    """
    top = max([1, *(value for line in lines for value in line.values if value is not None)])
    across = _positions(times)
    base = HEIGHT - BOTTOM
    parts = [
        f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}" stroke="{LIGHT.line}"/>',
        _text(LEFT, HEIGHT - 6, "first", "start"),
        _text(WIDTH - RIGHT, HEIGHT - 6, f"{span} later", "end"),
    ]
    for number, line in enumerate(lines):
        points = [
            (x, base - (base - TOP) * value / top, value)
            for x, value in zip(across, line.values, strict=True)
            if value is not None
        ]
        # The upper line is labelled above, the lower one below.
        parts.append(_draw(points, line, text_of, is_above=number == 0))
    label = escape_html(title)
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _positions(times: Sequence[float]) -> list[float]:
    room = WIDTH - LEFT - RIGHT
    is_in_order = all(later > earlier for earlier, later in pairwise(times))
    steps = times if is_in_order else range(len(times))
    first, last = steps[0], steps[-1]
    return [LEFT + room * (step - first) / (last - first) for step in steps]


def _draw(
    points: Sequence[tuple[float, float, int]],
    line: Curve,
    text_of: Callable[[int], str],
    *,
    is_above: bool,
) -> str:
    if not points:
        return ""
    colour = LIGHT.growth if line.is_growth else LIGHT.root
    dash = "" if line.is_growth else ' stroke-dasharray="5 3"'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    base = HEIGHT - BOTTOM
    shapes = []
    if line.is_growth:
        area = f"{points[0][0]:.1f},{base} {path} {points[-1][0]:.1f},{base}"
        shapes.append(f'<polygon points="{area}" fill="{LIGHT.growth_fill}"/>')
    shapes.append(
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
    )
    shapes += [_mark(x, y, colour, is_round=line.is_growth) for x, y, _ in points]
    for is_first in (True, False) if len(points) > 1 else (True,):
        point = points[0 if is_first else -1]
        name = f"{line.name} " if is_first and line.name else ""
        text = f"{name}{text_of(point[2])}"
        anchor = "start" if is_first else "end"
        room = len(text) * LETTER * (1 if is_first else -1)
        y = _clear(points, sorted((point[0], point[0] + room)), is_above=is_above)
        shapes.append(_text(point[0], y, text, anchor, colour=colour, is_bold=True))
    return "".join(sorted(shapes, key=lambda shape: shape.startswith("<text")))


def _clear(
    points: Sequence[tuple[float, float, int]], span: Sequence[float], *, is_above: bool
) -> float:
    """Where a text stands clear of the line, over all of its width."""
    left, right = span
    heights = [y for x, y, _ in points if left <= x <= right]
    for (x, y, _), (next_x, next_y, _) in pairwise(points):
        slope = (next_y - y) / (next_x - x)
        heights += [y + slope * (edge - x) for edge in span if x <= edge <= next_x]
    return max(11.0, min(heights) - 8) if is_above else max(heights) + 17


def _mark(x: float, y: float, colour: str, *, is_round: bool) -> str:
    if is_round:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{MARK}" fill="{colour}"/>'
    side = 2 * MARK
    return (
        f'<rect x="{x - MARK:.1f}" y="{y - MARK:.1f}" width="{side}" height="{side}" '
        f'fill="{colour}"/>'
    )


def _text(
    x: float, y: float, text: str, anchor: str, *, colour: str = LIGHT.quiet, is_bold: bool = False
) -> str:
    weight = ' font-weight="600"' if is_bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11" fill="{colour}"'
        f"{weight}>{escape_html(text)}</text>"
    )
