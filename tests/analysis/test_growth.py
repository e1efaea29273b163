"""Growth by place, against brute force on random heaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from heapsnap.analysis.growth.entries import find_entries
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.series.place_tree import NO_PLACE
from heapsnap.analysis.series.series import Series
from heapsnap.graph.references import NO_EDGE
from tests.columns import built_in, of_program, snapshot_of
from tests.graph.random_graphs import each_seed, random_graph

NAMES = tuple(f".{letter}" for letter in "abcdefg")
TYPES = (built_in("module"), *(of_program(name) for name in ("User", "Page", "Row", "Job")))


def random_heap(rng):
    """A random graph below a module, of a process of its own: addresses mean nothing."""
    graph = random_graph(rng, most_nodes=40, leaf_share=0.0)
    types = rng.integers(1, len(TYPES), graph.node_count)
    types[0] = 0
    snapshot = snapshot_of(
        graph.first_edge_by_node,
        graph.referent_by_edge,
        types=TYPES,
        type_by_node=types,
        edge_names=NAMES,
        name_by_edge=rng.integers(0, len(NAMES), graph.edge_count),
        modules={"app": 0},
    )
    return replace(snapshot, header={**snapshot.header, "pid": int(rng.integers(1 << 62))})


def written(heap, node):
    """The chosen path of a node, step by step, runs as they are."""
    steps = []
    while (edge := int(heap.paths.parent_edge_by_node[node])) != NO_EDGE:
        steps.append((heap.snapshot.edge_names[heap.snapshot.name_by_edge[edge]], kind(heap, node)))
        node = int(heap.graph.referrer_by_edge[edge])
    return ((heap.root_sets[0].label_by_node.get(node, "?"), kind(heap, node)), *reversed(steps))


def kind(heap, node):
    return heap.snapshot.types[heap.snapshot.type_by_node[node]].full_name


def collapsed(path):
    """The path without repetitions: the last one to three steps, where they are those before."""
    root, *steps = path
    kept = []
    for step in steps:
        kept.append(step)
        for period in (1, 2, 3):
            if len(kept) >= 2 * period and kept[-period:] == kept[-2 * period : -period]:
                del kept[-period:]
                break
    return (root, *kept)


def counted(heap):
    """Path → objects there, for objects that the module reaches."""
    reached = np.flatnonzero(heap.levels.level_by_node >= 0).tolist()
    paths = [collapsed(written(heap, node)) for node in reached]
    return Counter(path for path in paths if path[0][0] == "app")


@each_seed
def test_places_count_what_brute_force_counts(seed):
    rng = np.random.default_rng(seed)
    series = Series((Places(random_heap(rng)), Places(random_heap(rng))))
    tree = series.tree
    place_by_path = {
        tuple((tree.reference[p], tree.type[p]) for p in tree.path(place)): place
        for place in range(len(tree.parent))
    }
    for number, heap in enumerate(series.heaps):
        for path, count in counted(heap).items():
            assert tree.counts[number][place_by_path[path]] == count, (seed, path)


@each_seed
def test_growth_enters_where_what_is_above_stands_still(seed):
    rng = np.random.default_rng(seed)
    series = Series((Places(random_heap(rng)), Places(random_heap(rng))))
    tree = series.tree
    growth = (tree.counts[1] - tree.counts[0]).tolist()
    expected = {
        place
        for place, above in enumerate(tree.parent)
        if growth[place] > 0 and (above == NO_PLACE or growth[above] <= 0)
    }
    found = {entry.place for entry in find_entries(series) if entry.growth > 0}
    assert found <= expected, seed
    hidden = {
        place
        for place in expected - found
        if sum(g for g, t in zip(growth, tree.type, strict=True) if t == tree.type[place]) > 0
    }
    # Left out is only what has no more objects of its type in all, or a companion in its holder.
    assert all(tree.parent[place] in {tree.parent[p] for p in found} for place in hidden), seed
