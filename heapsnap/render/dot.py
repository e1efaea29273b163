"""Answers as pictures: the source text that graphviz draws.

Owns what a picture shows. Who draws it and into which file is for the command line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heapsnap.render.escape import escape_dot
from heapsnap.render.words import count_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from heapsnap.analysis.results import Chain, Refs, Why

MOST_NODES = 40
"""More than that nobody reads; the picture says how much it leaves out."""
LONGEST_LABEL = 60

OPENING = """\
digraph heapsnap {
  graph [rankdir=TB, bgcolor="white", fontname="Helvetica", fontsize=12, labelloc=b, labeljust=l];
  node [shape=box, style="rounded,filled", fillcolor="#f4f6f8", color="#8a97a5"];
  node [fontname="Helvetica", fontsize=11];
  edge [color="#8a97a5", arrowsize=0.7];
  edge [fontname="Helvetica", fontsize=10, fontcolor="#44505c"];
"""
ROOT = 'fillcolor="#e3ecf7", color="#4a7ab5"'
CULPRIT = 'fillcolor="#fbe3e1", color="#c0392b", penwidth=2'
GROWING = 'color="#c0392b", fontcolor="#c0392b", penwidth=2'


@dataclass(slots=True)
class Drawing:
    """Nodes and edges as they are added; equal ones are one."""

    attributes_by_node: dict[str, str] = field(default_factory=dict)
    labels_by_edge: dict[tuple[str, str], dict[str, bool]] = field(default_factory=dict)
    number_by_key: dict[object, str] = field(default_factory=dict)
    left_out: set[object] = field(default_factory=set)

    def node(self, key: object, lines: Sequence[str], attributes: str = "") -> str | None:
        """The node of this key, made where it is new; None where the picture is full."""
        name = self.number_by_key.get(key)
        if name is None:
            if len(self.number_by_key) == MOST_NODES:
                self.left_out.add(key)
                return None
            name = self.number_by_key[key] = f"n{len(self.number_by_key)}"
            label = f'label="{_label(lines)}"'
            self.attributes_by_node[name] = f"{label}, {attributes}" if attributes else label
        return name

    def edge(self, referrer: str, referent: str, label: str, *, grows: bool = False) -> None:
        """A reference; several between the same two nodes share one arrow."""
        labels = self.labels_by_edge.setdefault((referrer, referent), {})
        labels[label] = labels.get(label, False) or grows

    def source(self, caption: str) -> str:
        """The whole text."""
        lines = [
            OPENING.rstrip(),
            *(f"  {name} [{attributes}];" for name, attributes in self.attributes_by_node.items()),
        ]
        for (referrer, referent), labels in self.labels_by_edge.items():
            text = _label(labels)
            style = f", {GROWING}" if any(labels.values()) else ""
            lines.append(f'  {referrer} -> {referent} [label=" {text} "{style}];')
        if self.left_out:
            caption += f"; {plural(len(self.left_out), 'object')} left out to keep it readable"
        lines.append(f'  label="{escape_dot(caption)}";')
        return "\n".join([*lines, "}"]) + "\n"


def draw_why(result: Why) -> str:
    """The chains of all groups in one picture, roots on top, the objects in question marked."""
    drawing = Drawing()
    for number, group in enumerate(result.groups):
        target = ("object", number)
        text = [group.chain.steps[-1].text, f"{count_text(group.count)} of them"]
        if group.cycle is not None:
            # Round the cycle once: the last step is the object that the first one is.
            hub = ("cycle", number)
            is_object = group.cycle.steps[0].text == group.chain.steps[-1].text
            key = target if is_object else hub
            _add_chain(drawing, group.cycle, key, key, text if is_object else None)
            if not is_object:
                _add_chain(drawing, group.chain, hub, target, text)
            continue
        for chain in (group.chain, *group.alternatives):
            _add_chain(drawing, chain, None, target, text)
    caption = f"{result.type}: {plural(result.count, 'object')} in {result.snapshot.path.name}"
    return drawing.source(caption)


def draw_refs(result: Refs) -> str:
    """The objects of the type on top, what they refer to below, merged by name and type."""
    drawing = Drawing()
    top = drawing.node("top", [result.type, f"{count_text(result.count)} of them"], CULPRIT)
    for row in result.references:
        lines = [row.type, plural(row.count, "reference")]
        node = drawing.node((row.reference, row.type), lines)
        if node is not None and top is not None:
            drawing.edge(top, node, row.reference)
    return drawing.source(f"what {result.type} refers to in {result.snapshot.path.name}")


def _add_chain(
    drawing: Drawing, chain: Chain, first: object | None, last: object, last_text: list[str] | None
) -> None:
    """Add a chain: equal beginnings are merged, ``first`` and ``last`` are given nodes."""
    key: object = first if first is not None else ("root", chain.steps[0].text)
    is_short = len(chain.steps) == 1
    attributes = CULPRIT if is_short or first == last else ROOT
    text = last_text if last_text and (is_short or first == last) else [chain.steps[0].text]
    above = drawing.node(last if is_short else key, text, attributes)
    for number, step in enumerate(chain.steps[1:], 1):
        is_last = number == len(chain.steps) - 1
        key = last if is_last else (key, step.reference, step.text)
        text = last_text if is_last and last_text else [step.text]
        node = drawing.node(key, text, CULPRIT if is_last else "")
        if above is not None and node is not None:
            drawing.edge(above, node, step.reference, grows=number == chain.grows_at)
        above = node


def _label(lines: Iterable[str]) -> str:
    """Lines of a label: cut where they are too long, escaped, with DOT's own line breaks."""
    short = (text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL]}..." for text in lines)
    return "\\n".join(escape_dot(text) for text in short)
