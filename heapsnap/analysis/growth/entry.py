"""A place at which growth enters the heap."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A place at which growth enters.

    ``blamed`` is the place at or below ``place`` whose type a person would name: the entry
    itself, or what its tuples, methods and dicts hold one of each. ``bytes_growth`` is that of
    the blamed place, ``tree_bytes_growth`` that of the entry with everything below it that is its
    doing. ``tier``: see ``warming``. ``along`` are other places at which the same event left
    something: ``companions`` finds them.
    """

    place: int
    blamed: int
    growth: int
    bytes_growth: int
    tree_bytes_growth: int
    tier: int
    along: tuple[int, ...] = ()
