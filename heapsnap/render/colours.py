"""Colours with a meaning, each for light and for dark paper.

Owns the palette of pictures, plots and pages. Blue is what holds from outside, vermilion what
grows: Okabe and Ito's pair, which people who do not tell red from green tell apart. No
meaning hangs on colour alone: what grows is also bold, and says by how much.

References:
    Okabe and Ito, Color Universal Design, 2008, https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Palette:
    """One colour for each meaning, as ``#rrggbb``."""

    paper: str
    text: str
    quiet: str
    line: str
    object_fill: str
    root: str
    root_fill: str
    growth: str
    growth_fill: str


LIGHT = Palette(
    paper="#ffffff",
    text="#1c2733",
    quiet="#5b6875",
    line="#8794a1",
    object_fill="#f3f5f7",
    root="#0063a0",
    root_fill="#e2eff9",
    growth="#b84300",
    growth_fill="#fdeadd",
)
DARK = Palette(
    paper="#14191f",
    text="#e6ebf0",
    quiet="#a0acb8",
    line="#6f7d8b",
    object_fill="#222a33",
    root="#6db9ee",
    root_fill="#12304a",
    growth="#ff9a5a",
    growth_fill="#472511",
)


def dark_rules(scope: str = "") -> str:
    """CSS that turns a light drawing into a dark one, colour by colour.

    Presentation attributes of SVG give way to any rule, so the drawing itself stays as it is.

    Args:
        scope: A selector that stands before each rule.
    """
    return "\n".join(
        f'{scope}[{attribute}="{getattr(LIGHT, meaning.name)}"]'
        f"{{{attribute}:{getattr(DARK, meaning.name)}}}"
        for meaning in fields(Palette)
        for attribute in ("fill", "stroke")
    )
