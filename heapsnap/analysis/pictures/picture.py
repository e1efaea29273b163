"""What a picture shows, before anybody draws it: merged objects and the references between them.

Owns the merging and the limit of what a person reads at once. Colours, fonts and words about
what was left out are for whoever draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import networkx as nx

from heapsnap.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Hashable

MOST_NODES = 36
"""More than a few dozen nobody reads; the picture says how much it leaves out."""

Role: TypeAlias = Literal["root", "asked", "object", "leaf"]
"""What holds from outside; what the picture is about; everything between; what ends there."""


@dataclass(frozen=True, slots=True)
class Picture(Shown):
    """Merged objects as a networkx graph, frozen.

    Nodes are numbers from 0, in the order in which they are to be drawn. Their attributes:

    * ``text``: what a person would call the objects; ``type`` their full type name.
    * ``count``: how many they are, None where the node is one example of a chain.
    * ``growth``: how many more than in the baseline, None where nothing is known of it.
    * ``role``: see ``Role``.
    * ``is_garbage``: nothing but their own cycle holds them.
    * ``more_above``, ``more_below``: kinds of holders and of what they hold that are left out.

    Attributes of edges:

    * ``references``: name → how many references have it, in the order to be drawn.
    * ``grows``: the growth enters here.
    * ``is_other_way``: it belongs to a further chain, beside the one that was chosen.

    ``left_out`` is how many merged objects are missing since the picture is full; ``set_aside``
    how many of the objects asked about are not in it, since the story of the others is another:
    garbage, if ``is_garbage_aside``, where the others are held, and held where they are garbage.
    """

    title: str
    graph: nx.DiGraph
    left_out: int
    set_aside: int = 0
    is_garbage_aside: bool = False


@dataclass(slots=True)
class Canvas:
    """A picture in the making: nodes by any key of the caller's, edges between them."""

    most: int = MOST_NODES
    graph: nx.DiGraph = field(default_factory=nx.DiGraph)
    number_by_key: dict[Hashable, int] = field(default_factory=dict)
    left_out: set[Hashable] = field(default_factory=set)

    def node(self, key: Hashable, text: str, kind: str, *, role: Role = "object") -> int | None:
        """The node of this key, made where it is new; None where the picture is full."""
        number = self.number_by_key.get(key)
        if number is None:
            if len(self.number_by_key) == self.most:
                self.left_out.add(key)
                return None
            number = self.number_by_key[key] = len(self.number_by_key)
            self.graph.add_node(
                number,
                text=text,
                type=kind,
                role=role,
                count=None,
                growth=None,
                is_garbage=False,
                more_above=0,
                more_below=0,
            )
        return number

    def edge(
        self,
        referrer: int,
        referent: int,
        reference: str,
        *,
        count: int = 1,
        grows: bool = False,
        is_other_way: bool = False,
    ) -> None:
        """A reference; several between the same two nodes share one edge."""
        if not self.graph.has_edge(referrer, referent):
            self.graph.add_edge(
                referrer, referent, references={}, grows=False, is_other_way=is_other_way
            )
        edge = self.graph.edges[referrer, referent]
        edge["references"][reference] = edge["references"].get(reference, 0) + count
        edge["grows"] |= grows
        # A reference of a chosen chain is one, whichever further chain shares it.
        edge["is_other_way"] &= is_other_way

    def picture(self, title: str, *, set_aside: int = 0, is_garbage_aside: bool = False) -> Picture:
        """What was put on the canvas, for ever as it is; the rest as in ``Picture``."""
        graph = nx.freeze(self.graph)
        return Picture(title, graph, len(self.left_out), set_aside, is_garbage_aside)
