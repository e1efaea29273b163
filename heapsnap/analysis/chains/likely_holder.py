"""Which extension's object is likely to hold what is held from C, and on what grounds.

Owns the signs that there are. The strong one: the object's address stood in the memory of
another, of a class that does not tell the collector what it holds. The next: a list or dict is full
of objects of one extension, which keeps tables in variables of C. The weak one, told as such:
as many more objects of such a class as of what is held. Without any nobody can tell, and
it is said.
"""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.chains.describe import chain_to, describe_chain, root_of
from heapsnap.analysis.heap.origins import types_written_in_c
from heapsnap.analysis.heap.roots import is_standard_library

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.analysis.heap.places import Places
    from heapsnap.snapshot.model import ObjectType, Snapshot

LABEL = "likely holder: "
UNKNOWN = "cannot tell"
MOST_NAMED = 3
LEAST_GROWTH = 5
"""Of fewer, too many types grow by the same number."""
PLAIN = frozenset(
    {"int", "bool", "float", "complex", "str", "bytes", "bytearray", "range", "date",
     "datetime", "time", "timedelta", "Decimal", "code", "type", "ndarray"}
)  # fmt: skip
"""Layouts of values that are many anyhow."""
CONTAINERS = frozenset({"dict", "list", "set", "tuple"})
NEARLY_ALL = 0.9
KEEPS_ELSEWHERE = frozenset({"sqlite3.Connection"})
"""Types of Python's own that keep what they are given in the memory of a library in C."""


def likely_holder_lines(heap: Places, seed: int, before: Places | None = None) -> list[str]:
    """Say which type is likely to hold an object that is held from C, or that nobody can tell.

    Args:
        heap: The heap.
        seed: The node that C holds.
        before: An earlier heap of a process that runs the same code.
    """
    found = heap.snapshot.found_in_memory
    kind = int(heap.type_label_by_node[seed])
    seeds = np.flatnonzero(heap.verdicts.is_c_seed_by_node & (heap.type_label_by_node == kind))
    if found is not None and (holders := found[found[:, 1] == seed, 0]).size:
        return _lines_of_memory(heap, seeds, holders)
    if module := _module_of_entries(heap, seed):
        return [f"{LABEL}{module}, in a variable of C: nearly all that is in it is of its classes"]
    if found is None:
        reason = "nobody looked into the memory of extensions' objects when the snapshot was taken"
    else:
        reason = "its address stood in no object of a class that leaves unsaid what it holds"
    lines = [f"{LABEL}{UNKNOWN}: {reason}"]
    alike = [] if before is None else _grown_alike(before, heap, kind, len(seeds))
    if alike:
        lines.append(f"as many more of an extension's objects, which may be chance: {alike}")
    return lines


def _lines_of_memory(
    heap: Places, seeds: NDArray[np.int64], holders: NDArray[np.int32]
) -> list[str]:
    """The types in whose memory the addresses stood, and the way to one of the objects."""
    found = heap.snapshot.found_in_memory
    assert found is not None
    pairs = found[np.isin(found[:, 1], seeds)]
    held_by_type: dict[str, set[int]] = {}
    for holder, held in pairs.tolist():
        held_by_type.setdefault(_type_name(heap, holder), set()).add(held)
    here = Counter(_type_name(heap, holder) for holder in holders.tolist())
    # That in which most of the others stand as well; then that in which it stands most often.
    names = sorted(here, key=lambda name: (-len(held_by_type[name]), -here[name], name))
    best = names[0]
    example = next(node for node in holders.tolist() if _type_name(heap, node) == best)
    count = f"{len(held_by_type[best]):,} of {len(seeds):,} such objects"
    told = f"the address of {count} stood in the memory of one, which does not tell the collector"
    lines = [f"{LABEL}{best}: {told}"]
    others = [name for name in names[1:] if len(held_by_type[name]) == len(held_by_type[best])]
    if others:
        lines.append(f"or as likely: {', '.join(others[:MOST_NAMED])}")
    path = describe_chain(heap, root_of(heap, example), chain_to(heap, example))
    steps = [path.steps[0].text, *(f"{s.reference} -> {s.text}" for s in path.steps[1:])]
    return [*lines, f"held in its turn: {' '.join(steps)}"]


def _module_of_entries(heap: Places, seed: int) -> str:
    """The extension's module of whose classes nearly all entries of a container are; or empty."""
    snapshot = heap.snapshot
    if snapshot.types[snapshot.type_by_node[seed]].full_name not in CONTAINERS:
        return ""
    edges, _ = heap.graph.edges_of(np.array([seed], dtype=np.int32))
    entries = snapshot.type_by_node[heap.graph.referent_by_edge[edges]]
    modules: Counter[str] = Counter()
    in_c = types_written_in_c(snapshot)
    for number, count in zip(*np.unique(entries, return_counts=True), strict=True):
        kind = snapshot.types[number]
        if kind.layout not in PLAIN:
            is_extension = kind.full_name in in_c and not is_standard_library(kind.module)
            modules[kind.module if is_extension else ""] += int(count)
    module, count = max(modules.items(), key=itemgetter(1), default=("", 0))
    return module if count >= NEARLY_ALL * modules.total() else ""


def _type_name(heap: Places, node: int) -> str:
    return heap.type_texts[int(heap.type_label_by_node[node])]


def _grown_alike(before: Places, heap: Places, kind: int, seed_count: int) -> str:
    """Types of extensions of which there are as many more, told in a line; empty: none, or many."""
    name = heap.type_texts[kind]
    is_seed_before = before.verdicts.is_c_seed_by_node & _has_name(before.snapshot, name)
    growth = seed_count - int(is_seed_before.sum())
    if growth < LEAST_GROWTH:
        return ""
    counts = [_count_by_name(places.snapshot) for places in (before, heap)]
    candidates = sorted({t.full_name for t in heap.snapshot.types if _may_hold_untold(t)} - {name})
    alike = [name for name in candidates if counts[1][name] - counts[0][name] == growth]
    return ", ".join(alike) if len(alike) <= MOST_NAMED else ""


def _may_hold_untold(kind: ObjectType) -> bool:
    """Whether C code outside of Python declares it, or the collector does not see into it."""
    if kind.full_name in KEEPS_ELSEWHERE:
        return True
    return kind.layout not in PLAIN and ("." in kind.layout or not kind.takes_part_in_gc)


def _count_by_name(snapshot: Snapshot) -> Counter[str]:
    counts = np.bincount(snapshot.type_by_node, minlength=len(snapshot.types)).tolist()
    by_name: Counter[str] = Counter()
    for kind, count in zip(snapshot.types, counts, strict=True):
        by_name[kind.full_name] += count
    return by_name


def _has_name(snapshot: Snapshot, name: str) -> NDArray[np.bool_]:
    has_name = np.array([kind.full_name == name for kind in snapshot.types], dtype=np.bool_)
    return has_name[snapshot.type_by_node]
