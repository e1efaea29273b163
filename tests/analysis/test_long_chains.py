"""What is left out of long chains changes no word of them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from heapsnap.analysis.chains import long_chains
from heapsnap.analysis.chains.describe import chain_to, describe_chain, root_of
from heapsnap.analysis.heap.places import Places
from tests.heaps import load_heap, node_of

if TYPE_CHECKING:
    import pytest

PERIODS = (
    (".next", "Link"),
    (".next", "Link", ".other", "Node"),
    (".__dict__", "dict", "['next']", "Link"),
    (".__dict__", "dict", "['next']", "Link", "[*]", "Link"),
    ("<variables>", "hamt", "['x']", "Link"),
    (".__dict__", "dict", ".__dict__", "dict", ".a", "Link"),
    (".a", "A", ".b", "B", ".c", "C", ".d", "D"),
    (".a", "A", ".b", "B", ".c", "C", ".d", "D", ".e", "E"),
    ("[#]", "list"),
)


def picture(seed: int) -> tuple[str, dict[str, str], str]:
    """A chain of a few stretches, each of which repeats; own names here and there."""
    rng = random.Random(seed)
    text, names, count = "module app -.HEAD-> first:Link", {}, 0
    for _ in range(rng.randint(1, 3)):
        period = rng.choice(PERIODS)
        for _ in range(rng.randint(1, 400)):
            for reference, kind in zip(period[::2], period[1::2], strict=True):
                count += 1
                text += f" -{reference}-> n{count}:{kind}"
                if rng.random() < 0.001:
                    names[f"n{count}"] = rng.choice(("one", "two"))
    return text, names, f"n{count}"


def words(places: Places, last: str) -> list[object]:
    node = node_of(places.snapshot, last)
    edges = chain_to(places, node)
    marks = [-1, *(edges[len(edges) * part // 7] for part in range(7)), edges[-1]]
    return [
        describe_chain(places, root_of(places, node), edges, grows_at_edge=mark) for mark in marks
    ]


def test_a_shortened_chain_reads_like_the_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shortened = 0
    for seed in range(40):
        text, names, last = picture(seed)
        places = Places(load_heap(text, names=names))
        whole = words(places, last)
        with monkeypatch.context() as short:
            short.setattr(long_chains, "LONG", 20)
            short.setattr(long_chains, "KEPT", 2)
            assert words(places, last) == whole
            edges = chain_to(places, node_of(places.snapshot, last))
            left = long_chains.shorten(places, edges, -1).edges
            shortened += len(left) < len(edges)
    assert shortened > 10
