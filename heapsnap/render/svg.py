"""SVG as graphviz writes it, made fit for the file or the page that it goes into.

Owns dark mode, tooltips and what a screen reader says of a picture.
"""

from __future__ import annotations

import re

from heapsnap.render.colours import dark_rules
from heapsnap.render.escape import escape_html

_OPENING = re.compile(r"<svg\b[^>]*>")
_SIZE = re.compile(r'(width|height)="(\d+)pt"')
_IDENTIFIER = re.compile(r' id="[^"]*"')
_OWN_TITLE = re.compile(r"<title>[^<]*</title>\n?")
_TOOLTIP = re.compile(r'<a xlink:title="([^"]*)">')
ON_PAGE = 1.2
"""Pixels of a page for a point of a drawing: its text is then hardly smaller than the page's."""
DARK = f"@media (prefers-color-scheme:dark){{\n{dark_rules()}\n}}"


def standalone_svg(drawn: str, title: str) -> str:
    """A drawing as a file of its own that turns dark where its reader's screen is.

    Args:
        drawn: What ``dot -Tsvg`` wrote of a light drawing.
        title: What the picture shows.
    """
    opening = _OPENING.search(drawn)
    assert opening is not None
    end = opening.end()
    style = f"\n<style>{DARK}</style>"
    return f"{drawn[:end]}\n<title>{escape_html(title)}</title>{style}{_told(drawn[end:])}"


def inline_svg(drawn: str, title: str) -> str:
    """A drawing for the inside of a page, whose style sheet has the dark colours.

    Args:
        drawn: What ``dot -Tsvg`` wrote of a light drawing.
        title: What the picture shows.
    """
    opening = _OPENING.search(drawn)
    assert opening is not None
    # Several pictures of one page would all have the same identifiers.
    body = _IDENTIFIER.sub("", _told(drawn[opening.end() :]))
    tag = _SIZE.sub(lambda size: f'{size[1]}="{ON_PAGE * int(size[2]):.0f}"', opening[0])
    label = escape_html(title)
    return f'{tag[:-1]} role="img" aria-label="{label}">{body}'.strip()


def _told(body: str) -> str:
    """Full type names as titles, which every reader shows, in place of links that lead nowhere."""
    body = _TOOLTIP.sub(r"<g><title>\1</title>", _OWN_TITLE.sub("", body))
    return body.replace("</a>", "</g>")
