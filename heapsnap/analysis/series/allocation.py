"""At which lines of code the objects of a place were allocated, where tracemalloc saw it.

Owns the comparison: lines are compared by file and number, since each snapshot counts its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.results import AllocationSite
from heapsnap.snapshot.model import NO_SITE

if TYPE_CHECKING:
    from heapsnap.analysis.series.series import Series
    from heapsnap.snapshot.model import Site, Snapshot

MOST_SITES = 3
EXPLAINED = 0.9
"""Sites that account for so much of the growth are enough."""


def find_sites(series: Series, place: int) -> tuple[AllocationSite, ...]:
    """The few lines that allocated most of what a place gained, or of what stands there.

    Args:
        series: One heap or several.
        place: Where the objects stand.

    Returns:
        The most growth first; empty where the last heap was not traced.
    """
    last = len(series.heaps) - 1
    after = _count_by_site(series, last, place)
    before = None
    if last and series.before.snapshot.site_by_node is not None:
        before = _count_by_site(series, 0, place)
    rows = [
        AllocationSite(
            site.file, site.line, count, None if before is None else count - before.get(site, 0)
        )
        for site, count in after.items()
    ]
    rows.sort(key=lambda row: (-(row.growth or 0), -row.count, row.file, row.line))
    grown = [row for row in rows if row.growth and row.growth > 0]
    return _few(grown or rows)


def _few(rows: list[AllocationSite]) -> tuple[AllocationSite, ...]:
    amounts = np.array([row.growth or row.count for row in rows], dtype=np.int64)
    enough = np.searchsorted(amounts.cumsum(), EXPLAINED * amounts.sum()) + 1
    return tuple(rows[: min(int(enough), MOST_SITES)])


def _count_by_site(series: Series, number: int, place: int) -> dict[Site, int]:
    snapshot: Snapshot = series.heaps[number].snapshot
    if snapshot.site_by_node is None:
        return {}
    sites = snapshot.site_by_node[series.nodes_at(number, place)]
    found, counts = np.unique(sites[sites != NO_SITE], return_counts=True)
    return {
        snapshot.sites[site - 1]: count
        for site, count in zip(found.tolist(), counts.tolist(), strict=True)
    }
