"""A table of distinct texts, each with its number."""

from __future__ import annotations


class Strings:
    """Texts in the order in which they were first asked for.

    Args:
        first: Texts that come before all others.
    """

    def __init__(self, *first: str) -> None:
        self._numbers: dict[str, int] = {text: number for number, text in enumerate(first)}

    def number(self, text: str) -> int:
        """The number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> list[str]:
        """All texts, by number."""
        return list(self._numbers)
