"""The types of one snapshot, by how many objects or how many bytes they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.facts import describe_snapshot
from heapsnap.analysis.places import Places
from heapsnap.analysis.results import Top, TypeSummary

if TYPE_CHECKING:
    from heapsnap.snapshot.model import Snapshot


def top(snapshot: Snapshot, *, by: str = "bytes") -> Top:
    """Count the objects of every type; classes of the same name are counted together.

    Args:
        snapshot: The heap.
        by: ``bytes`` or ``count``: what decides the order.
    """
    heap = Places(snapshot)
    sums = heap.type_sums
    columns = (
        sums.count_by_type.tolist(),
        sums.bytes_by_type.tolist(),
        sums.largest_bytes_by_type.tolist(),
    )
    rows = [
        TypeSummary(name, count, total, largest)
        for name, count, total, largest in zip(heap.type_texts, *columns, strict=True)
        if count
    ]
    rows.sort(key=_by_count if by == "count" else _by_bytes)
    return Top(describe_snapshot(snapshot, heap.verdicts), tuple(rows), by)


def _by_count(row: TypeSummary) -> tuple[int, int, str]:
    return -row.count, -row.bytes, row.type


def _by_bytes(row: TypeSummary) -> tuple[int, int, str]:
    return -row.bytes, -row.count, row.type
