"""The few lines of code that account for the growth of a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from heapsnap.analysis.results import AllocationSite
from heapsnap.snapshot.kept import open_snapshot
from heapsnap.snapshot.reader import load
from tests.documents import write_document
from tests.heaps import draw

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.snapshot.model import Snapshot

SITES = [["cart.py", 41], ["api.py", 9], ["job.py", 3], ["cli.py", 7]]


def document(carts: int, sites: list[int] | None) -> dict[str, Any]:
    """The drawn carts, the last of them allocated at these sites, by number; None: not traced."""
    parts = draw(f"module shop -.CARTS-> carts:list -[#]-> cart*{carts}:shop.Cart")
    (chunk,) = parts["chunks"]
    if sites is not None:
        rows = len(chunk["size"])
        chunk["site"] = [0] * (rows - len(sites)) + sites
        chunk["sites"] = SITES
    return parts


def snapshot(path: Path, carts: int, sites: list[int] | None) -> Snapshot:
    return load(write_document(path, **document(carts, sites)))


def sites_of(before: Snapshot, after: Snapshot) -> list[tuple[str, int, int, int | None]]:
    (culprit, *_) = diff(before=before, after=after).culprits
    (group, *_) = why(after, "Cart", since=before).groups
    assert group.allocated_at == culprit.allocated_at
    return [(s.file, s.line, s.count, s.growth) for s in culprit.allocated_at]


def test_the_lines_that_grew_stand_first_and_few_are_enough(tmp_path: Path) -> None:
    before = snapshot(tmp_path / "a.json", 20, [2] * 20)
    after = snapshot(tmp_path / "b.json", 120, [1] * 85 + [3] * 10 + [4] * 3 + [2] * 22)
    assert sites_of(before, after) == [("cart.py", 41, 85, 85), ("job.py", 3, 10, 10)]


def test_where_the_baseline_was_not_traced_only_counts_are_told(tmp_path: Path) -> None:
    before = snapshot(tmp_path / "a.json", 20, None)
    after = snapshot(tmp_path / "b.json", 120, [1] * 95)
    assert sites_of(before, after) == [("cart.py", 41, 95, None)]


def test_without_tracing_there_is_none(tmp_path: Path) -> None:
    before = snapshot(tmp_path / "a.json", 20, [1] * 20)
    after = snapshot(tmp_path / "b.json", 120, None)
    assert sites_of(before, after) == []


def test_one_snapshot_alone_tells_counts(tmp_path: Path) -> None:
    (group, *_) = why(snapshot(tmp_path / "a.json", 20, [1] * 20), "Cart").groups
    assert group.allocated_at == (AllocationSite("cart.py", 41, 20, None),)


def test_the_index_keeps_the_sites(tmp_path: Path) -> None:
    path = write_document(tmp_path / "a.json", **document(20, [1] * 20))
    first, again = open_snapshot(path), open_snapshot(path)
    assert again.sites == first.sites == load(path).sites
    assert first.site_by_node is not None
    assert again.site_by_node is not None
    assert again.site_by_node.tolist() == first.site_by_node.tolist()
