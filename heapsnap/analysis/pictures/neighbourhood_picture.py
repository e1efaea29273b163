"""The neighbourhood of objects as a picture: groups, references between them, roots above.

Owns how roots are drawn: a module is one itself; local variables, the interpreter and C code
are put above what they hold.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.find import find_nodes
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.pictures.ends import End, Ends
from heapsnap.analysis.pictures.links import DOWN, UP, short_name
from heapsnap.analysis.pictures.neighbourhood import NO_GROUP, Neighbourhood
from heapsnap.analysis.pictures.picture import MOST_NODES, Canvas
from heapsnap.graph.counting import group_by
from heapsnap.graph.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from heapsnap.analysis.pictures.links import Direction
    from heapsnap.analysis.pictures.neighbourhood import Leaves
    from heapsnap.analysis.pictures.picture import Picture
    from heapsnap.snapshot.model import Snapshot

DEPTH: Mapping[Direction, int] = {UP: 4, DOWN: 2}
"""References far; who holds is asked more often than what is held."""
ROOM_FOR_ROOTS = 6
MOST_ROOTS = 3
"""Local variables above one group that are written out."""
MOST_LEAF_TYPES = 3
"""Types that the node of a group's leaves names."""
FROM_C = "C code"


def picture_neighbourhood(
    snapshot: Snapshot,
    name: str,
    *,
    since: Snapshot | None = None,
    directions: Sequence[Direction] = (UP, DOWN),
    depth: int | None = None,
    most: int = MOST_NODES,
    progress: Callable[[str], None] | None = None,
) -> Picture:
    """Merge what is around objects into a picture.

    Args:
        snapshot: The heap.
        name: A type, an address or the name of a module, function or class: see ``find_nodes``.
        since: A baseline: what grew since then is marked.
        directions: ``UP`` for who holds them, ``DOWN`` for what they hold.
        depth: How many references far; None for ``DEPTH``.
        most: Merged objects that the picture may have.
        progress: Called with the name of each step before it is done.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
    """
    tell = progress or (lambda step: None)
    nodes = find_nodes(snapshot, name)
    tell("neighbours")
    around = Neighbourhood.of(
        Places(snapshot),
        nodes,
        since=None if since is None else Places(since),
        most=most - ROOM_FOR_ROOTS,
    )
    for direction in directions:
        around.grow(direction, DEPTH[direction] if depth is None else depth)
    relation = "around"
    if len(directions) == 1:
        relation = "who holds" if directions[0] == UP else "what is held by"
    title = f"{relation} {around.asked_name} in {snapshot.path.name}"
    return _draw(around, Canvas(most)).picture(
        title, set_aside=around.set_aside, is_garbage_aside=around.is_garbage_aside
    )


def _draw(around: Neighbourhood, canvas: Canvas) -> Canvas:
    heap = around.links[-1].heap
    is_garbage = heap.verdicts.verdict_by_node == Verdict.GARBAGE
    for number, group in enumerate(around.groups):
        is_asked = number < around.asked_count
        node = canvas.node(number, group.text, group.kind, role="asked" if is_asked else "object")
        canvas.graph.nodes[node].update(
            count=len(group.nodes[-1]),
            growth=group.growth,
            is_garbage=bool(is_garbage[group.nodes[-1]].mean() > 1 / 2),
            more_above=group.left_out[UP],
            more_below=group.left_out[DOWN],
        )
    references_by_heap = [_references(around, heap) for heap in range(len(around.links))]
    for (holder, held), references in sorted(references_by_heap[-1].items()):
        # Growth enters where what holds stands still and refers to more than before.
        before = sum(references_by_heap[0].get((holder, held), {}).values())
        stands_still = (around.groups[holder].growth or 0) <= 0
        grows = stands_still and sum(references.values()) > before and len(around.links) > 1
        for reference, count in references.items():
            canvas.edge(holder, held, reference, count=count, grows=grows)
    for number, group in enumerate(around.groups):
        if group.leaves is not None:
            _draw_leaves(canvas, number, group.leaves)
        _draw_roots(canvas, number, around)
    return canvas


def _references(around: Neighbourhood, heap: int) -> dict[tuple[int, int], dict[str, int]]:
    """Holder and held group → name of the reference → how many, the most first."""
    link, groups = around.links[heap], around.group_by_node[heap]
    edges, holders, held = link.of(np.flatnonzero(groups != NO_GROUP), DOWN)
    kept = groups[held] != NO_GROUP
    labels, label_by_edge = link.labels_of(edges[kept])
    size = len(around.groups)
    pair_by_edge = groups[holders[kept]].astype(np.int64) * size + groups[held[kept]]
    found: dict[tuple[int, int], Ends] = {}
    for pair, members in group_by(pair_by_edge, size * size):
        ends = found.setdefault(divmod(pair, size), Ends())
        counts = np.bincount(label_by_edge[members], minlength=len(labels)).tolist()
        for label, count in zip(labels, counts, strict=True):
            if count:
                ends.counts[End(label, "", "")] = count
    return {pair: ends.folded(ends.crowded()).references() for pair, ends in found.items()}


def _draw_leaves(canvas: Canvas, owner: int, leaves: Leaves) -> None:
    text = ", ".join(short_name(kind) for kind in leaves.types[:MOST_LEAF_TYPES])
    if (rest := len(leaves.types) - MOST_LEAF_TYPES) > 0:
        text += f" and {rest} more"
    node = canvas.node(("leaves", owner), text, ", ".join(leaves.types), role="leaf")
    if node is None:
        return
    growth = leaves.counts[-1] - leaves.counts[0] if len(leaves.counts) > 1 else None
    canvas.graph.nodes[node].update(count=leaves.counts[-1], growth=growth)
    for reference, count in leaves.references.items():
        canvas.edge(owner, node, reference, count=count)


def _draw_roots(canvas: Canvas, number: int, around: Neighbourhood) -> None:
    """Put what holds a group from outside the heap above it."""
    attributes = canvas.graph.nodes[number]
    parts = [set(nodes.tolist()) for nodes in around.groups[number].nodes]
    if parts[-1] & around.links[-1].heap.roots.modules.label_by_node.keys():
        if attributes["role"] == "object":
            attributes["role"] = "root"
        return
    held_by_heap = [
        _count_roots(link.heap, members) for link, members in zip(around.links, parts, strict=True)
    ]
    before, held = held_by_heap[0], held_by_heap[-1]
    shown = sorted(held, key=lambda label: (-held[label], label))[:MOST_ROOTS]
    for label in shown:
        root = canvas.node(("root", label), label, "", role="root")
        if root is not None:
            grows = len(parts) > 1 and held[label] > before[label]
            canvas.edge(root, number, "", count=held[label], grows=grows)
    attributes["more_above"] += len(held) - len(shown)


def _count_roots(heap: Places, members: AbstractSet[int]) -> Counter[str]:
    """What holds some objects from outside, but for modules, and how many of them."""
    _, frames, interpreter, from_c, _ = heap.root_sets
    held = Counter(
        roots.label_by_node[node]
        for roots in (frames, interpreter)
        for node in members & roots.label_by_node.keys()
    )
    if count := len(members & from_c.label_by_node.keys()):
        held[FROM_C] = count
    return held
