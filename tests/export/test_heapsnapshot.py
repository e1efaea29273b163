"""V8's format, read by Chrome's own engine and by memlab; and by rule where no Node is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from heapsnap.analysis.heap.places import Places
from heapsnap.export.heapsnapshot import LARGEST, STRIDE, write_heapsnapshot
from heapsnap.export.object_ids import ObjectIds
from heapsnap.snapshot.reader import load
from tests.export.conftest import run
from tests.export.heaps_to_export import write_series
from tests.heaps import load_heap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNTS = (5, 55, 35)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three snapshots of one process: fifty cursors more, then twenty fewer."""
    folder = tmp_path_factory.mktemp("v8")
    ids = ObjectIds()
    written = []
    for source in write_series(folder, *COUNTS):
        target = source.with_suffix(".heapsnapshot")
        write_heapsnapshot(Places(load(source)), ids, target)
        written.append(target)
    return written


def numbers(document: dict[str, Any]) -> tuple[list[list[int]], list[list[int]]]:
    flat, edges = document["nodes"], document["edges"]
    return (
        [flat[start : start + STRIDE] for start in range(0, len(flat), STRIDE)],
        [edges[start : start + 3] for start in range(0, len(edges), 3)],
    )


def test_the_rules_of_its_readers_are_kept(files: list[Path]) -> None:
    text = files[1].read_text(encoding="ascii")
    tokens = [text.index(f'"{name}":[') for name in ("nodes", "edges", "locations", "strings")]
    assert tokens == sorted(tokens)
    assert re.match(r'\{"snapshot":.*\},\n"nodes":', text)
    document = json.loads(text)
    nodes, edges = numbers(document)
    about, strings = document["snapshot"], document["strings"]
    assert (about["node_count"], about["edge_count"]) == (len(nodes), len(edges))
    assert sum(node[4] for node in nodes) == len(edges)
    assert all(edge[2] % STRIDE == 0 and edge[2] < len(nodes) * STRIDE for edge in edges)
    assert all(0 <= number < 2**32 for row in (*nodes, *edges) for number in row)
    assert all(node[1] < len(strings) for node in nodes)
    node_ids = [node[2] for node in nodes]
    assert len(set(node_ids)) == len(nodes)
    assert (node_ids[:2], nodes[0][0]) == ([1, 3], 9)
    native = [node for node in nodes if node[0] == 8]
    assert all(node[2] % 2 == (node not in native) for node in nodes)
    kinds = about["meta"]["edge_types"][0]
    by_name = [edge for edge in edges if kinds[edge[0]] not in {"element", "hidden"}]
    assert all(edge[1] < len(strings) for edge in by_name)
    assert list(document)[-1] == "strings"


def test_what_32_bits_cannot_hold_is_put_into_a_second_node(files: list[Path]) -> None:
    document = json.loads(files[0].read_text())
    nodes, _ = numbers(document)
    name = document["strings"].index("bytes")
    (pixels,) = [node for node in nodes if node[1] == name]
    (rest,) = [node for node in nodes if node[0] == 8]
    assert pixels[3] + rest[3] == 5_000_000_000
    assert (pixels[3], pixels[4]) == (LARGEST, 1)


def test_an_object_keeps_its_id_while_it_lives() -> None:
    ids = ObjectIds()
    pictures = ("module app -.A-> a:list -[#]-> x*{}:Row", "module app -.B-> b:dict")
    first, second, third = (
        load_heap(pictures[0].format(count), pictures[1]) for count in (3, 6, 2)
    )
    known = dict(zip(first.address_by_node.tolist(), ids.of_objects(first).tolist()))
    later = dict(zip(second.address_by_node.tolist(), ids.of_objects(second).tolist()))
    last = dict(zip(third.address_by_node.tolist(), ids.of_objects(third).tolist()))
    assert {address: later[address] for address in known} == known
    assert {address: later[address] for address in last} == last
    assert len(set(later.values())) == len(later)
    assert min(later[address] for address in later.keys() - known.keys()) > max(known.values())


def test_another_type_at_the_same_address_is_another_object() -> None:
    ids = ObjectIds()
    before, after = (load_heap(f"module app -.x-> thing:{kind}") for kind in ("Row", "Column"))
    first, second = (ids.of_objects(snapshot).tolist() for snapshot in (before, after))
    same = set(first) & set(second)
    assert len(same) == len(first) - 1


def test_devtools_counts_compares_and_finds_the_holder(
    files: list[Path], devtools: Callable[..., Any]
) -> None:
    told = devtools("app.DictCursor", *files)
    assert told["problems"] == []
    rows = told["snapshots"]
    assert [row["count"] for row in rows] == list(COUNTS)
    assert [(row["added"], row["removed"]) for row in rows] == [(0, 0), (50, 0), (0, 20)]
    assert rows[1]["retained"] == 55 * (200 + 64)
    assert rows[1]["chain"] == [
        "0 -> (GC roots)",
        "0 -> (modules)",
        "app -> module app",
        "__dict__ -> dict",
        "REGISTRY -> app.Registry",
        "cache -> dict",
        "0 -> app.DictCursor",
    ]
    assert rows[0]["totalSize"] > 5_000_000_000


def test_memlab_names_the_holder_of_the_leak(
    files: list[Path], node_modules: Path, tmp_path: Path
) -> None:
    wanted = tmp_path / "filter.js"
    wanted.write_text("exports.leakFilter = node => node.name === 'app.DictCursor';")
    # As a program it would not start: its first line passes two options in one word.
    memlab = node_modules / "node_modules" / "@memlab" / "cli" / "bin" / "memlab.js"
    series = zip(("--baseline", "--target", "--final"), files)
    answer = run(
        *("node", "--expose-gc", memlab, "find-leaks", "--leak-filter", wanted),
        *(word for pair in series for word in pair),
        *("--work-dir", tmp_path),
    )
    assert "found 1 leak(s)" in answer
    assert "--Similar leaks in this run: 30--" in answer
    holders = r"\(GC roots\).*\(modules\).*module app.*app\.Registry.*cache.*app\.DictCursor"
    assert re.search(holders, answer, re.DOTALL), answer
