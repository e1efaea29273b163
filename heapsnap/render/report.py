"""The report: one page of HTML that answers, shows and can be sent, with nothing outside itself.

Owns what stands on the page and how each figure is got on the command line. Pictures are drawn
by whoever calls; the page says so where there are none.
"""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from heapsnap.analysis.pictures.chain_pictures import FRAME_ARROW
from heapsnap.render.curves import Curve, curves
from heapsnap.render.dot import caption_of
from heapsnap.render.heading import LONGEST_COMMAND
from heapsnap.render.memory import memory_texts
from heapsnap.render.page import fill, policy, script, style, trusted
from heapsnap.render.treemap import Area, treemap
from heapsnap.render.verdict import (
    bytes_in_all,
    held_text,
    in_all_text,
    names_of,
    title_of,
    told_consequences,
    waiting_text,
    why_none,
)
from heapsnap.render.why import collector_text
from heapsnap.render.words import bytes_growth_text, bytes_text, count_text, duration_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heapsnap.analysis.answers.report import Finding, Report
    from heapsnap.analysis.results import Chain, Culprit, Diff, SnapshotFacts

MOST_TYPES = 5_000
"""Rows of the table of types: on a busy machine Chromium laid out 5,000 in 2 s, 20,000 in 10."""
WIDE, NARROW = (960, 340), (340, 460)
"""Treemaps for a desk and for a phone, in pixels."""
LONGEST_TITLE = 80
MOST_PARTS = 12
MOST_TOLD = 6
MOST_PLOTS = 5


class Commands(NamedTuple):
    """How the figures of a report are got on the command line."""

    diff: str
    pair: str

    def why(self, name: str) -> str:
        """Who holds the objects of a type."""
        return f"heapsnap why {shlex.quote(name)} {self.pair}"

    def graph(self, name: str) -> str:
        """What is around the objects of a type."""
        return f"heapsnap graph {shlex.quote(name)} {self.pair}"


def render_report(report: Report, pictures: Sequence[str | None], *, version: str) -> str:
    """Put a report on a page.

    Args:
        report: What grew, and who holds it.
        pictures: For each finding its picture as SVG for the inside of a page, or None.
        version: Of heapsnap, for the foot of the page.
    """
    result = report.diff
    names = names_of(result)
    commands = _commands(result)
    values = {
        "policy": policy(),
        "style": style(),
        "script": script(),
        "version": version,
        "result": result,
        "names": names,
        "commands": commands,
        "title": _title(result, names),
        "span": _span(result),
        "waiting": waiting_text(result, names),
        "why_none": why_none(result),
        "memory": memory_texts(result.before, result.after),
        "process": _process(result.after),
        "findings": [
            _finding(finding, picture, result, commands.why(names[finding.culprit.type]))
            for finding, picture in zip(report.findings, pictures, strict=True)
        ],
        "others": result.culprits[len(report.findings) :],
        "held_text": held_text,
        "title_of": title_of,
        "plots": [
            *(_plot(culprit, result, names) for culprit in result.culprits[:MOST_PLOTS]),
            _memory_plot(result),
        ],
        "treemaps": _treemaps(result, names),
        "elsewhere": _elsewhere(result),
        "types": result.types[:MOST_TYPES],
        "types_left_out": max(0, len(result.types) - MOST_TYPES),
        "garbage": [row for row in result.garbage if row.count_after or row.count_before],
    }
    return fill("report.html.j2", values)


def _title(result: Diff, names: Mapping[str, str]) -> str:
    if not result.culprits:
        return "no leak found"
    first = result.culprits[0]
    growth = f"+{count_text(first.growth)}" if not first.is_larger else "larger"
    return f"{title_of(first, names)[:LONGEST_TITLE]} {growth}"


def _commands(result: Diff) -> Commands:
    files = [shlex.quote(facts.path.name) for facts in result.snapshots]
    return Commands(f"heapsnap diff {' '.join(files)}", f"-s {files[-1]} --since {files[0]}")


def _span(result: Diff) -> str:
    return duration_text(max(0.0, result.after.time - result.before.time))


def _process(facts: SnapshotFacts) -> Mapping[str, str]:
    command = shlex.join(facts.argv)
    short = shlex.join([PurePath(word).name for word in facts.argv[:1]])
    is_long = len(command) > 4 * LONGEST_COMMAND
    return {
        "pid": f"{facts.pid} on {facts.host}",
        "short": f"{short}, pid {facts.pid} on {facts.host}" if short else f"pid {facts.pid}",
        "command": f"{command[: 4 * LONGEST_COMMAND]}…" if is_long else command,
        "python": facts.python.partition(" ")[0],
        "collector": "on" if facts.header["gc"]["enabled"] else "off (gc.disable())",
    }


def _finding(
    finding: Finding, picture: str | None, result: Diff, command: str
) -> Mapping[str, Any]:
    group = finding.group
    return {
        "culprit": finding.culprit,
        "told": told_consequences(finding.culprit, MOST_TOLD),
        "in_all": in_all_text(finding.culprit),
        "group": group,
        "steps": chain_steps(group.cycle or group.chain),
        "is_cycle": group.cycle is not None,
        # Where it merely hangs on a cycle, the way from there.
        "from_cycle": chain_steps(group.chain)
        if group.cycle and len(group.chain.steps) > 1
        else (),
        "alternatives": [chain_steps(chain) for chain in group.alternatives],
        "collector": collector_text(result.after) if group.verdict == "garbage" else "",
        "picture": None if picture is None else trusted(picture),
        "caption": caption_of(finding.picture),
        "command": command,
    }


class ShownStep(NamedTuple):
    """A step of a chain on the page: what leads to an object, and the object."""

    reference: str
    text: str
    type: str
    grows: bool


def chain_steps(chain: Chain) -> list[ShownStep]:
    """The steps of a chain; a local variable is a step of its own, before what it holds."""
    steps = [
        ShownStep(step.reference, step.text, step.type, number == chain.grows_at)
        for number, step in enumerate(chain.steps)
    ]
    variable, arrow, text = steps[0].text.partition(FRAME_ARROW)
    if arrow:
        steps[:1] = [ShownStep("", variable, "", grows=False), steps[0]._replace(text=text)]
    return steps


def _plot(culprit: Culprit, result: Diff, names: Mapping[str, str]) -> Mapping[str, Any]:
    name = title_of(culprit, names)
    counts = ", ".join(count_text(count) for count in culprit.counts)
    return {
        "name": name,
        "held": held_text(culprit),
        "svg": trusted(
            curves(
                [Curve("", culprit.counts)],
                times=[facts.time for facts in result.snapshots],
                text_of=count_text,
                span=_span(result),
                title=f"{name} in each snapshot: {counts}",
            )
        ),
    }


def _memory_plot(result: Diff) -> Mapping[str, Any]:
    snapshots = result.snapshots
    svg = trusted(
        curves(
            [
                Curve("RSS", tuple(facts.rss_bytes for facts in snapshots), is_growth=False),
                Curve("Python", tuple(facts.python_bytes for facts in snapshots)),
            ],
            times=[facts.time for facts in snapshots],
            text_of=bytes_text,
            span=_span(result),
            title="RSS and the bytes of Python's objects in each snapshot",
        )
    )
    return {
        "name": "Memory",
        "held": "what the kernel counts (RSS), and Python's objects",
        "svg": svg,
    }


def _elsewhere(result: Diff) -> int:
    """Bytes by which Python's objects grew and for which no culprit is to blame."""
    found = sum(bytes_in_all(culprit) for culprit in result.culprits)
    return result.after.python_bytes - result.before.python_bytes - found


def _treemaps(result: Diff, names: Mapping[str, str]) -> list[Any]:
    """The same areas for a wide and for a narrow screen; none where nothing has grown."""
    areas = [_area(culprit, names) for culprit in result.culprits]
    if not any(area.size > 0 for area in areas):
        return []
    title = "growth with what came along: " + ", ".join(
        f"{area.name} {area.size_text}" for area in areas[:5]
    )
    return [
        trusted(treemap(areas, width=width, height=height, title=title))
        for width, height in (WIDE, NARROW)
    ]


def _area(culprit: Culprit, names: Mapping[str, str]) -> Area:
    own = Area(names[culprit.type], culprit.bytes_growth, bytes_text(culprit.bytes_growth), True)  # noqa: FBT003
    grown = [row for row in culprit.consequences if row.bytes_growth > 0]
    rows = sorted(grown, key=lambda row: (-row.bytes_growth, row.type))
    parts = [
        own,
        *(
            Area(names[row.type], row.bytes_growth, bytes_text(row.bytes_growth))
            for row in rows[:MOST_PARTS]
        ),
    ]
    if rest := sum(row.bytes_growth for row in rows[MOST_PARTS:]):
        parts.append(Area("other types", rest, bytes_text(rest)))
    size = bytes_in_all(culprit)
    return Area(
        names[culprit.type],
        size,
        bytes_growth_text(size),
        is_culprit=True,
        parts=tuple(parts),
    )
