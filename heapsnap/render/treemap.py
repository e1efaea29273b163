"""Where the bytes went: areas within areas, as SVG.

Owns the layout. Every rectangle is as large as its bytes; within a culprit's stand the types
that came along with it.

References:
    Bruls, Huizing and van Wijk, Squarified treemaps, VisSym 2000,
    doi:10.1007/978-3-7091-6783-0_4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from heapsnap.render.colours import LIGHT
from heapsnap.render.escape import escape_html

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE_HEIGHT = 22
LETTER = 6.6
"""How wide a letter is at 12 pixels; a bold one is a little wider."""
PADDING = 6
LINE = 15


class Box(NamedTuple):
    """A rectangle, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Area:
    """Something with bytes: ``is_culprit`` gives it the colour of growth."""

    name: str
    size: int
    size_text: str
    is_culprit: bool = False
    parts: tuple[Area, ...] = ()


def treemap(areas: Sequence[Area], *, width: int, height: int, title: str) -> str:
    """Draw areas, the largest first.

    Args:
        areas: Those without bytes are left out.
        width: Pixels.
        height: Pixels.
        title: What a screen reader says.
    """
    shown = sorted((area for area in areas if area.size > 0), key=lambda area: -area.size)
    boxes = squarify([area.size for area in shown], Box(0, 0, width, height))
    drawn = "".join(_draw(area, box) for area, box in zip(shown, boxes, strict=True))
    return (
        f'<svg class="treemap" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape_html(title)}">{drawn}</svg>'
    )


def squarify(sizes: Sequence[float], box: Box) -> list[Box]:
    """Cut a rectangle into others of given areas, as square as may be.

    Args:
        sizes: All above 0, descending; their sum stands for the whole rectangle.
        box: The rectangle.
    """
    total = sum(sizes)
    scale = box.width * box.height / total if total else 0
    rest = [size * scale for size in sizes]
    boxes: list[Box] = []
    while rest:
        side = min(box.width, box.height)
        count = 1
        while count < len(rest) and _worst(rest[: count + 1], side) <= _worst(rest[:count], side):
            count += 1
        row, rest = rest[:count], rest[count:]
        placed, box = _lay_row(row, box)
        boxes += placed
    return boxes


def _worst(row: Sequence[float], side: float) -> float:
    """How far the least square rectangle of a row is from a square."""
    total = sum(row)
    if side <= 0 or total <= 0:
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _lay_row(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """A row along the shorter side, and what is left of the rectangle."""
    total = sum(row)
    placed = []
    if box.width >= box.height:
        width, y = total / box.height if box.height else 0, box.y
        for size in row:
            height = size / width if width else 0
            placed.append(Box(box.x, y, width, height))
            y += height
        return placed, Box(box.x + width, box.y, box.width - width, box.height)
    height, x = total / box.width if box.width else 0, box.x
    for size in row:
        width = size / height if height else 0
        placed.append(Box(x, box.y, width, height))
        x += width
    return placed, Box(box.x, box.y + height, box.width, box.height - height)


def _draw(area: Area, box: Box, *, is_inner: bool = False) -> str:
    fill = LIGHT.growth_fill if area.is_culprit else LIGHT.object_fill
    stroke = LIGHT.growth if area.is_culprit and not is_inner else LIGHT.line
    title = f"<title>{escape_html(f'{area.name}: {area.size_text}')}</title>"
    gap = 0 if is_inner else 1
    shape = (
        f'<rect x="{box.x + gap:.1f}" y="{box.y + gap:.1f}" '
        f'width="{max(0, box.width - 2 * gap):.1f}" height="{max(0, box.height - 2 * gap):.1f}" '
        f'fill="{fill}" stroke="{stroke}"/>'
    )
    parts = [title, shape, *_label(area, box, is_inner=is_inner)]
    inner = Box(
        box.x + PADDING,
        box.y + TITLE_HEIGHT + 2,
        box.width - 2 * PADDING,
        box.height - TITLE_HEIGHT - PADDING - 2,
    )
    if area.parts and inner.width > PADDING and inner.height > PADDING:
        ordered = sorted((part for part in area.parts if part.size > 0), key=lambda p: -p.size)
        boxes = squarify([part.size for part in ordered], inner)
        parts += [_draw(p, b, is_inner=True) for p, b in zip(ordered, boxes, strict=True)]
    return f"<g>{''.join(parts)}</g>"


def _label(area: Area, box: Box, *, is_inner: bool) -> list[str]:
    """The name and the bytes, as far as there is room for them."""
    room = int((box.width - 2 * PADDING) / (LETTER if is_inner else LETTER + 0.6))
    if room < 4 or box.height < TITLE_HEIGHT:  # noqa: PLR2004 - fewer letters say nothing
        return []
    x, y = box.x + PADDING, box.y + LINE
    whole = f"{area.name} {area.size_text}"
    if not is_inner or len(whole) <= room:
        return [_text(x, y, _cut(whole, room), is_bold=not is_inner)]
    lines = [_text(x, y, _cut(area.name, room))]
    if box.height >= TITLE_HEIGHT + LINE and len(area.size_text) <= room:
        lines.append(_text(x, y + LINE, area.size_text, is_quiet=True))
    return lines


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _text(x: float, y: float, text: str, *, is_bold: bool = False, is_quiet: bool = False) -> str:
    weight = ' font-weight="600"' if is_bold else ""
    colour = LIGHT.quiet if is_quiet else LIGHT.text
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{colour}"{weight}>'
        f"{escape_html(text)}</text>"
    )
