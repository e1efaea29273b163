"""The places where growth enters the heap, worst first.

Owns which places those are and their order; whom to blame and whether it is a leak is asked of
``blame`` and ``warming``. No words, no chains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.growth.blame import blame
from heapsnap.analysis.growth.entry import Entry
from heapsnap.analysis.growth.limits import is_limited, is_within_its_limit
from heapsnap.analysis.growth.tree_growth import TreeGrowth
from heapsnap.analysis.growth.turnover import gathers
from heapsnap.analysis.growth.warming import (
    FEW_BYTES,
    LEAK,
    MADE_ONCE,
    MANY,
    WARMING,
    is_pythons_own,
    tier_of,
)
from heapsnap.analysis.heap.labels import KEY
from heapsnap.analysis.heap.origins import Origin
from heapsnap.analysis.heap.places import C_ROOT
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.series.place_tree import PlaceTree
    from heapsnap.analysis.series.series import Series

AGENT = "heapsnap.agent."
"""Numbers that many refer to may stand under a constant of the agent's own, by chance."""
VESSELS = 9
"""Growth of a place that may be a mere vessel: a registry made on first use, then filled, or the
blocks of a queue that C keeps. Fewer than ten objects are no leak by themselves."""
FILLED = 8
"""How many times more the contents grew than the vessel, for the contents to be the leak."""
UNEXPLAINED = 3
"""How many times more something grew than its holders' growth explains, to be a leak of its own:
twelve tenants more explain 240 events where each had twenty, not five thousand."""
NO_VESSELS = frozenset({"function", "code", "type", "tuple", "frame"})
MOVED = 0.1
"""What grew here as it fell elsewhere, give or take a tenth, has moved."""
LEFT_BEHIND = 50
"""Growth of a place, while its type has no more objects in all, that is told all the same."""
COMPANIONS = 3
"""Plain values for each of the objects in the same container that they came along with."""
STANDING, MARGINAL = 1000, 0.05
"""A population of so many objects that grew by less than a twentieth stands after what did more."""
MORE_OF_THEM = 0.5
"""Growth, as a part of what there was, up to which objects that got larger are told as such."""
ALIKE = 0.2
"""Two places that grew by equal numbers, give or take a fifth, tell of one event."""


def find_entries(series: Series) -> list[Entry]:
    """Find where growth enters, the worst first: by tier, then by the bytes that came with it."""
    return entries_of(TreeGrowth(series, series.tree))


def entries_of(tree_growth: TreeGrowth) -> list[Entry]:
    """As ``find_entries``, for growth that is known already."""
    swollen = _swollen(tree_growth)
    places = _where_growth_enters(tree_growth) - {entry.place for entry in swollen}
    bytes_below = tree_growth.bytes_below(places | {entry.place for entry in swollen})
    entries = []
    for place in sorted(places):
        blamed = blame(tree_growth, place, places)
        growth = _growth_to_tell(tree_growth, blamed)
        if growth > 0:
            size = int(bytes_below[place])
            entries.append(
                Entry(
                    place=place,
                    blamed=blamed,
                    growth=growth,
                    bytes_growth=int(tree_growth.bytes_growth[blamed]),
                    tree_bytes_growth=size,
                    tier=tier_of(tree_growth, place, blamed, size) if growth > 1 else MADE_ONCE,
                )
            )
    entries += swollen
    entries.sort(
        key=lambda e: (
            e.tier,
            _is_marginal(tree_growth, e),
            is_limited(tree_growth, e.place),
            -e.tree_bytes_growth,
            -e.growth,
            e.place,
        )
    )
    return _programs_first(tree_growth, _without_companions(tree_growth, entries))


def _where_growth_enters(tree_growth: TreeGrowth) -> set[int]:
    tree, growth = tree_growth.tree, tree_growth.growth
    root = tree_growth.root_by_place
    return {
        place
        for place in np.flatnonzero(growth > 0).tolist()
        if not tree.reference[root[place]].startswith(AGENT)
        and (
            (above := tree.parent[place]) == NO_PLACE
            or growth[above] <= 0
            or not _is_explained(tree_growth, above, place)
        )
    }


def _is_explained(tree_growth: TreeGrowth, holder: int, place: int) -> bool:
    """Whether there are more objects at a place because there are more of their holders."""
    tree = tree_growth.tree
    if tree.type[holder] in NO_VESSELS:
        return True
    holders, objects = int(tree_growth.growth[holder]), int(tree_growth.growth[place])
    known_holders, known_objects = int(tree.counts[0][holder]), int(tree.counts[0][place])
    each = known_objects / known_holders if known_holders else 0.0
    if holders <= VESSELS:
        # Blocks in a chain are one queue's: how many each held says nothing of the queue.
        is_chained = tree_growth.entered(holder) <= 0
        return objects < holders * (FILLED if is_chained else max(FILLED, UNEXPLAINED * each))
    return not known_holders or objects < MANY or objects <= UNEXPLAINED * holders * max(1.0, each)


def _growth_to_tell(tree_growth: TreeGrowth, place: int) -> int:
    """By how much a place grew, less what came from other places of the same type."""
    kind, growth = tree_growth.tree.type[place], int(tree_growth.growth[place])
    net = max(0, tree_growth.net_by_type[kind])
    if net >= growth:
        return growth
    if any(abs(fall - growth) <= MOVED * growth for fall in tree_growth.falls_by_type[kind]):
        return net
    is_much = growth >= max(LEFT_BEHIND, int(tree_growth.tree.counts[0][place]) // 2)
    is_telling = tree_growth.rank_of(place) == 0 and not net
    return growth if is_much and (is_telling or gathers(tree_growth.series, place)) else net


def _is_marginal(tree_growth: TreeGrowth, entry: Entry) -> bool:
    """Whether a large population grew by a little: data, rather than a leak."""
    before = int(tree_growth.tree.counts[0][entry.blamed])
    return before >= STANDING and 0 < entry.growth < MARGINAL * before


def _swollen(tree_growth: TreeGrowth) -> list[Entry]:
    """Places whose objects are hardly more than before but much larger: buffers that are never cut.

    So is a list of small numbers or of None, to which no new object belongs.
    """
    tree, series = tree_growth.tree, tree_growth.series
    large = np.flatnonzero((larger_by(tree) >= FEW_BYTES) & (tree.counts[-1] > 0))
    return [
        Entry(
            place=place,
            blamed=place,
            growth=min(0, int(tree_growth.growth[place])),
            bytes_growth=int(tree_growth.bytes_growth[place]),
            tree_bytes_growth=int(tree_growth.bytes_growth[place]),
            tier=WARMING
            if is_pythons_own(tree_growth, place) or is_within_its_limit(tree_growth, place)
            else LEAK,
        )
        for place in large.tolist()
        # What a container weighs is told by its entries; and what merely moved has not grown.
        if (
            tree.type[place] in tree_growth.leaf_types
            or (
                tree_growth.growth[place] <= 0
                and _has_no_new_entries(tree_growth, place)
                and _is_fuller(series, place)
            )
        )
        and tree_growth.net_bytes_by_type[tree.type[place]] >= FEW_BYTES
    ]


def larger_by(tree: PlaceTree) -> NDArray[np.int64]:
    """``(p,) int64``: bytes that the objects at each place weigh more than as many did before.

    0 where there are more than half as many again: what is new may be of another size.
    """
    counts, sizes = tree.counts, tree.sizes
    as_before = np.ceil(counts[-1] * (sizes[0] / np.maximum(1, counts[0]))).astype(np.int64)
    is_about_as_many = counts[-1] - counts[0] <= MORE_OF_THEM * counts[0]
    return np.where(is_about_as_many, sizes[-1] - as_before, 0)


def _is_fuller(series: Series, place: int) -> bool:
    """Whether containers have more entries; a dict may get larger as it is laid out anew."""
    entries = series.entries[:, place]
    return bool(entries[-1] > entries[0] or not entries[-1])


def _has_no_new_entries(tree_growth: TreeGrowth, place: int) -> bool:
    return all(tree_growth.growth[child] <= 0 for child in tree_growth.children.get(place, ()))


def _without_companions(tree_growth: TreeGrowth, entries: list[Entry]) -> list[Entry]:
    """Leave out what came along into the same container: the keys beside the values, say."""
    tree = tree_growth.tree
    kept: list[Entry] = []
    taken: set[int] = set()
    largest: dict[int, int] = {}
    for entry in entries:
        above = tree.parent[entry.place]
        is_value = tree.reference[entry.place] != KEY
        if is_value or not tree_growth.rank_of(entry.blamed):
            largest[above] = max(largest.get(above, 0), entry.growth)
    for entry in entries:
        above = tree.parent[entry.place]
        is_told = above in taken or tree.reference[entry.place] == KEY
        # A companion is no larger than what it accompanies.
        is_companion = is_told and entry.growth <= COMPANIONS * largest.get(above, 0)
        if above != NO_PLACE and tree_growth.rank_of(entry.blamed) > 0 and is_companion:
            continue
        taken.add(above)
        kept.append(entry)
    return kept


def _programs_first(tree_growth: TreeGrowth, entries: list[Entry]) -> list[Entry]:
    """Of places that tell of one event, put first the one whose type is the program's own.

    Where a client is registered with a library, the library's own wrapper may weigh more.
    """
    ordered: list[Entry] = []
    taken: set[int] = set()
    for number, entry in enumerate(entries):
        if number in taken:
            continue
        if not _is_programs(tree_growth, entry) or _is_c_held(tree_growth, entry):
            for other in range(number + 1, len(entries)):
                later = entries[other]
                is_like = abs(later.growth - entry.growth) <= ALIKE * entry.growth
                if (
                    other not in taken
                    and later.tier == entry.tier
                    and is_like
                    and _is_programs(tree_growth, later)
                    and not _is_c_held(tree_growth, later)
                ):
                    ordered.append(later)
                    taken.add(other)
        ordered.append(entry)
    return ordered


def _is_c_held(tree_growth: TreeGrowth, entry: Entry) -> bool:
    root = tree_growth.root_by_place[entry.place]
    return tree_growth.tree.reference[root] == C_ROOT


def _is_programs(tree_growth: TreeGrowth, entry: Entry) -> bool:
    kind = tree_growth.tree.type[entry.blamed]
    return tree_growth.origins.of_type(kind) == Origin.PROGRAM
