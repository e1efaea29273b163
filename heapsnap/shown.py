"""How results show themselves in a notebook: a door that whoever renders them opens.

What a result is and how it looks are different layers' business: results derive from ``Shown``,
``heapsnap.notebook`` says what HTML each is. Until it does, a notebook prints their text.
"""

from __future__ import annotations

from functools import singledispatch


class Shown:
    """A value that a notebook shows as a table or a picture."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        """What notebooks ask for; None: there is nothing but the text."""
        return html_of(self)


@singledispatch
def html_of(result: object) -> str | None:  # noqa: ARG001 - what it dispatches on
    """The HTML of a result, None for one that nobody has said how to show."""
    return None
