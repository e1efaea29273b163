"""From the name that a person gives to types, and to single objects, of a snapshot.

Owns what a name means (`DictCursor`, `cursors.DictCursor`, `*Cursor`, `0x7f3a10`) and what to
suggest instead of one that means nothing.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from fnmatch import translate
from heapq import nlargest
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.errors import UnknownTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from heapsnap.snapshot.model import Snapshot

ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{1,15}")
"""Fifteen digits: no address of a process is longer, and all of them fit into an int64."""
NEAREST = 4
LEAST_LIKENESS = 0.65
"""Below that a suggestion is noise: `dict` is no answer to `DictCurso`."""
COMPARED = 300
"""Names that are compared letter by letter; a hundred thousand would take seconds."""


def find_types(snapshot: Snapshot, name: str) -> list[int]:
    """Find the types that a name stands for, among those of which there are objects.

    A full name (`pymysql.cursors.DictCursor`, `dict`) means that type alone; else every type of
    which the name is the end (`DictCursor`, `cursors.DictCursor`); else, if it is one, every type
    that the glob matches, by full name or by last component.

    Returns:
        Indices into ``snapshot.types``, ascending; never empty.

    Raises:
        UnknownTypeError: No object of such a type is in the snapshot.
    """
    full_names = _names_in_use(snapshot)
    for is_meant in _readings(name):
        if found := [number for number, full in full_names.items() if is_meant(full)]:
            return found
    raise _unknown_type(snapshot, name, set(full_names.values()))


def find_growing_types(snapshots: Sequence[Snapshot], name: str) -> set[str]:
    """The full names of the types that a name stands for in any of several snapshots.

    A class of which no object is alive in any of them is none of them, and no error.

    Raises:
        UnknownTypeError: None of the snapshots knows such a type or class.
    """
    known = [snapshot for snapshot in snapshots if has_type(snapshot, name)]
    if not known and not any(has_class(snapshot, name) for snapshot in snapshots):
        known = [snapshots[-1]]  # whose error names the nearest types
    return {heap.types[number].full_name for heap in known for number in find_types(heap, name)}


def has_type(snapshot: Snapshot, name: str) -> bool:
    """Whether there are objects of a type with this name."""
    full_names = _names_in_use(snapshot).values()
    return any(is_meant(full) for is_meant in _readings(name) for full in full_names)


def has_class(snapshot: Snapshot, name: str) -> bool:
    """Whether a class of this name is there, with or without objects."""
    return _class_named(snapshot, name) is not None


def find_nodes(snapshot: Snapshot, name: str) -> NDArray[np.int64]:
    """Find objects: all of a type, or the one at an address, or those with this name of their own.

    Args:
        snapshot: The heap.
        name: What ``find_types`` takes, `0x` and an address, or the name of a module, function
            or class.

    Returns:
        ``(k,) int64``, nodes, ascending; never empty.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
    """
    if ADDRESS.fullmatch(name):
        nodes = np.flatnonzero(snapshot.address_by_node == int(name, 16))
        if len(nodes) == 0:
            raise UnknownTypeError(
                f"no object at address '{name}' in {_snapshot_in_words(snapshot)}",
                hint="an address is good for the one snapshot that it was read from",
            )
        return nodes
    try:
        types = find_types(snapshot, name)
    except UnknownTypeError:
        named = sorted(node for node, own in snapshot.name_by_node.items() if own == name)
        if not named:
            raise
        return np.array(named, dtype=np.int64)
    return np.flatnonzero(np.isin(snapshot.type_by_node, types))


def types_in_use(snapshot: Snapshot) -> list[str]:
    """The distinct full names of types of which there are objects, sorted."""
    return sorted(set(_names_in_use(snapshot).values()))


def _names_in_use(snapshot: Snapshot) -> dict[int, str]:
    counts = np.bincount(snapshot.type_by_node, minlength=len(snapshot.types))
    return {number: snapshot.types[number].full_name for number in np.flatnonzero(counts).tolist()}


class _Reading:
    """One way to read a name."""

    def __init__(self, pattern: str) -> None:
        self.matches = re.compile(pattern, re.DOTALL).fullmatch

    def __call__(self, full_name: str) -> bool:
        return self.matches(full_name) is not None


def _readings(name: str) -> Iterable[_Reading]:
    plain = re.escape(name.removeprefix("builtins."))
    patterns = (plain, rf".*\.{plain}", rf"(?:.*\.)?(?:{translate(name)})")
    return [_Reading(pattern) for pattern in patterns]


def _unknown_type(snapshot: Snapshot, name: str, full_names: set[str]) -> UnknownTypeError:
    where = _snapshot_in_words(snapshot)
    if own_name := _class_named(snapshot, name):
        return UnknownTypeError(
            f"no object of class '{own_name}' in {where}",
            hint="the class itself is there, but none of its objects is alive",
        )
    near = nearest_names(name, full_names)
    hint = f"nearest names: {', '.join(near)}" if near else "heapsnap top --all lists every type"
    return UnknownTypeError(f"no type named '{name}' in {where}", hint=hint)


def _class_named(snapshot: Snapshot, name: str) -> str | None:
    """The full name of a class that the name is the end of."""
    is_this_class = _Reading(rf"(?:.*\.)?{re.escape(name)}")
    for node, own_name in snapshot.name_by_node.items():
        is_class = snapshot.types[int(snapshot.type_by_node[node])].layout == "type"
        if is_class and is_this_class(own_name):
            return own_name
    return None


def _snapshot_in_words(snapshot: Snapshot) -> str:
    types = len(types_in_use(snapshot))
    return f"{snapshot.path.name} ({snapshot.node_count:,} objects, {types:,} types)"


def nearest_names(name: str, full_names: Iterable[str]) -> list[str]:
    """The last components of type names that look most like the one that was given.

    Args:
        name: What was asked for, dotted or not, glob or not.
        full_names: Any number of full names.

    Returns:
        At most ``NEAREST``, best first.
    """
    wanted = re.sub(r"[*?\[\]]", "", name.rpartition(".")[2] or name).lower()
    pairs = _pairs(wanted)
    candidates = {full.rpartition(".")[2] for full in full_names}
    # Pairs of letters are a cheap sieve: what shares none of them with the name is not near it.
    sieved = nlargest(
        COMPARED,
        candidates,
        key=lambda own: (len(pairs & _pairs(own.lower())), -len(own), own),
    )
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    scored = []
    for own in sieved:
        matcher.set_seq1(own.lower())
        if (ratio := matcher.ratio()) >= LEAST_LIKENESS:
            scored.append((-ratio, own))
    return [own for _, own in sorted(scored)[:NEAREST]]


def _pairs(text: str) -> set[str]:
    return {text[start : start + 2] for start in range(max(1, len(text) - 1))}
