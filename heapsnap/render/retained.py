"""What would be freed, as lines or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.render.heading import snapshot_line, warning_lines
from heapsnap.render.lines import GROWTH, QUIET, TITLE, TYPE, line, table
from heapsnap.render.words import bytes_text, count_text, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from heapsnap.analysis.answers.retained import Retained
    from heapsnap.render.lines import Part


def render_retained(result: Retained, *, width: int, most: int | None = 20) -> list[Text]:
    """Put the answer into lines.

    Args:
        result: What would be freed.
        width: Columns of the screen; only prose is folded to it.
        most: Rows of each table; None: all.
    """
    whole = result.snapshot.python_bytes
    lines = [] if result.name is None else [_answer(result)]
    lines += [snapshot_line(result.snapshot), *warning_lines(result.snapshot, width=width)]
    freed: list[list[Part]] = [
        [count_text(row.count), bytes_text(row.bytes), (row.type, TYPE)] for row in result.freed
    ]
    objects: list[list[Part]] = [
        [*_amount(row.retained_bytes, whole), (row.text, TYPE), row.place] for row in result.objects
    ]
    modules: list[list[Part]] = [
        [*_amount(row.retained_bytes, whole), row.name] for row in result.modules
    ]
    alone = "each object alone" if result.name is not None else "objects that keep most alive"
    lines += _table("what would be freed", ("objects", "bytes", "type"), freed, most)
    lines += _table(alone, ("bytes", "share", "object", "place"), objects, most)
    lines += _table("modules", ("bytes", "share", "module"), modules, most)
    return lines


def _amount(part: int, whole: int) -> tuple[str, str]:
    return bytes_text(part), _share(part, whole)


def _answer(result: Retained) -> Text:
    share = _share(result.retained_bytes, result.snapshot.python_bytes)
    return line(
        (bytes_text(result.retained_bytes), GROWTH),
        f" would be freed without {plural(result.count, 'object')} ",
        (str(result.name), TYPE),
        f", {share} of the heap; their own are {bytes_text(result.shallow_bytes)}",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f}%"


def _table(
    title: str, titles: Sequence[str], rows: Sequence[list[Part]], most: int | None
) -> list[Text]:
    """A blank line, the title and the rows; nothing if there are none."""
    if not rows:
        return []
    shown = rows if most is None else rows[:most]
    heads: list[Part] = [(text, TITLE) for text in titles]
    numbers = sum(text in {"bytes", "share", "objects"} for text in titles)
    right = "r" * numbers + "l" * (len(titles) - numbers)
    lines = [line(), line((title, TITLE)), *table([heads, *shown], right=right)]
    if rest := len(rows) - len(shown):
        lines.append(
            line((f"... and {plural(rest, 'more row')} (--all shows them)", QUIET), indent=2)
        )
    return lines


def retained_json(result: Retained, facts: dict[str, Any]) -> dict[str, Any]:
    """``heapsnap retained --json``.

    Args:
        result: What would be freed.
        facts: The snapshot, as every document has it.
    """
    return {
        "schema": "heapsnap.retained/1",
        "snapshot": facts,
        "name": result.name,
        "count": result.count,
        "bytes": result.shallow_bytes,
        "retained_bytes": result.retained_bytes,
        "freed": [
            {"type": row.type, "count": row.count, "bytes": row.bytes} for row in result.freed
        ],
        "objects": [
            {
                "address": row.address,
                "object": row.text,
                "type": row.type,
                "place": row.place,
                "bytes": row.shallow_bytes,
                "retained_bytes": row.retained_bytes,
            }
            for row in result.objects
        ],
        "modules": [
            {"module": row.name, "retained_bytes": row.retained_bytes} for row in result.modules
        ],
    }
