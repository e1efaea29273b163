"""Chains merged into pictures: equal beginnings are one, every way of holding ends in one node.

Owns what is drawn of a ``Why``, of one of its groups, of a ``Culprit`` and of a ``Refs``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heapsnap.analysis.pictures.picture import Canvas

if TYPE_CHECKING:
    from collections.abc import Hashable

    from heapsnap.analysis.pictures.picture import Picture, Role
    from heapsnap.analysis.results import Chain, Culprit, HoldingGroup, Refs, Why

_POSITION = re.compile(r"\[\d+\]")
FRAME_ARROW = " -> "
"""Between the local variable and the object, in the first step of a chain from a frame."""


def picture_why(result: Why) -> Picture:
    """The chains of all groups in one picture, the objects in question marked."""
    canvas = Canvas()
    # The longest first: where one group's objects stand on another's chain, they are one node.
    for group in sorted(result.groups, key=lambda group: -len(group.chain.steps)):
        _add_group(canvas, group)
    name = result.type
    return canvas.picture(f"who holds {name} in {result.snapshot.path.name}")


def picture_group(kind: str, group: HoldingGroup, file: str) -> Picture:
    """One way of holding: its chain and further ones, or its cycle.

    Args:
        kind: The full name of the type, for the title.
        group: Who holds the objects.
        file: The name of the snapshot, for the title.
    """
    canvas = Canvas()
    _add_group(canvas, group)
    return canvas.picture(f"who holds {kind} in {file}")


def picture_culprit(culprit: Culprit, file: str) -> Picture:
    """One culprit's chain, or the cycle where it is garbage.

    Args:
        culprit: What grew.
        file: The name of the snapshot, for the title.
    """
    canvas = Canvas()
    is_cycle = culprit.verdict == "garbage" and _is_cycle(culprit.chain)
    if is_cycle:
        last = _add_cycle(canvas, culprit.chain)
    else:
        last = _add_chain(canvas, culprit.chain, root_grows=culprit.chain.grows_at is None)
    _mark(canvas, last, culprit.count_after, culprit.growth, is_garbage=is_cycle)
    return canvas.picture(f"what holds {culprit.type} in {file}")


def picture_refs(result: Refs) -> Picture:
    """The objects of the type on top, what they refer to below, merged by name and type."""
    canvas = Canvas()
    top = canvas.node("top", result.type, result.type, role="asked")
    assert top is not None
    canvas.graph.nodes[top]["count"] = result.count
    for row in result.references:
        node = canvas.node((row.reference, row.type), row.type, row.type)
        if node is not None:
            canvas.graph.nodes[node]["count"] = row.count
            canvas.edge(top, node, row.reference, count=row.count)
    return canvas.picture(f"what {result.type} refers to in {result.snapshot.path.name}")


def _add_group(canvas: Canvas, group: HoldingGroup) -> None:
    is_garbage = group.verdict == "garbage"
    if group.cycle is None:
        is_held_by_root = len(group.chain.steps) == 1 and (group.growth or 0) > 0
        target = _add_chain(canvas, group.chain, root_grows=is_held_by_root)
        for chain in group.alternatives:
            _add_chain(canvas, chain, target=target, is_other_way=True)
    else:
        hub = _add_cycle(canvas, group.cycle)
        is_on_cycle = group.cycle.steps[0].text == group.chain.steps[-1].text
        target = hub if is_on_cycle else _add_chain(canvas, group.chain, start=hub)
    _mark(canvas, target, group.count, group.growth, is_garbage=is_garbage)


def _mark(
    canvas: Canvas, number: int | None, count: int, growth: int | None, *, is_garbage: bool
) -> None:
    """The objects that the picture is about."""
    if number is not None:
        marks = {"role": "asked", "count": count, "growth": growth, "is_garbage": is_garbage}
        canvas.graph.nodes[number].update(marks)


def _is_cycle(chain: Chain) -> bool:
    first, last = chain.steps[0], chain.steps[-1]
    return len(chain.steps) > 1 and (first.type, first.text) == (last.type, last.text)


def _add_cycle(canvas: Canvas, cycle: Chain) -> int | None:
    """Round the cycle once: the last step is the object that the first one is."""
    first = cycle.steps[0]
    key: Hashable = ("cycle", tuple((step.reference, step.text) for step in cycle.steps))
    hub = canvas.node(key, first.text, first.type)
    above = hub
    for step in cycle.steps[1:-1]:
        key = (key, step.reference, step.text)
        node = canvas.node(key, step.text, step.type)
        if node is not None:
            canvas.graph.nodes[node]["is_garbage"] = True
        _connect(canvas, above, node, step.reference)
        above = node
    _connect(canvas, above, hub, cycle.steps[-1].reference)
    return hub


def _add_chain(
    canvas: Canvas,
    chain: Chain,
    *,
    start: int | None = None,
    target: int | None = None,
    is_other_way: bool = False,
    root_grows: bool = False,
) -> int | None:
    """Add a chain and return its last node.

    Args:
        canvas: The picture in the making.
        chain: Root first.
        start: The node to take for its root.
        target: The node to take for its last object.
        is_other_way: It is not the chosen chain.
        root_grows: What the root itself holds becomes more.
    """
    first = chain.steps[0]
    key: Hashable = ("root", first.text)
    above = start
    if start is None:
        is_all = target if len(chain.steps) == 1 else None
        above, key = _add_root(
            canvas, chain, held=is_all, grows=root_grows, is_other_way=is_other_way
        )
    for number, step in enumerate(chain.steps[1:], 1):
        grows = number == chain.grows_at
        # The reference at which the growth enters stands for very many.
        reference = _POSITION.sub("[*]", step.reference) if grows else step.reference
        key = (key, reference, step.text)
        is_last = number == len(chain.steps) - 1
        node = target if is_last and target is not None else None
        if node is None:
            node = canvas.node(key, step.text, step.type)
        _connect(canvas, above, node, reference, grows=grows, is_other_way=is_other_way)
        above = node
    return above


def _add_root(
    canvas: Canvas, chain: Chain, *, held: int | None, grows: bool, is_other_way: bool
) -> tuple[int | None, Hashable]:
    """The first step: of a frame the local variable is the root, and what it holds comes below."""
    first = chain.steps[0]
    key: Hashable = ("root", first.text)
    variable, arrow, text = first.text.partition(FRAME_ARROW)
    if not arrow:
        role: Role = "object" if len(chain.steps) == 1 else "root"
        return canvas.node(key, first.text, first.type, role=role), key
    root = canvas.node(("variable", variable), variable, "", role="root")
    held = canvas.node(key, text, first.type) if held is None else held
    _connect(canvas, root, held, "", grows=grows, is_other_way=is_other_way)
    return held, key


def _connect(
    canvas: Canvas,
    above: int | None,
    below: int | None,
    reference: str,
    *,
    grows: bool = False,
    is_other_way: bool = False,
) -> None:
    if above is not None and below is not None:
        canvas.edge(above, below, reference, grows=grows, is_other_way=is_other_way)
