"""Whether a chain shows one of the known ways to leak.

Owns the matching of one chain against ``known_patterns``: what the chain is written as, and that a
pattern must account for the place where growth enters.
"""

from __future__ import annotations

import builtins
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from heapsnap.analysis.patterns.known_patterns import KNOWN

if TYPE_CHECKING:
    from heapsnap.analysis.results import Chain, Pattern, Step

EXCEPTION_LAYOUTS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
)
DERIVED_LAYOUTS = frozenset(
    {"dict", "list", "set", "deque", "OrderedDict", "defaultdict", "Future", "Task"}
)
"""Built-in types that are known again in what derives from them, whatever that is called."""
WORD_LIMIT = 500
"""Characters of one name that are searched, which is what the agent keeps of any. A file that
nobody's agent wrote may have longer ones, and the search takes the square of a name's length."""

STEP_LIMIT = 64
"""Steps of a chain that are searched, up to where growth enters and a few beyond."""

SLACK = 1
"""Steps from the end of what a pattern looks for to the step that grows: from the list of
handlers to its item, from a cache's wrapper to its dict's entry."""


def match_pattern(
    chain: Chain,
    *,
    path: str,
    is_cycle: bool,
    is_part: bool = False,
    is_of_threads: bool = False,
    from_step: int = 0,
) -> Pattern | None:
    """The first known pattern that the chain shows, or None.

    Args:
        chain: Root first, or once round the cycle.
        path: The normalised path that it is an example of.
        is_cycle: Whether it is a cycle.
        is_part: Whether the last object refers to a parent that is not on the chain.
        is_of_threads: Whether many threads hold one such object each.
        from_step: The first step that may show one.
    """
    text, starts = _written(chain, path=path, is_cycle=is_cycle)
    for known in KNOWN:
        asked = (
            (known.in_cycle, is_cycle),
            (known.of_part, is_part),
            (known.of_threads, is_of_threads),
        )
        if any(must and not does for must, does in asked):
            continue
        for match in known.looks.finditer(text):
            first_step = bisect_right(starts, match.start()) - 1
            last_step = bisect_left(starts, match.end()) - 1
            if chain.grows_at is None:
                is_there = not known.at_growth
            else:
                is_there = last_step >= chain.grows_at - SLACK and (
                    not known.at_growth or first_step < chain.grows_at
                )
            if is_there and first_step >= from_step:
                return known.pattern
    return None


def _written(chain: Chain, *, path: str, is_cycle: bool) -> tuple[str, list[int]]:
    """The chain as ``KnownPattern`` describes it, and where in it each step begins.

    Of a very long chain the first step and those around the place that grows are written; the
    others begin, and end, where the first of these begins.
    """
    first = chain.steps[0]
    text = _type_mark(first) if is_cycle else _cut(first.text)
    starts = [0]
    grows_at = len(chain.steps) if chain.grows_at is None else chain.grows_at
    last = min(len(chain.steps), grows_at + STEP_LIMIT // 4)
    for number, step in enumerate(chain.steps[1:last], 1):
        starts.append(len(text) + 1)
        if number > last - STEP_LIMIT:
            text += f" {_cut(step.reference)} {_type_mark(step)}"
    return f"{text} | {_cut(path)}", starts


def _cut(text: str) -> str:
    if len(text) <= WORD_LIMIT:
        return text
    words = text.split(" ", 4 * STEP_LIMIT)[: 4 * STEP_LIMIT]
    return " ".join(word[:WORD_LIMIT] for word in words)


def _type_mark(step: Step) -> str:
    mark = _cut(step.type)
    if step.layout in EXCEPTION_LAYOUTS:
        mark += "!"
    elif step.layout == "type" and step.type != "type":
        mark += "@"
    elif step.layout in DERIVED_LAYOUTS and mark.rpartition(".")[2] != step.layout:
        mark += f":{step.layout}"
    if step.layout == "deque" and " maxlen=" in step.text:
        # The patterns want the bracket right behind what has no limit.
        mark += " maxlen"
    return f"{mark} repeated" if step.text.endswith(" times)") else mark
