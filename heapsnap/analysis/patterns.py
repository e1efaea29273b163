"""Known ways to leak, as data: what each looks like, what it is, what to change.

Owns the table and the matching of one chain against it. A pattern looks at types and names
of references only, never at a particular program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.analysis.results import Pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.results import Step


@dataclass(frozen=True, slots=True)
class KnownPattern:
    """A pattern and what it looks like.

    ``looks`` is searched in the chain written as ``type .reference type .reference type``: full
    type names, references as they are, one blank between. ``in_cycle``: only in a cycle.
    """

    pattern: Pattern
    looks: re.Pattern[str]
    in_cycle: bool = False


def _known(
    name: str, looks: str, explanation: str, fix: str, *, in_cycle: bool = False
) -> KnownPattern:
    return KnownPattern(Pattern(name, explanation, fix), re.compile(looks), in_cycle)


KNOWN = (
    _known(
        "bound-method-on-instance",
        r"\.\w+ method \.__self__",
        "a bound method is stored on the very object that it is bound to, so the object holds "
        "itself; only the cycle collector can free it",
        "do not patch bound methods on to instances: define the method on the class or a subclass, "
        "or store the plain function",
        in_cycle=True,
    ),
    _known(
        "lru-cache-on-method",
        r"functools\._lru_cache_wrapper (\S+ )?(<cache>|\[\*\]|\?)",
        "functools.lru_cache keeps the arguments of every call, self among them",
        "give the cache a maxsize, or keep it on the instance (functools.cached_property)",
    ),
    _known(
        "stored-exception",
        r"\.__traceback__ traceback|\.tb_frame frame",
        "a stored exception keeps its traceback, and that the local variables of every frame that "
        "it passed",
        "store str(error), or drop the traceback with error.with_traceback(None)",
    ),
    _known(
        "closure-names-itself",
        r"function \.__closure__\S* tuple \S+ cell \.cell_contents",
        "an inner function refers to itself through its closure, which is a cycle",
        "define the function at module level or pass it to itself as an argument",
        in_cycle=True,
    ),
    _known(
        "registered-callback",
        r"(\[[^ ]*\]|\{\*\}) method \.__self__",
        "a registered bound method keeps the object that it belongs to",
        "take the callback out when the object is done, or register weakref.WeakMethod(method)",
    ),
)


def match_pattern(steps: Sequence[Step], *, is_cycle: bool) -> Pattern | None:
    """The first known pattern that the chain shows, or None.

    Args:
        steps: The chain, root first, or once round the cycle.
        is_cycle: Whether it is a cycle.
    """
    text = " ".join(f"{step.reference} {step.type}".strip() for step in steps)
    for known in KNOWN:
        if (is_cycle or not known.in_cycle) and known.looks.search(text):
            return known.pattern
    return None
