"""What the analyses answer: frozen values that the commands print and the API returns.

Owns the shape of every answer. Texts inside are plain, as they come out of the snapshot:
whoever renders them escapes them for where they go. Bytes are bytes, counts are objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heapsnap.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """What a heading says of a snapshot.

    ``python_bytes`` is the sum of all shallow sizes, ``rss_bytes`` what the kernel counted
    (None where it did not say). ``warnings`` are sentences: what the snapshot could not see,
    a file that was cut.
    """

    path: Path
    pid: int
    host: str
    argv: tuple[str, ...]
    python: str
    time: float
    reason: str
    mode: str
    objects: int
    references: int
    python_bytes: int
    rss_bytes: int | None
    garbage_objects: int
    garbage_bytes: int
    warnings: tuple[str, ...]
    header: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One reference of a chain and the object that it leads to.

    ``reference`` is written as in Python after the object before it (``.cursor``, ``['k']``,
    ``[*]`` in a normalised chain); empty for the first step, which is the root. ``type`` is the
    object's full type name, ``name`` its own name if it has one,
    ``text`` the object as a person would call it (``module app.cache``, ``bound method fetch``,
    ``DictCursor``), ``layout`` the nearest built-in type that its type derives from.
    """

    reference: str
    type: str
    name: str | None
    text: str
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """References from a root to an object, root first.

    ``grows_at`` is the index of the step at which the growth enters: that step's reference
    has more and more objects behind it, the step before it stands still. None where nothing
    is known to grow. For a cycle the last step leads back to the first object.
    """

    steps: tuple[Step, ...]
    grows_at: int | None = None


@dataclass(frozen=True, slots=True)
class AllocationSite:
    """A line of code that allocated objects, where the process ran under tracemalloc.

    ``count`` of the objects in the last snapshot were allocated there, ``growth`` more than in the
    first; None where there is no first, or nobody traced.
    """

    file: str
    line: int
    count: int
    growth: int | None


@dataclass(frozen=True, slots=True)
class Consequence:
    """A type that grew only because a culprit did.

    ``origin`` is whose type it is: ``program``, ``library`` or ``python``.
    """

    type: str
    growth: int
    bytes_growth: int
    origin: str


@dataclass(frozen=True, slots=True)
class Culprit:
    """A place where growth enters the heap, and the type that a person would blame.

    ``sizes`` are the shallow bytes of those objects in each snapshot; ``is_larger`` where these are
    what grew, and their number hardly or not.
    ``called`` are words that follow the type where nearly all of the objects are called or run the
    same: ``deliver()`` after coroutine, ``of deliver()`` after Task; else empty.
    ``holder`` is one line of text: the path that holds the growing objects
    (``app.cache.SESSIONS[*]``), or for garbage the cycle. ``verdict`` is ``rooted``, ``frame``,
    ``c-held`` or ``garbage``. ``counts`` are the objects at this place in each snapshot, in the
    order of time. ``retained_bytes_growth`` is by how much more would be freed without them: what
    others hold as well is a consequence and not in it. ``fingerprint`` is stable between runs and
    machines. ``consequences`` are sorted by whose type it is, the program's own first, then by
    bytes.
    ``allocated_at`` are the few lines that account for the growth; empty where nobody traced.
    """

    type: str
    holder: str
    verdict: str
    counts: tuple[int, ...]
    bytes_growth: int
    retained_bytes_growth: int
    chain: Chain
    fingerprint: str
    consequences: tuple[Consequence, ...]
    allocated_at: tuple[AllocationSite, ...] = ()
    called: str = ""
    sizes: tuple[int, ...] = ()
    is_larger: bool = False

    @property
    def count_before(self) -> int:
        """Objects in the first snapshot."""
        return self.counts[0]

    @property
    def count_after(self) -> int:
        """Objects in the last snapshot."""
        return self.counts[-1]

    @property
    def growth(self) -> int:
        """How many more there are."""
        return self.count_after - self.count_before


@dataclass(frozen=True, slots=True)
class TypeGrowth:
    """One type in both snapshots."""

    type: str
    count_before: int
    count_after: int
    bytes_before: int
    bytes_after: int

    @property
    def growth(self) -> int:
        """How many more there are."""
        return self.count_after - self.count_before


@dataclass(frozen=True, slots=True)
class ContainerGrowth:
    """A container that stands at the same place in both snapshots and has more entries.

    Or several: ``containers`` of them, whose entries are added up.
    """

    path: str
    type: str
    entries_before: int
    entries_after: int
    containers: int = 1


@dataclass(frozen=True, slots=True)
class GarbageGrowth:
    """Cycles of one structure that nothing but themselves holds.

    ``owner`` is the type that a person would call the owner of the cycle, ``types`` the types
    on it. Counts are cycles, bytes are those of all garbage that the cycles keep.
    """

    owner: str
    types: tuple[str, ...]
    count_before: int
    count_after: int
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True)
class Diff(Shown):
    """What grew over two or more snapshots, culprits first, best first.

    ``snapshots`` stand in the order in which they were given, which should be that of time.
    ``culprits`` grew in every step; ``sporadic`` as leaks do, but not in every step (empty
    where there are but two snapshots). ``warming`` are places that grew as
    a program's do while it warms up or has more to do: modules imported meanwhile, caches of
    Python's own, a handful of objects, what comes and goes. No leak is told from them.
    """

    snapshots: tuple[SnapshotFacts, ...]
    same_process: bool
    culprits: tuple[Culprit, ...]
    sporadic: tuple[Culprit, ...]
    warming: tuple[Culprit, ...]
    types: tuple[TypeGrowth, ...]
    containers: tuple[ContainerGrowth, ...]
    garbage: tuple[GarbageGrowth, ...]

    @property
    def before(self) -> SnapshotFacts:
        """The baseline."""
        return self.snapshots[0]

    @property
    def after(self) -> SnapshotFacts:
        """The last snapshot."""
        return self.snapshots[-1]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A known way to leak: what it is and what to change."""

    id: str
    explanation: str
    fix: str


@dataclass(frozen=True, slots=True)
class HoldingGroup:
    """Objects of one type that are held in the same way.

    ``chain`` is one worked example with real keys and positions, root first; ``path`` the
    normalised form that all of them share. ``growth`` is None without a baseline. ``cycle``
    is the shortest cycle through the example where the verdict is ``garbage``, else None.
    ``detail`` holds further lines that the verdict asks for: thread, function, line and variable
    of a frame; how many references C holds. ``allocated_at`` as of a ``Culprit``.
    """

    count: int
    growth: int | None
    verdict: str
    bytes: int
    retained_bytes: int
    path: str
    chain: Chain
    cycle: Chain | None
    alternatives: tuple[Chain, ...]
    detail: tuple[str, ...]
    pattern: Pattern | None
    fingerprint: str
    allocated_at: tuple[AllocationSite, ...] = ()


@dataclass(frozen=True, slots=True)
class Why(Shown):
    """Who holds the objects of a type: groups, best first.

    ``through`` and ``not_through`` are the names by which chains were filtered, ``left_out`` is
    how many of the objects no such chain leads to.
    """

    snapshot: SnapshotFacts
    since: SnapshotFacts | None
    type: str
    count: int
    count_before: int | None
    through: tuple[str, ...]
    not_through: tuple[str, ...]
    left_out: int
    groups: tuple[HoldingGroup, ...]


@dataclass(frozen=True, slots=True)
class TypeSummary:
    """All objects of one type in one snapshot.

    ``retained_bytes``: what they keep alive, each byte once; None where nobody asked.
    """

    type: str
    count: int
    bytes: int
    largest_bytes: int
    retained_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Top(Shown):
    """The types of one snapshot, largest first."""

    snapshot: SnapshotFacts
    types: tuple[TypeSummary, ...]
    by: str


@dataclass(frozen=True, slots=True)
class ReferenceSummary:
    """What objects refer to under one name: ``count`` references to objects of ``type``."""

    reference: str
    type: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Refs(Shown):
    """What the objects of a type refer to, merged by name and type, most frequent first.

    ``example`` is the tree of one object: lines of indentation level, reference and text.
    """

    snapshot: SnapshotFacts
    type: str
    count: int
    references: tuple[ReferenceSummary, ...]
    example: tuple[tuple[int, str, str], ...]
