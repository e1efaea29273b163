"""A snapshot opened for questions by address: what the tests compare with what a program said."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.places import Places
from heapsnap.graph.verdicts import Verdict
from heapsnap.snapshot.reader import load

if TYPE_CHECKING:
    from os import PathLike

    from heapsnap.analysis.results import HoldingGroup


class Reading:
    """A snapshot file, loaded."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.snapshot = load(path)
        # The reader forgives a few; the agent writes none.
        lost = [limit for limit in self.snapshot.header["not_seen"] if "no row describes" in limit]
        assert not lost, lost
        self.places = Places(self.snapshot)

    @property
    def header(self):
        """The file's header."""
        return self.snapshot.header

    @cached_property
    def node_by_address(self) -> dict[int, int]:
        """Address → node."""
        addresses = self.snapshot.address_by_node.tolist()
        return dict(zip(addresses, range(len(addresses)), strict=True))

    def type_of(self, address: int) -> str:
        """Full name of the class of the object at an address."""
        return self._type_name(self.node_by_address[address])

    def references(self, address: int) -> list[tuple[str, int]]:
        """Name and target address of each reference of the object at an address."""
        node = self.node_by_address[address]
        if node >= self.snapshot.container_count:
            return []
        first, end = self.snapshot.first_edge_by_node[node : node + 2].tolist()
        names = self.snapshot.name_by_edge[first:end].tolist()
        targets = self.snapshot.address_by_node[self.snapshot.referent_by_edge[first:end]]
        return [
            (self.snapshot.edge_names[name], target)
            for name, target in zip(names, targets.tolist(), strict=True)
        ]

    def count_by_type(self) -> Counter[str]:
        """How many objects of each type there are."""
        return Counter(map(self._type_name, range(self.snapshot.node_count)))

    def verdict_of(self, address: int) -> str:
        """``rooted``, ``frame``, ``c-held`` or ``garbage``."""
        return self.places.verdict_of(self.node_by_address[address])

    def garbage(self) -> set[int]:
        """Addresses of what the collector tracks and would free."""
        containers = self.snapshot.container_count
        is_garbage = self.places.verdicts.verdict_by_node[:containers] == Verdict.GARBAGE
        nodes = np.flatnonzero(is_garbage & self.snapshot.is_tracked_by_node)
        return set(self.snapshot.address_by_node[nodes].tolist())

    def anomalies(self) -> list[str]:
        """Types of the objects with more references than their count says: none, in a true snapshot."""
        return [self._type_name(int(node)) for node in self.places.verdicts.anomalous_nodes]

    def unnamed(self) -> Counter[tuple[str, str]]:
        """How many references are called ``?``, by the types at both ends."""
        number = [i for i, name in enumerate(self.snapshot.edge_names) if name == "?"]
        edges = np.flatnonzero(np.isin(self.snapshot.name_by_edge, number))
        referrers = self.places.graph.referrer_by_edge[edges].tolist()
        referents = self.snapshot.referent_by_edge[edges].tolist()
        pairs = zip(referrers, referents, strict=True)
        return Counter((self._type_name(a), self._type_name(b)) for a, b in pairs)

    def why(self, type_name: str) -> list[HoldingGroup]:
        """Who holds the objects of a type, as the command says it."""
        from heapsnap.analysis.answers.why import why

        return list(why(self.snapshot, type_name).groups)

    def _type_name(self, node: int) -> str:
        return self.snapshot.types[self.snapshot.type_by_node[node]].full_name
