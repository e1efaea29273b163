"""What objects refer to, as a table, and one of them as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.heading import snapshot_line, warning_lines
from heapsnap.render.lines import QUIET, REFERENCE, TITLE, TYPE, line, table
from heapsnap.render.words import bytes_text, count_text, plural, short_names

if TYPE_CHECKING:
    from rich.text import Text

    from heapsnap.analysis.results import Refs
    from heapsnap.render.lines import Part


def render_refs(result: Refs, *, width: int, most: int | None = 20) -> list[Text]:
    """Put the references into lines.

    Args:
        result: What the objects refer to.
        width: Columns of the screen; only prose is folded to it.
        most: Rows of the table; None: all.
    """
    names = ", ".join(short_names(result.type.split(", ")).values())
    total = sum(row.count for row in result.references)
    kinds = plural(len(result.references), "kind")
    lines = [
        line(
            f"{count_text(result.count)} ",
            (names, TYPE),
            f" refer{'s' if result.count == 1 else ''} to {plural(total, 'object')} in {kinds}"
            if total
            else f" refer{'s' if result.count == 1 else ''} to nothing",
        ),
        snapshot_line(result.snapshot),
        *warning_lines(result.snapshot, width=width),
    ]
    shown = result.references if most is None else result.references[:most]
    if shown:
        rows: list[list[Part]] = [
            [(title, TITLE) for title in ("references", "bytes", "name", "to objects of type")]
        ]
        rows += [
            [
                count_text(row.count),
                bytes_text(row.bytes),
                (row.reference, REFERENCE),
                (row.type, TYPE),
            ]
            for row in shown
        ]
        lines += [line(), *table(rows, right="rrll", indent=0)]
    if rest := len(result.references) - len(shown):
        lines.append(line((f"... and {plural(rest, 'more kind')} (--all shows them)", QUIET)))
    if len(result.example) > 1:
        lines += [line(), line(("one of them", TITLE)), *_tree_lines(result)]
    return lines


def _tree_lines(result: Refs) -> list[Text]:
    lines = []
    for level, reference, text in result.example:
        if reference:
            lines.append(line((reference, REFERENCE), " -> ", text, indent=2 * level + 2))
        else:
            lines.append(line((text, QUIET if level else TYPE), indent=2 * level + 2))
    return lines
