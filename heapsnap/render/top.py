"""The types of one snapshot as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.heading import snapshot_line, warning_lines
from heapsnap.render.lines import QUIET, TITLE, TYPE, line, table
from heapsnap.render.words import bytes_text, count_text, plural

if TYPE_CHECKING:
    from rich.text import Text

    from heapsnap.analysis.results import Top, TypeSummary
    from heapsnap.render.lines import Part


def render_top(result: Top, *, width: int, most: int | None = 20) -> list[Text]:
    """Put the table into lines.

    Args:
        result: The types, largest first.
        width: Columns of the screen; only prose is folded to it.
        most: Rows of the table; None: all.
    """
    shown = result.types if most is None else result.types[:most]
    titles = ["objects", "bytes", "share", "largest", "type"]
    if result.by == "retained":
        titles[2:3] = ["retained", "share"]
    rows: list[list[Part]] = [[(title, TITLE) for title in titles]]
    whole = max(1, _weight_of_all(result))
    for row in shown:
        cells: list[Part] = [
            count_text(row.count),
            bytes_text(row.bytes),
            f"{100 * _weight(row, result.by) / whole:.1f}%",
            bytes_text(row.largest_bytes),
            (row.type, TYPE),
        ]
        if row.retained_bytes is not None:
            cells.insert(2, bytes_text(row.retained_bytes))
        rows.append(cells)
    lines = [
        snapshot_line(result.snapshot),
        *warning_lines(result.snapshot, width=width),
        *table(rows, right="r" * (len(titles) - 1) + "l", indent=0),
    ]
    if rest := len(result.types) - len(shown):
        lines.append(line((f"... and {plural(rest, 'more type')} (--all shows them)", QUIET)))
    return lines


def _weight_of_all(result: Top) -> int:
    if result.by == "retained":
        return result.snapshot.python_bytes
    return sum(_weight(row, result.by) for row in result.types)


def _weight(row: TypeSummary, by: str) -> int:
    weights = {"count": row.count, "bytes": row.bytes, "retained": row.retained_bytes or 0}
    return weights[by]
