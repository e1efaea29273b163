"""Who holds the objects of a type, as text: the verdict in words, then group by group.

Owns the order and the words of ``heapsnap why``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.heap.collector import frozen_by_program
from heapsnap.render.chain import chain_line, chain_lines
from heapsnap.render.heading import snapshot_line, warning_lines
from heapsnap.render.lines import GROWTH, QUIET, REFERENCE, TITLE, TYPE, WARNING, line, prose
from heapsnap.render.sites import sites_text
from heapsnap.render.words import bytes_text, count_text, growth_text, plural, short_names

if TYPE_CHECKING:
    from rich.text import Text

    from heapsnap.analysis.results import HoldingGroup, SnapshotFacts, Why
    from heapsnap.render.lines import Part

INDENT = 2


def render_why(result: Why, *, width: int, in_full: bool = False) -> list[Text]:
    """Put the answer into lines.

    Args:
        result: Who holds them.
        width: Columns of the screen; only prose is folded to it.
        in_full: Explain each group. Else, where some grew, the others are one line each.
    """
    explained, named = (result.groups, ()) if in_full else _grown_apart(result.groups)
    lines = [
        _verdict_line(result),
        *_snapshot_lines(result),
        *warning_lines(result.snapshot, result.since, width=width),
    ]
    for group in explained:
        lines += [line(), *_group_lines(group, result, width)]
    if named:
        lines += [line(), line("did not grow (--all explains them)")]
        lines += [_group_title(group, result, indent=INDENT) for group in named]
    if result.left_out:
        lines += [line(), line(_left_out_text(result))]
    shown = sum(group.count for group in result.groups)
    if rest := result.count - result.left_out - shown:
        text = f"{count_text(rest)} of {count_text(result.count)} in other ways (--all shows them)"
        lines += [line(), line((text, QUIET))]
    return lines


def _grown_apart(
    groups: tuple[HoldingGroup, ...],
) -> tuple[tuple[HoldingGroup, ...], tuple[HoldingGroup, ...]]:
    """The groups that grew and those that did not; all are the first where none grew."""
    grown = tuple(group for group in groups if (group.growth or 0) > 0)
    others = tuple(group for group in groups if (group.growth or 0) <= 0)
    return (grown, others) if grown else (groups, ())


def _left_out_text(result: Why) -> str:
    """What the filter leaves without a chain, and what that says."""
    part = f"{count_text(result.left_out)} of {count_text(result.count)}"
    if result.through:
        return f"{part}: no such chain leads to them"
    names = " and ".join(result.not_through)
    return f"{part} are held only through {names}: without that nothing holds them"


def _verdict_line(result: Why) -> Text:
    """The verdict on the first group, which is the one that matters most."""
    if not result.groups and result.left_out:
        return line(("no other holder", WARNING), ": ", _left_out_text(result))
    if not result.groups:
        return line("nothing in the snapshot says what holds ", (_type_text(result), TYPE))
    group = result.groups[0]
    these = "these" if group.count == result.count else f"{count_text(group.count)} of"
    whom: list[Part] = [
        f"{these} {count_text(result.count)} ",
        (_type_text(result), TYPE),
        " objects" if result.count != 1 else " object",
        *_growth_parts(result),
    ]
    if group.verdict == "garbage":
        by = "other garbage"
        if group.cycle is not None:
            by = "a garbage cycle that leads to them" if _hangs_on(group) else "their own cycle"
        return line(("garbage", WARNING), f": nothing but {by} holds ", *whom)
    if group.verdict == "frame":
        return line(
            ("held by a running function", WARNING),
            ": ",
            (group.path, REFERENCE),
            " leads to ",
            *whom,
        )
    if group.verdict == "c-held":
        return line(("held from C", WARNING), ": no Python object explains what keeps ", *whom)
    return line(("rooted", WARNING), ": ", (group.path, REFERENCE), " leads to ", *whom)


def _type_text(result: Why) -> str:
    """The short names of the type, or of the types that the name stood for."""
    return ", ".join(short_names(result.type.split(", ")).values())


def _growth_parts(result: Why) -> list[Part]:
    if result.count_before is None:
        return []
    return [" (", (growth_text(result.count - result.count_before), GROWTH), " since the baseline)"]


def _snapshot_lines(result: Why) -> list[Text]:
    lines = [snapshot_line(result.snapshot)]
    if result.since is not None:
        lines.append(line((f"baseline: {result.since.path.name}", QUIET)))
    return lines


def _group_lines(group: HoldingGroup, result: Why, width: int) -> list[Text]:
    lines = [_group_title(group, result)]
    if group.cycle is not None:
        lines.append(line(("the cycle: ", QUIET), *chain_line(group.cycle), indent=INDENT))
    if group.cycle is None or _hangs_on(group):
        start = "the garbage" if group.verdict == "garbage" else "its root"
        lines.append(line((f"one of them, from {start}:", QUIET), indent=INDENT))
        lines += chain_lines(group.chain, indent=INDENT + 2)
    lines += [line(text, indent=INDENT) for text in group.detail]
    if group.allocated_at:
        lines.append(line(f"allocated at {sites_text(group.allocated_at)}", indent=INDENT))
    if group.verdict == "garbage":
        lines += prose("collector: ", collector_text(result.snapshot), width=width, indent=INDENT)
    if group.pattern is not None:
        lines += prose("what it is: ", group.pattern.explanation, width=width, indent=INDENT)
        lines += prose("what to do: ", group.pattern.fix, width=width, indent=INDENT)
    for number, chain in enumerate(group.alternatives):
        label = "also held:  " if number == 0 else " " * len("also held:  ")
        lines.append(line((label, QUIET), *chain_line(chain), indent=INDENT))
    return lines


def _group_title(group: HoldingGroup, result: Why, *, indent: int = 0) -> Text:
    """``9,998 of 10,000 through app.cache.rows[*]  (+9,000 since the baseline, 1.9 MB)``."""
    facts: list[Part] = []
    if group.growth is not None:
        facts += [(growth_text(group.growth), GROWTH), " since the baseline, "]
    facts.append(bytes_text(group.bytes))
    if group.retained_bytes > group.bytes:
        facts.append(f", {bytes_text(group.retained_bytes)} with all that hangs on them")
    parts: list[Part] = [(f"{count_text(group.count)} of {count_text(result.count)} ", TITLE)]
    if group.verdict == "garbage":
        parts.append(("are garbage", TITLE))
    if group.cycle is None:
        parts.append((" through " if group.verdict == "garbage" else "through ", TITLE))
        parts.append((group.path, REFERENCE))
    return line(*parts, "  (", *facts, ")", indent=indent)


def _hangs_on(group: HoldingGroup) -> bool:
    """Whether the object merely hangs on the cycle, so that its chain says more."""
    assert group.cycle is not None
    first, example = group.cycle.steps[0], group.chain.steps[-1]
    return len(group.chain.steps) > 1 and (first.type, first.text) != (example.type, example.text)


def collector_text(facts: SnapshotFacts) -> str:
    """What the cycle collector of that process will do about the garbage."""
    state = facts.header["gc"]
    if not state["enabled"]:
        return "switched off in this process (gc.disable()), so nothing ever frees them"
    if frozen := frozen_by_program(state):
        return (
            f"gc.freeze() has hidden {plural(frozen, 'object')} from it; "
            "garbage among them is never freed"
        )
    if state["threshold"] and state["threshold"][0] == 0:
        return "its threshold is 0, so it never runs by itself and nothing frees them"
    return "switched on: it frees them when it comes to their generation, until then they pile up"
