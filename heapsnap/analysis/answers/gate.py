"""Whether growth is to fail a pipeline: which of it, beyond what is tolerated and accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.analysis.heap.find import find_growing_types

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from heapsnap.analysis.results import Diff
    from heapsnap.snapshot.model import Snapshot


@dataclass(frozen=True, slots=True)
class Violation:
    """Growth that nobody allowed.

    ``fingerprint`` is that of a culprit, by which it can be accepted; None where all objects of
    a type were counted together.
    """

    type: str
    count_before: int
    count_after: int
    holder: str
    fingerprint: str | None

    @property
    def growth(self) -> int:
        """How many more there are."""
        return self.count_after - self.count_before


def find_violations(
    result: Diff, *, tolerance: int = 0, accepted: AbstractSet[str] = frozenset()
) -> list[Violation]:
    """Culprits that nobody accepted, and that grew by more than is tolerated.

    Args:
        result: What grew.
        tolerance: Objects more of a culprit that are no failure.
        accepted: Fingerprints of culprits that are known.
    """
    return [
        Violation(c.type, c.count_before, c.count_after, c.holder, c.fingerprint)
        for c in result.culprits
        if c.fingerprint not in accepted and (c.growth > tolerance or c.growth <= 0)
    ]


def find_type_violations(
    result: Diff,
    names: Sequence[str],
    *,
    snapshots: Sequence[Snapshot],
    tolerance: int = 0,
    accepted: AbstractSet[str] = frozenset(),
) -> list[Violation]:
    """Types of which there are more objects than before, wherever they are held.

    A type all of whose growth is that of accepted culprits is no failure.

    Args:
        result: What grew.
        names: As ``find_types`` takes them.
        snapshots: Those that were compared, in which the names are looked up.
        tolerance: Objects more of a type that are no failure.
        accepted: Fingerprints of culprits that are known.

    Raises:
        UnknownTypeError: No snapshot knows such a type, not even a class without objects.
    """
    growing = {row.type: row for row in result.types}
    wanted = sorted({kind for name in names for kind in find_growing_types(snapshots, name)})
    found = []
    for kind in wanted:
        row = growing.get(kind)
        if row is None:
            continue
        known = [c for c in result.culprits if c.type == kind]
        allowed = sum(c.growth for c in known if c.fingerprint in accepted)
        if row.growth - allowed > tolerance:
            rest = [c for c in known if c.fingerprint not in accepted]
            holder = rest[0].holder if rest else ""
            mark = rest[0].fingerprint if rest else None
            found.append(Violation(kind, row.count_before, row.count_after, holder, mark))
    return found
