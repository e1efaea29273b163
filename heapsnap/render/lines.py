"""Lines of text with styles, tables of them, and prose folded to a width.

Owns the layout. A line is rich's ``Text``, never markup: its ``plain`` is what a file or a pipe
gets, its styles are for terminals. Every part goes through ``escape_terminal`` here, so that no
renderer can forget it. Lines are not cut: a chain that ends in `…` answers nothing.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len
from rich.text import Text

from heapsnap.render.escape import escape_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

Part: TypeAlias = "str | tuple[str, str]"
"""Text, or text and a style of rich's."""
Row: TypeAlias = "Sequence[Part]"

TITLE = "bold"
TYPE = "bold cyan"
GROWTH = "bold red"
REFERENCE = "green"
QUIET = "dim"
GOOD = "bold green"
WARNING = "yellow"

GAP = "  "
NARROWEST_PROSE = 40
WIDEST_PROSE = 100
"""Prose is folded here on wider terminals as well: longer lines are hard to read."""


def line(*parts: Part, indent: int = 0) -> Text:
    """One line made of parts; each is escaped."""
    made = Text(" " * indent)
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        made.append(escape_terminal(text), style or None)
    return made


def table(rows: Sequence[Row], *, right: str, indent: int = 2) -> list[Text]:
    """Align rows in columns.

    Args:
        rows: The cells, row by row; every row has one for each column.
        right: One letter for each column: ``r`` if it is aligned to the right, else ``l``.
        indent: Blanks before the first column.
    """
    cells = [[line(part) for part in row] for row in rows]
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        made = Text(" " * indent)
        for column, (cell, width, side) in enumerate(zip(row, widths, right, strict=True)):
            padding = " " * (width - cell_len(cell.plain))
            made.append(GAP if column else "")
            made.append(padding if side == "r" else "")
            made.append_text(cell)
            made.append(padding if side != "r" else "")
        made.rstrip()
        lines.append(made)
    return lines


def prose(label: str, text: str, *, width: int, indent: int = 0) -> list[Text]:
    """A sentence behind a label, folded between words.

    Args:
        label: What stands before it on the first line.
        text: The sentence.
        width: Columns of the screen.
        indent: Blanks before the label.
    """
    start = " " * indent + label
    room = max(NARROWEST_PROSE, min(width, WIDEST_PROSE) - len(start))
    parts = wrap(escape_terminal(text), room, break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    first = line((label, QUIET), parts[0], indent=indent)
    return [first, *(line(part, indent=len(start)) for part in parts[1:])]
