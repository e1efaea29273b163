"""Results as pieces of HTML for the cells of a notebook.

Owns what a cell shows. There is no script and no colour that a dark notebook would swallow:
text and lines take the notebook's own, pictures stand on light paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.render.diff import render_diff
from heapsnap.render.page import fill, trusted
from heapsnap.render.verdict import held_text, names_of, title_of
from heapsnap.render.why import render_why
from heapsnap.render.words import short_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.results import Diff, Refs, Top, Why
    from heapsnap.snapshot.model import Snapshot

MOST_ROWS = 20
WIDTH = 100
"""Columns to which the terminal's sentence would be folded; only its first line is taken."""


def snapshot_fragment(snapshot: Snapshot) -> str:
    """A snapshot that was loaded: what its header says."""
    return _fill("snapshot", header=snapshot.header, snapshot=snapshot)


def diff_fragment(result: Diff, picture: str | None) -> str:
    """What grew.

    Args:
        result: The diff.
        picture: Of the first culprit, as SVG for the inside of a page.
    """
    return _fill(
        "diff",
        picture,
        answer=render_diff(result, width=WIDTH)[0].plain,
        result=result,
        names=names_of(result),
        held_text=held_text,
        title_of=title_of,
        most=MOST_ROWS,
    )


def why_fragment(result: Why, picture: str | None) -> str:
    """Who holds the objects of a type.

    Args:
        result: The ways of holding.
        picture: Of all of them, as SVG for the inside of a page.
    """
    answer = render_why(result, width=WIDTH)[0].plain
    return _fill("why", picture, answer=answer, result=result)


def top_fragment(result: Top) -> str:
    """The types of one snapshot."""
    return _fill("top", result=result, most=MOST_ROWS)


def refs_fragment(result: Refs) -> str:
    """What the objects of a type refer to."""
    names = ", ".join(short_names(result.type.split(", ")).values())
    return _fill("refs", result=result, name=names, most=MOST_ROWS)


def picture_fragment(title: str, picture: str | None, caption: Sequence[str]) -> str:
    """A picture alone.

    Args:
        title: What it shows.
        picture: SVG for the inside of a page; None where there is no program to draw it.
        caption: What must be said of it.
    """
    return _fill("picture", picture, title=title, caption=caption)


def _fill(kind: str, picture: str | None = None, **values: Any) -> str:
    drawn = None if picture is None else trusted(picture)
    return fill("fragment.html.j2", {"kind": kind, "picture": drawn, **values})
