"""Answers written by hand: what the renderers are tested on, whatever the analyses do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from heapsnap.analysis.results import (
    AllocationSite,
    Chain,
    Consequence,
    ContainerGrowth,
    Culprit,
    Diff,
    GarbageGrowth,
    HoldingGroup,
    Pattern,
    ReferenceSummary,
    Refs,
    SnapshotFacts,
    Step,
    Top,
    TypeGrowth,
    TypeSummary,
    Why,
)
from tests.documents import HEADER

CURSOR = "pymysql.cursors.DictCursor"
WIDTH = 80


def facts(name: str = "b.json", **changes: Any) -> SnapshotFacts:
    given = SnapshotFacts(
        path=Path("snaps", name),
        pid=4711,
        host="web3",
        argv=("python", "app.py", "--port", "80"),
        python="3.11.7 (main, Dec  4 2023, 18:10:11) [GCC 12.2.0]",
        time=1_700_001_800.5,
        reason="signal USR1",
        mode="fork",
        objects=212_408,
        references=455_012,
        python_bytes=23_456_789,
        rss_bytes=46_200_000,
        garbage_objects=2_202,
        garbage_bytes=190_000,
        warnings=(),
        header=HEADER,
    )
    return replace(given, **changes)


def before(**changes: Any) -> SnapshotFacts:
    given = {
        "time": 1_700_000_000.5,
        "objects": 190_000,
        "python_bytes": 20_000_000,
        "rss_bytes": 41_000_000,
    }
    return facts("a.json", **(given | changes))


def header(**changes: Any) -> dict[str, Any]:
    """The header with a collector in another state."""
    return {**HEADER, "gc": {**HEADER["gc"], **changes}}


CYCLE = Chain(
    (
        Step("", CURSOR, None, "DictCursor"),
        Step(".fetchall_items", "method", None, "bound method fetchall_items"),
        Step(".__self__", CURSOR, None, "DictCursor"),
    )
)
ROOTED = Chain(
    (
        Step("", "module", "app.events", "module app.events"),
        Step(".CALLBACKS", "list", None, "list"),
        Step("[745]", "method", None, "bound method fetchall_items"),
        Step(".__self__", CURSOR, None, "DictCursor"),
    ),
    grows_at=2,
)
FRAME = Chain(
    (
        Step("", CURSOR, None, "handle() local variable cursor -> DictCursor"),
        Step("._rows", "list", None, "list"),
    )
)
C_HELD = Chain(
    (
        Step("", "app.Image", None, "Image (held from C)"),
        Step(".pixels", "bytearray", None, "bytearray"),
    )
)
PATTERN = Pattern(
    "bound-method-on-instance",
    "a bound method is stored on the very object that it is bound to, so the object holds itself",
    "do not patch bound methods on to instances: define the method on the class",
)

CURSORS = Culprit(
    type=CURSOR,
    holder="DictCursor .fetchall_items -> bound method fetchall_items .__self__ -> DictCursor",
    verdict="garbage",
    counts=(12, 746),
    bytes_growth=41_104,
    retained_bytes_growth=190_000,
    chain=CYCLE,
    fingerprint="1f2e3d4c5b6a",
    consequences=(
        Consequence("dict", 734, 101_920, "python"),
        Consequence("method", 734, 46_976, "python"),
    ),
)
SESSIONS = Culprit(
    type="app.web.Session",
    holder="app.web.SESSIONS[*]",
    verdict="rooted",
    counts=(1_000, 1_250),
    bytes_growth=14_000,
    retained_bytes_growth=1_200_000,
    chain=Chain(
        (
            Step("", "module", "app.web", "module app.web"),
            Step(".SESSIONS", "dict", None, "dict"),
            Step("['k7']", "app.web.Session", None, "Session"),
        ),
        grows_at=2,
    ),
    fingerprint="aaaabbbbcccc",
    consequences=tuple(Consequence(f"orm.Part{n}", 250, 1_000 - n, "library") for n in range(7)),
    allocated_at=(
        AllocationSite("shop/web.py", 41, 1_240, 240),
        AllocationSite("shop/<admin>.py", 9, 10, 10),
    ),
)
NUMBERS = Culprit(
    type="int",
    holder="serve() local variable load.asked",
    verdict="frame",
    counts=(0, 1),
    bytes_growth=28,
    retained_bytes_growth=28,
    chain=FRAME,
    fingerprint="000000000001",
    consequences=(),
)

STORY = Diff(
    snapshots=(before(), facts()),
    same_process=True,
    culprits=(CURSORS, SESSIONS),
    sporadic=(),
    warming=(NUMBERS,),
    types=(
        TypeGrowth("dict", 8_000, 8_734, 800_000, 901_920),
        TypeGrowth("method", 30, 764, 1_920, 48_896),
        TypeGrowth(CURSOR, 12, 746, 672, 41_776),
        TypeGrowth("app.web.Session", 1_000, 1_250, 56_000, 70_000),
        TypeGrowth("int", 5_000, 5_001, 140_000, 140_028),
        TypeGrowth("str", 60_000, 60_000, 4_000_000, 4_000_000),
        TypeGrowth("list", 700, 650, 70_000, 65_000),
    ),
    containers=(ContainerGrowth("app.web.SESSIONS", "dict", 1_000, 1_250),),
    garbage=(GarbageGrowth(CURSOR, ("dict", "method", CURSOR), 12, 746, 3_104, 193_104),),
)
QUIET = replace(
    STORY,
    snapshots=(
        before(),
        facts(objects=190_000, python_bytes=20_000_000, rss_bytes=41_100_000),
    ),
    culprits=(),
    warming=(),
    types=(TypeGrowth("dict", 8_000, 8_000, 800_000, 800_000),),
    containers=(),
    garbage=(),
)


def group(verdict: str, chain: Chain, **changes: Any) -> HoldingGroup:
    given = HoldingGroup(
        count=746,
        growth=734,
        verdict=verdict,
        bytes=41_776,
        retained_bytes=193_104,
        path="app.events.CALLBACKS[*].__self__",
        chain=chain,
        cycle=None,
        alternatives=(),
        detail=(),
        pattern=None,
        fingerprint="1f2e3d4c5b6a",
    )
    return replace(given, **changes)


def why(*groups: HoldingGroup, **changes: Any) -> Why:
    given = Why(
        snapshot=facts(),
        since=before(),
        type=CURSOR,
        count=746,
        count_before=12,
        through=(),
        not_through=(),
        left_out=0,
        groups=groups,
    )
    return replace(given, **changes)


GARBAGE_GROUP = group(
    "garbage", Chain(CYCLE.steps[:1]), cycle=CYCLE, pattern=PATTERN, path=CURSORS.holder
)
TOP = Top(
    facts(),
    (
        TypeSummary("str", 60_000, 4_000_000, 65_000),
        TypeSummary("dict", 8_734, 901_920, 36_960),
        TypeSummary(CURSOR, 746, 41_776, 56),
    ),
    "bytes",
)
REFS = Refs(
    facts(),
    CURSOR,
    746,
    (
        ReferenceSummary(".fetchall_items", "method", 746, 47_744),
        ReferenceSummary("._rows", "list", 746, 100_000),
    ),
    (
        (0, "", "DictCursor at 0x7f06648b4710"),
        (1, ".fetchall_items", "bound method fetchall_items"),
        (2, ".__self__", "DictCursor (shown above)"),
        (1, "._rows", "list"),
        (2, "[0]", "dict"),
        (2, "", "and 49 more"),
    ),
)
HOSTILE = 'evil\x1b[2J[int]\u202e\r\n"\\N&lt;\udc80'
