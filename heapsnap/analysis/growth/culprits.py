"""From an entry of growth to what a person is told: the type, its holder, a chain, what came along.

Owns the description of culprits; which entries there are and how they rank is ``entries``'.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import (
    chain_to,
    cycle_text,
    cycle_through,
    describe_chain,
    root_of,
)
from heapsnap.analysis.growth.called import what_is_called
from heapsnap.analysis.heap.origins import Origin
from heapsnap.analysis.results import Consequence, Culprit
from heapsnap.analysis.series.allocation import find_sites
from heapsnap.analysis.series.place_tree import NO_PLACE
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from heapsnap.analysis.growth.entry import Entry
    from heapsnap.analysis.series.series import Series

_PLACE_OF_CODE = re.compile(r" \([^()]*:\d+\)")
NEAREST_FIRST = (Origin.PROGRAM, Origin.LIBRARY, Origin.PYTHON)
"""What a person knows best says most of what came along; dicts and tuples are everybody's."""
LOOKED_AT = 1000
"""Objects among which new ones are looked for."""


def describe_culprit(
    series: Series, entry: Entry, *, others: AbstractSet[int], is_exact: bool
) -> Culprit:
    """Put an entry into words.

    Args:
        series: The heaps.
        entry: Where growth enters their tree.
        others: All places where growth enters: what is below them is not this entry's doing.
        is_exact: Whether the retained bytes are computed, which walks over two heaps, or only
            added up along the chosen paths.
    """
    tree, after = series.tree, series.after
    verdict = series.verdict_of_place(entry.place)
    holder = series.path_text(entry.place, verdict)
    examples = _examples(series, entry.blamed)
    node = examples[0]
    edges = chain_to(after, node)
    grows_at = growing_edge(series, edges, entry.place)
    chain = describe_chain(after, root_of(after, node), edges, grows_at_edge=grows_at)
    if verdict == "garbage":
        cycle = cycle_through(after, node, edges)
        if cycle is not None:
            chain, holder = cycle, cycle_text(cycle)
    kind = tree.type[entry.blamed]
    return Culprit(
        type=kind,
        called=what_is_called(series, examples),
        sizes=tuple(tree.sizes[:, entry.blamed].tolist()),
        is_larger=entry.growth <= 0,
        holder=holder,
        verdict=verdict,
        counts=tuple(tree.counts[:, entry.blamed].tolist()),
        bytes_growth=entry.bytes_growth,
        retained_bytes_growth=(
            _retained_growth(series, (entry.place, *entry.along))
            if is_exact
            else entry.tree_bytes_growth
        ),
        chain=chain,
        fingerprint=fingerprint(verdict, kind, holder),
        consequences=tuple(_consequences(series, entry, others)),
        allocated_at=find_sites(series, entry.blamed),
    )


def growing_edge(series: Series, edges: Sequence[int], place: int) -> int:
    """The edge of a chain at which growth enters a place, ``NO_EDGE`` where none leads there.

    A run of equal steps is one place, so that steps cannot be counted off against places.

    Args:
        series: The heaps; the chain is of the last one.
        edges: An object's chosen path, root first.
        place: Where growth enters, at or above the object's own place.
    """
    referents = series.after.graph.referent_by_edge[np.array(edges, dtype=np.int64)]
    inside = np.flatnonzero(series.places_of_nodes(len(series.heaps) - 1)[referents] == place)
    tree = series.tree
    has_entered = tree.entering[-1][place] > tree.entering[0][place]
    is_root = tree.parent[place] == NO_PLACE
    if not len(inside) or (is_root and has_entered):
        return NO_EDGE
    # With no more entrances than before it is the run that grows: a linked list at its far end.
    return int(edges[inside[0] if has_entered else inside[-1]])


def fingerprint(verdict: str, kind: str, holder: str) -> str:
    """Twelve hexadecimal digits that name a way of holding, the same on every machine.

    Where a frame's code lies, and at which line it stands, is left out.
    """
    identity = f"{verdict}|{kind}|{_PLACE_OF_CODE.sub('', holder)}"
    return hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _examples(series: Series, place: int) -> list[int]:
    """Objects that stand at the place, at least one: those that are new if any is."""
    last = len(series.heaps) - 1
    nodes = series.nodes_at(last, place)[:LOOKED_AT]
    known = series.nodes_at(0, place)
    known_addresses = set(series.before.snapshot.address_by_node[known].tolist())
    addresses = series.after.snapshot.address_by_node[nodes].tolist()
    pairs = zip(nodes.tolist(), addresses, strict=True)
    fresh = [node for node, address in pairs if address not in known_addresses]
    return fresh or nodes[:1].tolist()


def _retained_growth(series: Series, places: Sequence[int]) -> int:
    retained = []
    for number in (0, len(series.heaps) - 1):
        nodes = np.concatenate([series.nodes_at(number, place) for place in places])
        retained.append(series.heaps[number].retained_bytes(nodes))
    return retained[1] - retained[0]


def _consequences(series: Series, entry: Entry, others: AbstractSet[int]) -> list[Consequence]:
    """What grew at the entry, along with it and below both, but for the type that is blamed.

    The program's own types come first, then libraries', then Python's, each by bytes.
    """
    tree = series.tree
    growth = tree.counts[-1] - tree.counts[0]
    sizes = tree.sizes[-1] - tree.sizes[0]
    below = np.zeros(len(tree.parent), dtype=np.bool_)
    starts = {entry.place, *entry.along}
    for place in range(min(starts), len(tree.parent)):
        above = tree.parent[place]
        is_inside = above != NO_PLACE and below[above] and place not in others
        below[place] = place in starts or is_inside
    totals: dict[str, list[int]] = {}
    for place in np.flatnonzero(below & (growth > 0)).tolist():
        if place != entry.blamed:
            total = totals.setdefault(tree.type[place], [0, 0])
            total[0] += int(growth[place])
            total[1] += int(sizes[place])
    nearest = {origin.value: rank for rank, origin in enumerate(NEAREST_FIRST)}
    rows = [
        Consequence(kind, count, size, series.origins.of_type(kind).value)
        for kind, (count, size) in totals.items()
    ]
    return sorted(rows, key=lambda r: (nearest[r.origin], -r.bytes_growth, -r.growth, r.type))
