"""Pictures as DOT: the source text that graphviz draws.

Owns how merged objects and references look. Which of them there are is in the ``Picture``;
who draws the source and into which file is for the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.render.colours import LIGHT
from heapsnap.render.escape import escape_dot, escape_html
from heapsnap.render.words import count_text, growth_text, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heapsnap.analysis.pictures.picture import Picture
    from heapsnap.render.colours import Palette

LONGEST_LABEL = 48
NAMELESS = "(no name)"
"""For what is called by an empty string: graphviz takes no empty label."""
MOST_NAMES = 3
"""Names on one arrow; the rest is counted."""
SANS = "Helvetica,Arial,Liberation Sans,sans-serif"
MONO = "Menlo,Consolas,DejaVu Sans Mono,monospace"
"""Families with the same widths everywhere: graphviz measures on one machine, a browser shows
the picture on another."""


def draw(picture: Picture, palette: Palette = LIGHT, *, is_titled: bool = True) -> str:
    """The DOT source of a picture.

    Args:
        picture: What to draw.
        palette: For light or for dark paper.
        is_titled: Whether its title and what must be said of it stand below.
    """
    graph = picture.graph
    lines = [_opening(palette)]
    for number, node in graph.nodes.items():
        lines.append(f"  n{number} [{_node_attributes(node, palette)}];")
    for referrer, referent, edge in graph.edges(data=True):
        lines.append(f"  n{referrer} -> n{referent} [{_edge_attributes(edge, palette)}];")
    roots = [f"n{number}" for number, node in graph.nodes.items() if node["role"] == "root"]
    if len(roots) > 1:
        lines.append(f"  {{rank=min; {'; '.join(roots)}}}")
    if is_titled:
        # Blank above, so that the text does not touch the lowest object.
        texts = ["", picture.title, *caption_of(picture)]
        label = "".join(f"{escape_html(text)}<br align='left'/>" for text in texts)
        lines.append(f"  label=<{label}>;")
    return "\n".join([*lines, "}"]) + "\n"


def left_out_text(picture: Picture) -> str:
    """One sentence on what the picture does not show; empty where it shows all."""
    nodes = picture.graph.nodes.values()
    parts = []
    if above := sum(node["more_above"] for node in nodes):
        parts.append(f"{plural(above, 'kind')} of holders")
    if below := sum(node["more_below"] for node in nodes):
        parts.append(f"{plural(below, 'kind')} of held objects")
    if picture.left_out:
        parts.append(plural(picture.left_out, "more object"))
    return f"left out to keep it readable: {', '.join(parts)}" if parts else ""


def caption_of(picture: Picture) -> list[str]:
    """What must be said of a picture: what dashes mean in it, and what it does not show."""
    lines = []
    if any(node["is_garbage"] for node in picture.graph.nodes.values()):
        lines.append("dashed outline: garbage, held by nothing but its own cycle")
    if any(edge["is_other_way"] for *_, edge in picture.graph.edges(data=True)):
        lines.append("dashed arrow: a further way in which one of them is held")
    if picture.set_aside:
        what = "garbage" if picture.is_garbage_aside else "held, not garbage"
        lines.append(f"not drawn: {picture.set_aside:,} more of them, {what}")
    if text := left_out_text(picture):
        lines.append(text)
    return lines


def _opening(palette: Palette) -> str:
    return f"""\
digraph heapsnap {{
  graph [rankdir=TB, bgcolor="{palette.paper}", pad=0.25, nodesep=0.35, ranksep=0.45];
  graph [fontname="{SANS}", fontsize=10, fontcolor="{palette.quiet}", labelloc=b, labeljust=l];
  node [shape=box, style="rounded,filled", margin="0.14,0.07", height=0.35];
  node [fillcolor="{palette.object_fill}", color="{palette.line}", penwidth=1];
  node [fontname="{SANS}", fontsize=12, fontcolor="{palette.text}"];
  edge [color="{palette.line}", arrowsize=0.7, penwidth=1];
  edge [fontname="{MONO}", fontsize=10, fontcolor="{palette.quiet}"];"""


def _node_attributes(node: Mapping[str, Any], palette: Palette) -> str:
    attributes = [f"label=<{_node_label(node, palette)}>"]
    if node["type"]:
        attributes.append(f'tooltip="{escape_dot(node["type"])}"')
    style = ["rounded", "filled"]
    if node["role"] == "root":
        attributes.append(f'shape=box, fillcolor="{palette.root_fill}", color="{palette.root}"')
        style.remove("rounded")
    elif node["role"] == "asked":
        attributes.append(f'fillcolor="{palette.growth_fill}", color="{palette.growth}"')
        attributes.append("penwidth=2.2")
    elif node["role"] == "leaf":
        attributes.append(f'fillcolor="{palette.paper}"')
    elif (node["growth"] or 0) > 0:
        attributes.append(f'color="{palette.growth}"')
    if node["is_garbage"]:
        style.append("dashed")
    attributes.append(f'style="{",".join(style)}"')
    return ", ".join(attributes)


def _node_label(node: Mapping[str, Any], palette: Palette) -> str:
    name = escape_html(_short(node["text"]) or NAMELESS)
    rows = [f"<b>{name}</b>" if node["role"] in {"root", "asked"} else name]
    facts = []
    is_asked = node["role"] == "asked"
    if node["count"] is not None and (node["count"] > 1 or node["growth"] or is_asked):
        facts.append(plural(node["count"], "object"))
    if node["growth"]:
        growth = growth_text(node["growth"])
        is_more = node["growth"] > 0
        facts.append(
            f'<font color="{palette.growth}"><b>{growth}</b></font>' if is_more else growth
        )
    if facts:
        rows.append(_small(" · ".join(facts), palette))
    hidden = []
    if node["more_above"]:
        hidden.append(f"↑ {count_text(node['more_above'])} more")
    if node["more_below"]:
        hidden.append(f"↓ {count_text(node['more_below'])} more")
    if hidden:
        rows.append(_small("  ".join(hidden), palette))
    if len(rows) == 1:
        return rows[0]
    # Lines of one label touch each other; rows of a table keep their distance.
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{cells}</table>'


def _small(text: str, palette: Palette) -> str:
    return f'<font point-size="10" color="{palette.quiet}">{text}</font>'


def _edge_attributes(edge: Mapping[str, Any], palette: Palette) -> str:
    references: Mapping[str, int] = edge["references"]
    names = [_short(name) for name in references if name]
    shown = names[:MOST_NAMES]
    if rest := len(names) - len(shown):
        shown.append(f"and {plural(rest, 'more name')}")
    # Blanks that are not folded keep the text off the line.
    label = "<br/>".join(f"&#160;{escape_html(name)}&#160;" for name in shown)
    attributes = [f"label=<{label}>"] if label else []
    if edge["grows"]:
        attributes.append(f'color="{palette.growth}", fontcolor="{palette.growth}", penwidth=2.2')
    if edge["is_other_way"]:
        attributes.append("style=dashed")
    return ", ".join(attributes)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL]}…"
