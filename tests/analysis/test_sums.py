"""Entries of containers: as many as ``len()`` said in the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.heap.sums import entry_counts
from heapsnap.snapshot.reader import load
from tests.agent.interpreters import Python, find_interpreters
from tests.heaps import load_heap

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import collections, json, sys
import heapsnap

class Thing: pass
class Dict(dict): pass
class Slotted(dict): __slots__ = ("other",)
class Ordered(collections.OrderedDict): pass
class Default(collections.defaultdict): pass
class Count(collections.Counter): pass
class List(list): pass
class Set(set): pass
class Deque(collections.deque): pass
Named = collections.namedtuple("Named", "x y z")

def things(count): return [Thing() for _ in range(count)]
def pairs(keys): return [(key, Thing()) for key in keys]

kept = [Named(*things(3))]
for count in (1, 20, 2000):
    texts = [f"key {number}" for number in range(count)]
    for keys in (things(count), texts, range(count), [*things(count), *texts]):
        for kind in (dict, Dict, Slotted, collections.OrderedDict, Ordered):
            kept.append(kind(pairs(keys)))
        for kind in (collections.defaultdict, Default):
            kept += [kind(list, pairs(keys)), kind(None, pairs(keys))]
        kept.append(Count(keys))
    kept += [kind(things(count)) for kind in (list, List, set, Set, frozenset, tuple, Deque)]
    kept.append(collections.deque(things(count), maxlen=count))
same = Thing()
kept += [kind([(same, same)]) for kind in (dict, collections.OrderedDict)]
for one in kept:
    if hasattr(one, "__dict__"):
        one.further = Thing()
    elif type(one) is Slotted:
        one.other = Thing()
lengths = [(id(one), len(one)) for one in kept]
heapsnap.dump(sys.argv[1])
print(json.dumps({"lengths": lengths}))
"""


@pytest.mark.parametrize("python", find_interpreters(), ids=lambda python: str(python.version))
def test_every_container_has_as_many_entries_as_it_said(python: Python, tmp_path: Path) -> None:
    path = tmp_path / "entries.json"
    finished = python.finish([python.path, "-c", SOURCE, str(path)])
    snapshot = load(path)
    nodes, amounts = entry_counts(snapshot)
    entries = dict(
        zip(snapshot.address_by_node[nodes].tolist(), amounts.tolist(), strict=True),
    )
    lengths = dict(finished.facts["lengths"])
    assert {address: entries.get(address) for address in lengths} == lengths


@pytest.mark.parametrize("layout", ["OrderedDict", "defaultdict", "dict", "list"])
def test_the_table_of_containers_lists_what_derives_from_one(layout: str) -> None:
    def rows(count: int) -> list[str]:
        return [
            f"module app -.ROWS-> rows:app.Rows -['k']-> row*{count}:Row",
            f"rows -<key>-> key*{count}:str",
        ]

    layouts = {"app.Rows": layout}
    before, after = (load_heap(*rows(count), layouts=layouts) for count in (10, 60))
    (row,) = diff(before=before, after=after).containers
    assert (row.path, row.type) == ("app.ROWS", "app.Rows")
    assert (row.entries_before, row.entries_after) == (10, 60)
