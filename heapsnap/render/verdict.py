"""The answer of a diff in words: what leaks and how it is held, or why nothing does.

Owns the sentences, which the terminal's page and the report have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.memory import is_outside_python
from heapsnap.render.words import bytes_text, count_text, growth_text, plural, short_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heapsnap.analysis.results import Consequence, Culprit, Diff

PAIR = 2
WAITING_CYCLES = 10
"""Cycles more of which the first line tells that they wait to be collected."""
MOST_OF = 2
"""More than half."""
MOST_OWN = 8
"""Types of the program's own that are told of what came along: more would be no answer."""
PROGRAM = "program"
"""The origin of the types that the program itself declares."""
LITTLE_BYTES = 50_000
"""Growth of Python's objects that is worth a word beside that of the process."""
LARGER_BYTES = 1_000_000
"""How much Python's objects must gain without getting more to be worth a word."""


def names_of(result: Diff) -> Mapping[str, str]:
    """Full type name → short name, for all types that may be named."""
    types = {row.type for row in result.types}
    for culprit in (*result.culprits, *result.sporadic, *result.warming):
        types |= {culprit.type, *(row.type for row in culprit.consequences)}
    for cycle in result.garbage:
        types |= {cycle.owner, *cycle.types}
    return short_names(types | {row.type for row in result.containers})


def title_of(culprit: Culprit, names: Mapping[str, str]) -> str:
    """What grew: ``Row``, ``Task of deliver()``."""
    return f"{names[culprit.type]} {culprit.called}".rstrip()


def told_consequences(culprit: Culprit, most: int) -> tuple[Consequence, ...]:
    """The first of what came along; more of it where the program itself declares the types."""
    own = sum(row.origin == PROGRAM for row in culprit.consequences)
    return culprit.consequences[: max(most, min(own, MOST_OWN))]


def bytes_in_all(culprit: Culprit) -> int:
    """What came along with a culprit, itself included; what it alone retains where that is more."""
    listed = culprit.bytes_growth + sum(row.bytes_growth for row in culprit.consequences)
    return max(listed, culprit.retained_bytes_growth)


def in_all_text(culprit: Culprit) -> str:
    """``190 KB in all``, and whether to free the culprit would leave most of that where it is."""
    size = bytes_in_all(culprit)
    is_shared = MOST_OF * culprit.retained_bytes_growth < size
    elsewhere = ", most of it held elsewhere too" if is_shared else ""
    return f"{bytes_text(size)} in all{elsewhere}"


def held_text(culprit: Culprit) -> str:
    """What keeps the objects, in words."""
    if culprit.verdict == "garbage":
        return f"garbage: kept only by their own cycle {culprit.holder}"
    if culprit.verdict == "frame":
        return f"held by a running function: {culprit.holder}"
    if culprit.verdict == "c-held":
        return f"held from C, no Python object explains it: {culprit.holder}"
    return f"held by {culprit.holder}"


def waiting_text(result: Diff, names: Mapping[str, str]) -> str:
    """The garbage that grew most, where the collector will free it.

    Empty if there is little, and where growth outside Python is what must be told first.
    """
    if is_outside_python(result.before, result.after):
        return ""
    for row in result.garbage:
        growth = row.count_after - row.count_before
        if growth >= WAITING_CYCLES:
            counts = f"({count_text(row.count_before)} -> {count_text(row.count_after)})"
            return f"{names[row.owner]} {growth_text(growth)} {counts}"
    return ""


def why_none(result: Diff) -> str:
    """Why no culprit is named: the end of the sentence that begins ``no leak found``."""
    if is_outside_python(result.before, result.after):
        growth = (result.after.rss_bytes or 0) - (result.before.rss_bytes or 0)
        own = result.after.python_bytes - result.before.python_bytes
        little = f"grew by {bytes_text(own)} only" if own >= LITTLE_BYTES else "did not grow"
        return (
            f"Python's objects {little}, RSS by {bytes_text(growth)}: "
            "if that goes on, the leak is outside Python's objects"
        )
    if result.sporadic:
        places = plural(len(result.sporadic), "place")
        return f"nothing grew in every step; {places} grew in some"
    if result.warming:
        places = plural(len(result.warming), "place")
        third = "" if len(result.snapshots) > PAIR else "; a third snapshot would tell for sure"
        return f"{places} grew, all as they do while a program warms up or has more to do{third}"
    if any(row.growth > 0 for row in result.types):
        return "some types have more objects, but no place gained enough of them to be a leak"
    growth = result.after.python_bytes - result.before.python_bytes
    if growth > LARGER_BYTES:
        return f"no type has more objects than before, but they are larger by {bytes_text(growth)}"
    return "no type has more objects than before"
