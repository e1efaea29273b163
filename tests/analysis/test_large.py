"""A million of everything: chains, instances, holders. All answer, none recurses."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from tests.columns import built_in, of_program, snapshot_of

MILLION = 1_000_000
MODULE, DICT, LIST, OBJECT, HOLDER = range(5)
TYPES = (
    built_in("module"),
    built_in("dict"),
    built_in("list"),
    of_program("Session"),
    of_program("Holder"),
)
NAMES = (".__dict__", "['ALL']", ".next", "[-#]", ".session")


def chain_of(length):
    """module app .ALL -> Session .next -> Session .next -> ..."""
    types = np.full(length + 2, OBJECT)
    types[:2] = MODULE, DICT
    edges = length + 1
    names = np.full(edges, NAMES.index(".next"))
    names[:2] = 0, 1
    return snapshot_of(
        np.minimum(np.arange(length + 3), edges),
        np.arange(1, length + 2),
        types=TYPES,
        type_by_node=types,
        edge_names=NAMES,
        name_by_edge=names,
        modules={"app": 0},
    )


def list_of(count, *, held_each=False):
    """module app .ALL -> list of Sessions, or of Holders with one Session each."""
    objects = 2 * count if held_each else count
    types = np.full(3 + objects, HOLDER if held_each else OBJECT)
    types[:3] = MODULE, DICT, LIST
    first = np.zeros(4 + objects, dtype=np.int64)
    first[1:4] = 1, 2, 2 + count
    referent = [1, 2, *range(3, 3 + count)]
    names = [0, 1, *[NAMES.index("[-#]")] * count]
    if held_each:
        types[3 + count :] = OBJECT
        first[4 : 4 + count] = 2 + count + np.arange(1, count + 1)
        first[4 + count :] = first[3 + count]
        referent += range(3 + count, 3 + 2 * count)
        names += [NAMES.index(".session")] * count
    else:
        first[4:] = first[3]
    return snapshot_of(
        first,
        np.array(referent),
        types=TYPES,
        type_by_node=types,
        edge_names=NAMES,
        name_by_edge=np.array(names),
        modules={"app": 0},
    )


def test_a_chain_of_a_million_nodes():
    result = diff(before=chain_of(MILLION // 2), after=chain_of(MILLION))
    first = result.culprits[0]
    assert (first.type, first.holder, first.growth) == ("app.Session", "app.ALL.next", MILLION // 2)
    group = why(chain_of(MILLION), "Session").groups[0]
    assert group.count == MILLION - 1
    assert [step.text for step in group.chain.steps][1:] == [
        "Session", "Session", "Session (999997 times)", "Session",
    ]  # fmt: skip


@pytest.mark.parametrize("held_each", [False, True])
def test_a_million_instances_and_a_million_holders(held_each):
    heap = list_of(MILLION, held_each=held_each)
    result = diff(before=list_of(MILLION // 2, held_each=held_each), after=heap)
    assert (result.culprits[0].holder, result.culprits[0].growth) == ("app.ALL[*]", MILLION // 2)
    group = why(heap, "Session").groups[0]
    assert (group.count, group.verdict) == (MILLION, "rooted")
    assert group.path == ("app.ALL[*].session" if held_each else "app.ALL[*]")
    assert group.chain.steps[2].reference.startswith("[")
