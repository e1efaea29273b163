"""A snapshot by way of its index: read once from its file, from then on mapped into memory.

Owns which columns and tables are kept and how they become a ``Snapshot`` again. It equals the
one that ``reader.load`` gives.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heapsnap.index.keeper import Index, open_index
from heapsnap.snapshot.model import NO_NODE, Frame, ObjectType, Roots, Site, Snapshot, Thread
from heapsnap.snapshot.reader import load

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from heapsnap.index.part import Part

PART = "snapshot"
COLUMNS = (
    "address_by_node",
    "type_by_node",
    "shallow_bytes_by_node",
    "refcount_by_node",
    "is_tracked_by_node",
    "first_edge_by_node",
    "referent_by_edge",
    "name_by_edge",
)
NAMED_NODES = "named_nodes"
SITES, FOUND_IN_MEMORY = "site_by_node", "found_in_memory"


def open_snapshot(
    path: str | os.PathLike[str], *, progress: Callable[[int, int], None] | None = None
) -> Snapshot:
    """Read a snapshot as ``reader.load`` does, from its index if that has it.

    Args:
        path: The file.
        progress: As ``reader.load`` takes it; never called where the index answers.

    Returns:
        The heap; its ``index`` is set where something may be kept of it.

    Raises:
        HeapsnapError: As ``reader.load``.
    """
    file = Path(path)
    index = open_index(file)
    if index is None:
        return load(file, progress=progress)
    kept = _recall(index, file)
    if kept is not None:
        return kept
    snapshot = load(file, progress=progress)
    if not index.is_still_of(file):
        return snapshot
    _keep(index, snapshot)
    # From the index again: what nobody looks at then takes no memory.
    return _recall(index, file) or replace(snapshot, index=index)


def _recall(index: Index, file: Path) -> Snapshot | None:
    part = index.recall(PART)
    return None if part is None else _snapshot_of(part, file, index)


def _keep(index: Index, snapshot: Snapshot) -> None:
    arrays = {name: getattr(snapshot, name) for name in COLUMNS}
    arrays[NAMED_NODES] = np.array(list(snapshot.name_by_node), dtype=np.int32)
    if snapshot.site_by_node is not None:
        arrays[SITES] = snapshot.site_by_node
    if snapshot.found_in_memory is not None:
        arrays[FOUND_IN_MEMORY] = snapshot.found_in_memory
    facts = {
        "header": snapshot.header,
        "is_complete": snapshot.is_complete,
        "edge_names": snapshot.edge_names,
        "names": list(snapshot.name_by_node.values()),
        "types": [list(asdict(kind).values()) for kind in snapshot.types],
        "roots": asdict(snapshot.roots),
        "sites": [list(asdict(site).values()) for site in snapshot.sites],
    }
    index.keep(PART, arrays, facts)
    index.seal()


def _snapshot_of(part: Part, path: Path, index: Index) -> Snapshot | None:
    facts = part.facts
    arrays = dict(part.arrays)
    nodes = arrays.pop(NAMED_NODES).tolist()
    snapshot = Snapshot(
        path=path,
        header=facts["header"],
        is_complete=facts["is_complete"],
        edge_names=tuple(facts["edge_names"]),
        types=tuple(ObjectType(*row) for row in facts["types"]),
        name_by_node=dict(zip(nodes, facts["names"], strict=True)),
        roots=_roots_of(facts["roots"]),
        sites=tuple(Site(*row) for row in facts["sites"]),
        index=index,
        **arrays,
    )
    return snapshot if _is_sound(snapshot) else None


def _is_sound(snapshot: Snapshot) -> bool:
    """Whether every edge leads to a node: compiled code walks over them without looking."""
    first = snapshot.first_edge_by_node
    referent = snapshot.referent_by_edge
    if len(first) != snapshot.container_count + 1 or first[0] != 0 or first[-1] != len(referent):
        return False
    if snapshot.container_count > snapshot.node_count or (first[1:] < first[:-1]).any():
        return False
    sites = snapshot.site_by_node
    if sites is not None and len(sites) != snapshot.node_count:
        return False
    return len(referent) == 0 or bool(
        referent.min() > NO_NODE and referent.max() < snapshot.node_count
    )


def _roots_of(raw: dict[str, Any]) -> Roots:
    def frame_of(entry: dict[str, Any]) -> Frame:
        return Frame(**{**entry, "locals": tuple(map(tuple, entry["locals"]))})

    def thread_of(entry: dict[str, Any]) -> Thread:
        return Thread(**{**entry, "frames": tuple(map(frame_of, entry["frames"]))})

    return Roots(
        modules=raw["modules"],
        threads=tuple(map(thread_of, raw["threads"])),
        interpreter=tuple(map(tuple, raw["interpreter"])),
    )
