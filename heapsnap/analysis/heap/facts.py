"""What a heading says of a snapshot: who, when, how much, and what it could not see.

Owns the reading of the header, whose keys and kinds the reader has checked. How much of the
heap is garbage is decided by the verdicts, which the caller has or makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.results import SnapshotFacts
from heapsnap.graph.verdicts import Verdict

if TYPE_CHECKING:
    from heapsnap.graph.verdicts import Verdicts
    from heapsnap.snapshot.model import Snapshot


def describe_snapshot(snapshot: Snapshot, verdicts: Verdicts) -> SnapshotFacts:
    """Gather what a heading says of a snapshot.

    Args:
        snapshot: The heap.
        verdicts: What keeps each of its objects alive.
    """
    header = snapshot.header
    is_garbage = verdicts.verdict_by_node == Verdict.GARBAGE
    return SnapshotFacts(
        path=snapshot.path,
        pid=header["pid"],
        host=header["host"],
        argv=tuple(header["argv"]),
        python=header["python"],
        time=float(header["time"]),
        reason=header["reason"],
        mode=header["mode"],
        objects=snapshot.node_count,
        references=snapshot.edge_count,
        python_bytes=int(snapshot.shallow_bytes_by_node.sum()),
        rss_bytes=header["memory"]["rss_bytes"],
        garbage_objects=int(is_garbage.sum()),
        garbage_bytes=int(snapshot.shallow_bytes_by_node[is_garbage].sum()),
        warnings=tuple(_warnings(snapshot, verdicts)),
        header=header,
    )


def _warnings(snapshot: Snapshot, verdicts: Verdicts) -> list[str]:
    warnings = list(snapshot.header["not_seen"])
    if count := _miscounted(snapshot, verdicts):
        objects = "object has" if count == 1 else "objects have"
        warnings.append(
            f"{count:,} {objects} more references than the process counted: "
            "verdicts on them and on what they hold may be wrong"
        )
    return warnings


def _miscounted(snapshot: Snapshot, verdicts: Verdicts) -> int:
    """How many objects have more references than were counted, and may be freed one day.

    A class declared in C lives as long as the process whatever its count, and extensions do borrow
    references to one: importing lxml leaves ``type`` one short.
    """
    lasting = {kind.address for kind in snapshot.types if not kind.is_heap_type}
    addresses = snapshot.address_by_node[verdicts.anomalous_nodes].tolist()
    return sum(address not in lasting for address in addresses)


def is_same_program(before: Snapshot, after: Snapshot) -> bool:
    """Whether both were taken on one host, of one pid, while it ran the same program."""
    keys = ("host", "pid", "argv", "executable")
    return all(before.header.get(key) == after.header.get(key) for key in keys)
