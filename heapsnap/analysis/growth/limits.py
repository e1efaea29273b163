"""Limits that keep a container from growing on, as far as a snapshot shows them.

Owns which containers have one, and whether what grows in them still fills up to it. A deque, an
``lru_cache`` and a cache that keeps the number in an attribute are called by it, ``maxsize=100``.
Where nobody could read it, an ``lru_cache`` and a library's attribute show that there is one.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from heapsnap.agent.format import LIMIT_WORDS
from heapsnap.analysis.heap.labels import ATTRIBUTES
from heapsnap.analysis.heap.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heapsnap.analysis.growth.tree_growth import TreeGrowth
    from heapsnap.analysis.heap.places import Places
    from heapsnap.snapshot.model import NodeArray

LRU_WRAPPER, LRU_LINK = "functools._lru_cache_wrapper", "functools._lru_list_elem"
LRU_LIMIT = 128
"""Entries that ``functools.lru_cache`` keeps unless told otherwise, for one that does not tell."""
EXECUTOR_THREADS = ("concurrent.futures.thread.ThreadPoolExecutor", "._threads")
MOST_EXECUTOR_THREADS = 64
"""An executor starts threads up to its ``max_workers``: that is a pool which reaches its size."""
KNOWN_LIMITS = {("re", "._cache"): 512, ("re", "._cache2"): 512, ("fnmatch", "._cache"): 256}
"""Caches of Python's own, by module and attribute, and the entries after which they are cleared."""
NEARLY_FULL = 0.5
"""Of its limit, from which on a container fills up; a deque of a million is a leak before."""
LITTLE_BYTES = 2 << 20
"""What a container may keep when it is full, for its growth to be no leak however empty it is."""
LIMIT_ATTRIBUTE = re.compile(rf"(\.|\[\')\w*({'|'.join(LIMIT_WORDS)})(\'\])?$", re.IGNORECASE)
"""What the attribute is called in which a cache keeps how many entries it may have."""
LIBRARY_LIMIT = 512
"""Entries up to which a library's cache is taken to fill that shows a limit, but not which."""
STEPS_TO_OWNER = 2
"""From the entries of a cache by its dict to the cache."""


def is_limited(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether the entry stands in a container that has a limit, be it ever so high.

    What has more entries than that was meant for has none: a resource's capacity is not that of the
    queue before it.
    """
    if _limited_lru_above(tree_growth, entry) is not None:
        return True
    count = int(tree_growth.tree.counts[-1][entry])
    limit = _limit_above(tree_growth, entry)
    if limit is not None:
        return count <= limit
    return count <= LIBRARY_LIMIT and _is_in_cache_of_library(tree_growth, entry)


def fills_up_to_its_limit(tree_growth: TreeGrowth, entry: int, bytes_growth: int) -> bool:
    """Whether the entry stands in a container that fills up, or is little even when it is full.

    Args:
        tree_growth: What grew.
        entry: Where growth enters.
        bytes_growth: What came there, with all that hangs on it.
    """
    tree = tree_growth.tree
    count = int(tree.counts[-1][entry])
    if _is_in_table_of_python(tree_growth, entry) or _is_pool_of_threads(tree_growth, entry):
        return True
    wrapper = _limited_lru_above(tree_growth, entry)
    if wrapper is not None:
        unless_told = LRU_LIMIT * int(tree.counts[-1][wrapper])
        most = tree_growth.series.limit_by_place.get(wrapper, unless_told)
        return min(count, _lru_entries(tree_growth, wrapper)) <= most
    limit = _limit_above(tree_growth, entry)
    if limit is not None:
        bytes_of_full = bytes_growth // max(1, int(tree_growth.growth[entry])) * limit
        return count <= limit and (count >= NEARLY_FULL * limit or bytes_of_full <= LITTLE_BYTES)
    return count <= LIBRARY_LIMIT and _is_in_cache_of_library(tree_growth, entry)


def is_below_its_limit(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether the entry stands in a container that tells how many entries it may have at most."""
    wrapper = _limited_lru_above(tree_growth, entry)
    if wrapper is not None:
        most = tree_growth.series.limit_by_place.get(wrapper, 0)
        return _lru_entries(tree_growth, wrapper) <= most
    if _is_in_table_of_python(tree_growth, entry):
        return True
    limit = _limit_above(tree_growth, entry)
    return limit is not None and int(tree_growth.tree.counts[-1][entry]) <= limit


def is_within_its_limit(tree_growth: TreeGrowth, container: int) -> bool:
    """Whether containers that got larger have no more entries than they, or their owner, may."""
    series = tree_growth.series
    places = [container, *_owners(tree_growth, container)[: STEPS_TO_OWNER - 1]]
    limit = next((series.limit_by_place[p] for p in places if p in series.limit_by_place), None)
    return limit is not None and 0 < int(series.entries[-1][container]) <= limit


def _is_in_table_of_python(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether it is one of the caches whose limit is known, and holds no more than that."""
    tree = tree_growth.tree
    path = tree.path(entry)
    limits = (KNOWN_LIMITS.get((tree.reference[path[0]], tree.reference[p]), 0) for p in path[1:3])
    return int(tree.counts[-1][entry]) <= max(limits, default=0)


def _is_pool_of_threads(tree_growth: TreeGrowth, entry: int) -> bool:
    tree, above = tree_growth.tree, tree_growth.tree.parent[entry]
    is_set = (tree.type[above], tree.reference[above]) == ("set", EXECUTOR_THREADS[1])
    return (
        is_set
        and EXECUTOR_THREADS[0] in {tree.type[place] for place in tree.path(above)[-3:]}
        and tree.counts[-1][entry] <= MOST_EXECUTOR_THREADS
    )


def _limited_lru_above(tree_growth: TreeGrowth, entry: int) -> int | None:
    """The place of the wrapper of the cache of which the entry is, or is part of, an entry.

    Only a cache with a limit links its entries (Modules/_functoolsmodule.c). A collection that an
    argument or a result keeps, and that grows while the cache has no more of these, is its own.
    """
    tree = tree_growth.tree
    path = tree.path(entry)
    for number, (wrapper, below) in enumerate(pairwise(path)):
        if tree.type[wrapper] == LRU_WRAPPER and tree.reference[below] == "<cache>":
            inside = [place for place in path[number + 2 : -1] if tree.type[place] != LRU_LINK]
            if not _lru_entries(tree_growth, wrapper):
                return None
            return None if inside and tree_growth.growth[inside[-1]] <= 0 else wrapper
    return None


def _lru_entries(tree_growth: TreeGrowth, wrapper: int) -> int:
    """How many entries the caches have; for each there may be several objects at a place."""
    tree = tree_growth.tree
    links = (place for place, kind in enumerate(tree.type) if kind == LRU_LINK)
    return sum(int(tree.counts[-1][link]) for link in links if wrapper in tree.path(link))


def _limit_above(tree_growth: TreeGrowth, entry: int) -> int | None:
    """How many entries the containers together may have in which the entry stands.

    They may tell it themselves, as deques do, or the objects that own them.
    """
    limits = tree_growth.series.limit_by_place
    return next((limits[p] for p in _owners(tree_growth, entry) if p in limits), None)


def _is_in_cache_of_library(tree_growth: TreeGrowth, entry: int) -> bool:
    """Whether an object of a library holds the entries that has an attribute for their limit.

    Queues of Python's own have such an attribute too, and are without a limit where it is 0.
    """
    tree, series = tree_growth.tree, tree_growth.series
    for place in _owners(tree_growth, entry):
        if tree_growth.origins.of_type(tree.type[place]) != Origin.LIBRARY:
            continue
        owner = series.nodes_at(len(series.heaps) - 1, place)[:1]
        return any(
            kind == "int" and LIMIT_ATTRIBUTE.match(name)
            for name, kind in _attributes(series.after, owner)
        )
    return False


def _owners(tree_growth: TreeGrowth, entry: int) -> list[int]:
    """The places above the entry at which the cache may stand, the nearest first."""
    tree = tree_growth.tree
    above = [place for place in tree.path(entry)[:-1] if tree.reference[place] != ATTRIBUTES]
    return above[: -1 - STEPS_TO_OWNER : -1]


def _attributes(heap: Places, nodes: NodeArray) -> Iterator[tuple[str, str]]:
    """Name and type of what objects refer to, and of what is in their dicts of attributes."""
    snapshot = heap.snapshot
    edges, _ = heap.graph.edges_of(nodes)
    for edge in edges.tolist():
        name = snapshot.edge_names[snapshot.name_by_edge[edge]]
        referent = heap.graph.referent_by_edge[edge : edge + 1]
        yield name, snapshot.types[snapshot.type_by_node[referent[0]]].full_name
        if name == ATTRIBUTES:
            yield from _attributes(heap, referent)
