"""Rows of an answer whose columns are not known beforehand: as a table, or as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from heapsnap.render.lines import QUIET, TITLE, line, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

NUMBERS = (int, float, Decimal)
NOTHING = "-"


def render_rows(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, is_cut: bool
) -> list[Text]:
    """Put rows into lines, numbers to the right.

    Args:
        columns: The names of the columns.
        rows: Plain values.
        is_cut: There are more than these.
    """
    if not rows:
        return [line("no rows")]
    sides = "".join(
        "r" if all(isinstance(row[number], NUMBERS) or row[number] is None for row in rows) else "l"
        for number in range(len(columns))
    )
    cells = [[_text(value) for value in row] for row in rows]
    heading = [(name, TITLE) for name in columns]
    lines = table([heading, *cells], right=sides, indent=0)
    if is_cut:
        lines.append(line((f"the first {len(rows):,} rows (--all shows them all)", QUIET)))
    return lines


def rows_json(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, is_cut: bool
) -> dict[str, Any]:
    """``heapsnap sql --json``."""
    return {
        "schema": "heapsnap.sql/1",
        "columns": list(columns),
        "rows": [[_plain(value) for value in row] for row in rows],
        "is_cut": is_cut,
    }


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, Decimal) else str(value)
