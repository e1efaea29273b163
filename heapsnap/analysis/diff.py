"""What grew between two snapshots: culprits, containers, garbage, types."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains import (
    chain_to,
    cycle_text,
    cycle_through,
    describe_chain,
    describe_path,
    root_of,
)
from heapsnap.analysis.entries import Entry, find_entries
from heapsnap.analysis.facts import describe_snapshot
from heapsnap.analysis.garbage import plumbing
from heapsnap.analysis.growth import NO_PLACE, PlaceTree, lay_over
from heapsnap.analysis.places import C_ROOT, GARBAGE_ROOT, Places
from heapsnap.analysis.results import (
    Consequence,
    ContainerGrowth,
    Culprit,
    Diff,
    GarbageGrowth,
    TypeGrowth,
)
from heapsnap.graph.references import NO_EDGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import Snapshot

EXACT_RETAINED = 5
"""Culprits whose retained bytes are computed exactly; each costs a walk over both heaps."""
MOST_CULPRITS = 50
MOST_WARMING = 10
LOOKED_AT = 1000
"""Objects among which a new one is looked for as the worked example."""
BUFFER_LAYOUTS = frozenset({"ndarray", "BytesIO", "StringIO", "array", "memoryview"})
"""Kinds that take part in the collection and are large by what they hold as bytes."""
CONTAINER_LAYOUTS = frozenset({"dict", "list", "set", "frozenset", "deque", "tuple"})


def diff(
    *, before: Snapshot, after: Snapshot, progress: Callable[[str], None] | None = None
) -> Diff:
    """Compare two heaps by place, never by address.

    Args:
        before: The baseline.
        after: The heap that may have grown; of the same process or of another one.
        progress: Called with the name of each step before it is done.
    """
    tell = progress or (lambda step: None)
    pair = Pair(Places(before), Places(after))
    tell("verdicts and paths")
    # numpy lets go of the interpreter for most of this: two heaps of two million objects took
    # 1.9 s side by side, 3.2 s one after the other.
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda heap: heap.paths, (pair.before, pair.after)))
    tell("growth")
    return Diff(
        before=describe_snapshot(before, pair.before.verdicts),
        after=describe_snapshot(after, pair.after.verdicts),
        same_process=is_same_process(before, after),
        culprits=tuple(pair.culprits()),
        warming=tuple(pair.warming()),
        types=tuple(pair.types()),
        containers=tuple(pair.containers()),
        garbage=tuple(pair.garbage()),
    )


def is_same_process(before: Snapshot, after: Snapshot) -> bool:
    """Whether both were taken of one process: same host and pid, and the pid was not reused."""
    keys = ("host", "pid", "argv", "executable")
    same = all(before.header.get(key) == after.header.get(key) for key in keys)
    order = (before.header.get("sequence", 0), after.header.get("sequence", 0))
    return same and order[0] != order[1]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two heaps and the tree of their places."""

    before: Places
    after: Places

    @cached_property
    def tree(self) -> PlaceTree:
        """Both heaps, laid over each other."""
        return lay_over([self.before, self.after])

    @cached_property
    def plumbing_by_type(self) -> dict[str, int]:
        """Full type name → how little the type says."""
        ranks: dict[str, int] = {}
        for heap in (self.before, self.after):
            for kind in heap.snapshot.types:
                ranks[kind.full_name] = plumbing(kind)
        return ranks

    @cached_property
    def leaf_types(self) -> frozenset[str]:
        """Full names of types whose objects refer to nothing, or only to what they view."""
        return frozenset(
            kind.full_name
            for kind in self.after.snapshot.types
            if not kind.takes_part_in_gc or kind.layout in BUFFER_LAYOUTS
        )

    @cached_property
    def place_by_node(self) -> NDArray[np.int32]:
        """``(n,) int32`` of the later heap, ``NO_PLACE`` where unreached."""
        return places_of_nodes(self.tree, 1, self.after)

    @cached_property
    def entries(self) -> list[Entry]:
        """Where growth enters, the worst first, without garbage that waits for its collection."""
        entries = find_entries(
            self.tree, plumbing_by_type=self.plumbing_by_type, leaf_types=self.leaf_types
        )
        if collects(self.after.snapshot):
            entries = [e for e in entries if self.verdict_of_place(e.place) != "garbage"]
        return entries

    def culprits(self) -> list[Culprit]:
        """Places whose growth repeats itself, the worst first."""
        leaks = [entry for entry in self.entries if entry.tier == 0][:MOST_CULPRITS]
        return [
            self._culprit(entry, is_exact=number < EXACT_RETAINED)
            for number, entry in enumerate(leaks)
        ]

    def warming(self) -> list[Culprit]:
        """Places that grew as those of a program that warms up do."""
        others = [entry for entry in self.entries if entry.tier > 0][:MOST_WARMING]
        return [self._culprit(entry, is_exact=False) for entry in others]

    def verdict_of_place(self, place: int) -> str:
        """The verdict on the objects that stand there, from the kind of their root."""
        root = self.tree.path(place)[0]
        label = self.tree.reference[root]
        if label in (C_ROOT, GARBAGE_ROOT):
            return "c-held" if label == C_ROOT else "garbage"
        for heap in (self.after, self.before):
            if label in heap.roots.frames.label_by_node.values():
                return "frame"
        return "rooted"

    def path_text(self, place: int, verdict: str) -> str:
        """The place in one line."""
        path = self.tree.path(place)
        references = [self.tree.reference[step] for step in path]
        return describe_path(references, [self.tree.type[step] for step in path], verdict)

    def _culprit(self, entry: Entry, *, is_exact: bool) -> Culprit:
        tree = self.tree
        verdict = self.verdict_of_place(entry.place)
        holder = self.path_text(entry.place, verdict)
        node = self._example(entry.blamed)
        chain_start, edges = root_of(self.after, node), chain_to(self.after, node)
        depth_of_entry = len(tree.path(entry.blamed)) - len(tree.path(entry.place))
        grows_at = (
            edges[len(edges) - 1 - depth_of_entry] if len(edges) > depth_of_entry else NO_EDGE
        )
        kind = tree.type[entry.blamed]
        chain = describe_chain(self.after, chain_start, edges, grows_at_edge=grows_at)
        if verdict == "garbage":
            holders = [int(self.after.graph.referrer_by_edge[edge]) for edge in reversed(edges)]
            cycle = cycle_through(self.after, [node, *holders])
            if cycle is not None:
                chain, holder = cycle, cycle_text(cycle)
        identity = f"{verdict}|{kind}|{holder}"
        return Culprit(
            type=kind,
            holder=holder,
            verdict=verdict,
            count_before=int(tree.counts[0][entry.blamed]),
            count_after=int(tree.counts[1][entry.blamed]),
            bytes_growth=entry.bytes_growth,
            retained_bytes_growth=(
                self._retained_growth(entry.place) if is_exact else entry.tree_bytes_growth
            ),
            chain=chain,
            fingerprint=hashlib.sha256(identity.encode()).hexdigest()[:12],
            consequences=tuple(self._consequences(entry)),
        )

    def _example(self, place: int) -> int:
        """One object that stands at the place, preferably one that is new."""
        nodes = np.flatnonzero(self.place_by_node == place)[:LOOKED_AT]
        known = np.flatnonzero(places_of_nodes(self.tree, 0, self.before) == place)
        known_addresses = set(self.before.snapshot.address_by_node[known].tolist())
        addresses = self.after.snapshot.address_by_node[nodes].tolist()
        fresh = [
            node
            for node, a in zip(nodes.tolist(), addresses, strict=True)
            if a not in known_addresses
        ]
        return fresh[0] if fresh else int(nodes[0])

    def _retained_growth(self, place: int) -> int:
        retained = []
        for number, heap in enumerate((self.before, self.after)):
            nodes = np.flatnonzero(places_of_nodes(self.tree, number, heap) == place)
            retained.append(heap.retained_bytes(nodes.astype(np.int32)))
        return retained[1] - retained[0]

    def _consequences(self, entry: Entry) -> list[Consequence]:
        """What grew at the entry and below it, but for the type that is blamed."""
        tree = self.tree
        growth = tree.counts[1] - tree.counts[0]
        sizes = tree.sizes[1] - tree.sizes[0]
        below = np.zeros(len(tree.parent), dtype=np.bool_)
        below[entry.place] = True
        for place in range(entry.place + 1, len(tree.parent)):
            above = tree.parent[place]
            below[place] = above != NO_PLACE and below[above]
        totals: dict[str, list[int]] = {}
        for place in np.flatnonzero(below & (growth > 0)).tolist():
            if place != entry.blamed:
                total = totals.setdefault(tree.type[place], [0, 0])
                total[0] += int(growth[place])
                total[1] += int(sizes[place])
        rows = [Consequence(kind, count, size) for kind, (count, size) in totals.items()]
        return sorted(rows, key=lambda row: (-row.bytes_growth, -row.growth, row.type))

    def types(self) -> list[TypeGrowth]:
        """The plain table: every type of either heap, the most grown first."""
        columns: dict[str, list[int]] = {}
        for number, heap in enumerate((self.before, self.after)):
            width = len(heap.type_texts)
            labels = heap.type_label_by_node
            counts = np.bincount(labels, minlength=width).tolist()
            weights = heap.snapshot.shallow_bytes_by_node
            sizes = np.bincount(labels, weights=weights, minlength=width).astype(np.int64).tolist()
            for kind, count, size in zip(heap.type_texts, counts, sizes, strict=True):
                row = columns.setdefault(kind, [0, 0, 0, 0])
                row[number], row[2 + number] = count, size
        rows = [TypeGrowth(kind, *row) for kind, row in columns.items() if any(row)]
        return sorted(rows, key=lambda r: (-r.growth, -(r.bytes_after - r.bytes_before), r.type))

    def containers(self) -> list[ContainerGrowth]:
        """Containers that stand alone at their place in both heaps and have more entries now."""
        tree = self.tree
        alone = (tree.counts[0] == 1) & (tree.counts[1] == 1)
        entries = []
        for number, heap in enumerate((self.before, self.after)):
            counts = np.zeros(len(tree.parent), dtype=np.int64)
            nodes, amounts = entry_counts(heap)
            places = places_of_nodes(tree, number, heap)[nodes]
            reached = places != NO_PLACE
            counts[places[reached]] = amounts[reached]
            entries.append(counts)
        grown = np.flatnonzero(alone & (entries[1] > entries[0]))
        rows = [
            ContainerGrowth(
                self.path_text(place, self.verdict_of_place(place)),
                tree.type[place],
                int(entries[0][place]),
                int(entries[1][place]),
            )
            for place in grown.tolist()
        ]
        return sorted(rows, key=lambda r: (r.entries_before - r.entries_after, r.path, r.type))

    def garbage(self) -> list[GarbageGrowth]:
        """Knots of garbage by the type of their owner, the most grown first."""
        tree = self.tree
        sizes = [tree.subtree_sums(tree.sizes[number]) for number in (0, 1)]
        rows = []
        for place, label in enumerate(tree.reference):
            if label == GARBAGE_ROOT and tree.parent[place] == NO_PLACE:
                types = {tree.type[place]} | {
                    tree.type[child] for child, above in enumerate(tree.parent) if above == place
                }
                rows.append(
                    GarbageGrowth(
                        tree.type[place],
                        tuple(sorted(types)),
                        int(tree.counts[0][place]),
                        int(tree.counts[1][place]),
                        int(sizes[0][place]),
                        int(sizes[1][place]),
                    )
                )
        return sorted(rows, key=lambda r: (r.count_before - r.count_after, r.owner))


def places_of_nodes(tree: PlaceTree, number: int, heap: Places) -> NDArray[np.int32]:
    """``(n,) int32``: the place of every object of one heap, ``NO_PLACE`` where unreached."""
    signature = heap.paths.signature_by_node
    # An unreached node has signature -1 and reads the last cell.
    return np.append(tree.place_by_signature[number], np.int32(NO_PLACE))[signature]


def collects(snapshot: Snapshot) -> bool:
    """Whether the collector of that process would free its garbage by itself sooner or later."""
    state = snapshot.header["gc"]
    return bool(state["enabled"] and state["threshold"][0] > 0 and not state["freeze_count"])


def entry_counts(heap: Places) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Containers of the heap, and how many entries each has: references that are no keys."""
    snapshot = heap.snapshot
    is_container = np.array([kind.layout in CONTAINER_LAYOUTS for kind in snapshot.types])
    nodes = np.flatnonzero(is_container[snapshot.type_by_node[: snapshot.container_count]])
    names = snapshot.edge_names
    is_entry_name = np.array([name != "<key>" and not name.startswith(".") for name in names])
    is_entry = is_entry_name[snapshot.name_by_edge]
    before = np.concatenate([[0], np.cumsum(is_entry)])
    first, end = snapshot.first_edge_by_node[nodes], snapshot.first_edge_by_node[nodes + 1]
    return nodes, before[end] - before[first]
