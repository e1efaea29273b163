"""Chains as text: on one line, or one reference a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from heapsnap.render.escape import escape_terminal
from heapsnap.render.lines import GROWTH, REFERENCE, TYPE, line

if TYPE_CHECKING:
    from rich.text import Text

    from heapsnap.analysis.results import Chain, Step
    from heapsnap.render.lines import Part

WIDEST_REFERENCE = 28
"""A longer one pushes its own arrow to the right, not those of the whole chain."""


def chain_line(chain: Chain) -> list[Part]:
    """A chain on one line: ``DictCursor .connection -> Connection``."""
    parts: list[Part] = [(chain.steps[0].text, TYPE)]
    for step in chain.steps[1:]:
        parts += [" ", (_reference_text(step), REFERENCE), " -> ", (step.text, TYPE)]
    return parts


def chain_lines(chain: Chain, *, indent: int) -> list[Text]:
    """A chain root first, one reference a line, with a mark where the growth enters."""
    width = max(
        (min(_width(_reference_text(step)), WIDEST_REFERENCE) for step in chain.steps[1:]),
        default=0,
    )
    lines = []
    for number, step in enumerate(chain.steps):
        is_last = number == len(chain.steps) - 1
        style = TYPE if is_last else ""
        mark: list[Part] = []
        if number == chain.grows_at:
            mark = ["   ", ("<== grows here", GROWTH)]
        if number == 0:
            lines.append(line((step.text, style), *mark, indent=indent))
            continue
        padding = " " * (width - _width(_reference_text(step)))
        parts = [(_reference_text(step), REFERENCE), f"{padding} -> ", (step.text, style), *mark]
        lines.append(line(*parts, indent=indent + 2))
    return lines


def _reference_text(step: Step) -> str:
    """The reference; where it has no name, that it is inside an object of C code."""
    return "(inside)" if step.reference == "?" else step.reference


def _width(text: str) -> int:
    return cell_len(escape_terminal(text))
