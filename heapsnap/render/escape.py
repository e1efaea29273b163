"""Text out of a snapshot, made harmless for where it goes.

Names of types, keys of dicts, file names and arguments are whatever the observed program
made them. Nothing of that may move a cursor, colour a terminal, turn the direction of
writing, read as markup or end a string of DOT.
"""

from __future__ import annotations

from html import escape


def escape_terminal(text: str) -> str:
    r"""One line of text that a terminal shows as it stands.

    Whatever does not print (control characters, escape sequences, line ends, marks that turn the
    direction of writing, lone surrogates) is written as in a Python string: ``\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def escape_dot(text: str) -> str:
    r"""Text for the inside of a quoted string of DOT, shown by graphviz as it stands.

    A backslash is doubled since graphviz reads ``\N`` and the like in labels; a quote would end
    the string; ``&`` would begin an entity of HTML.
    """
    shown = escape_terminal(text)
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def escape_html(text: str) -> str:
    """Text for HTML, for attributes in quotes, for SVG and for graphviz's labels in ``<>``.

    What does not print is shown as on a terminal: a mark that turns the direction of writing
    would otherwise turn the page's own words with it.
    """
    return escape(escape_terminal(text), quote=True)
