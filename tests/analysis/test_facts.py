"""What a heading says of a snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.heap.facts import describe_snapshot
from heapsnap.analysis.heap.places import Places
from tests.heaps import address_of, load_heap

if TYPE_CHECKING:
    from heapsnap.analysis.results import SnapshotFacts
    from heapsnap.snapshot.model import Snapshot


def facts_of(snapshot: Snapshot) -> SnapshotFacts:
    return describe_snapshot(snapshot, Places(snapshot).verdicts)


def test_the_heap_is_counted_and_its_garbage_apart() -> None:
    facts = facts_of(
        load_heap(
            "root -> kept:Thing",
            "lost:Thing -.me-> lost",
            "lost -.text-> text:str",
            sizes={"kept": 100, "lost": 70, "text": 30, "module root": 50},
        )
    )
    assert (facts.objects, facts.references, facts.python_bytes) == (4, 3, 250)
    assert (facts.garbage_objects, facts.garbage_bytes) == (2, 100)
    assert (facts.pid, facts.host, facts.argv) == (4711, "testhost", ("app.py",))
    assert facts.warnings == ()


def test_what_the_system_did_not_say_is_not_zero() -> None:
    snapshot = load_heap("root -> a", header={"memory": {"rss_bytes": None}})
    assert facts_of(snapshot).rss_bytes is None


@pytest.mark.parametrize("count", [1, 2])
def test_counts_that_cannot_be_are_a_warning(count: int) -> None:
    snapshot = load_heap(
        f"root -> odd*{count}:Thing",
        extra={"odd": -1},
        header={"not_seen": ["the stacks of other threads"]},
    )
    seen, odd = facts_of(snapshot).warnings
    assert seen == "the stacks of other threads"
    assert odd.startswith(f"{count} object")


def test_a_borrowed_reference_to_a_class_declared_in_c_is_no_warning() -> None:
    snapshot = load_heap("root -> odd:Thing", extra={"odd": -1})
    declared = replace(snapshot.types[0], address=address_of("odd"), is_heap_type=False)
    assert facts_of(replace(snapshot, types=(declared, *snapshot.types[1:]))).warnings == ()
