"""The types of one snapshot, by how many objects or how many bytes they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.heap.facts import describe_snapshot
from heapsnap.analysis.heap.places import Places
from heapsnap.analysis.results import Top, TypeSummary

if TYPE_CHECKING:
    from heapsnap.snapshot.model import Snapshot


def top(snapshot: Snapshot, *, by: str = "bytes") -> Top:
    """Count the objects of every type; classes of the same name are counted together.

    Args:
        snapshot: The heap.
        by: ``bytes``, ``count`` or ``retained``: what decides the order. Retained bytes take the
            dominator tree, which the others do not need.
    """
    heap = Places(snapshot)
    sums = heap.type_sums
    columns = (
        sums.count_by_type.tolist(),
        sums.bytes_by_type.tolist(),
        sums.largest_bytes_by_type.tolist(),
    )
    retained: list[int | None] = [None] * len(heap.type_texts)
    if by == "retained":
        retained = heap.retained_bytes_by_type.tolist()
    rows = [
        TypeSummary(*row) for row in zip(heap.type_texts, *columns, retained, strict=True) if row[1]
    ]
    rows.sort(key=ORDERS[by])
    return Top(describe_snapshot(snapshot, heap.verdicts), tuple(rows), by)


def _by_count(row: TypeSummary) -> tuple[int, int, str]:
    return -row.count, -row.bytes, row.type


def _by_bytes(row: TypeSummary) -> tuple[int, int, str]:
    return -row.bytes, -row.count, row.type


def _by_retained(row: TypeSummary) -> tuple[int, int, str]:
    return -(row.retained_bytes or 0), -row.bytes, row.type


ORDERS = {"bytes": _by_bytes, "count": _by_count, "retained": _by_retained}
