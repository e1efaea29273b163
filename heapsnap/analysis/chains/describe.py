"""Chains in words: from edges and nodes to steps that a person can read.

Owns what a root, an object and a reference are called in a chain, and which two steps are
read as one (`obj.__dict__['x']` is `obj.x`).
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from heapsnap.analysis.chains.long_chains import VARIABLES, shorten
from heapsnap.analysis.chains.runs import collapse_runs
from heapsnap.analysis.heap.labels import ATTRIBUTES, ITEM
from heapsnap.analysis.results import Chain, Step
from heapsnap.graph.components import shortest_cycle_through
from heapsnap.graph.paths import find_chain
from heapsnap.graph.references import NO_EDGE
from heapsnap.graph.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.heap.places import Places

THREADS = "<threads>"
UNTOLD = frozenset({VARIABLES, ".__closure__", ".cell_contents"})
"""Steps that a path leaves out: the name of the variable says it all."""
UNKNOWN, INSIDE = "?", " (inside)"
"""What an object of C code holds has no name; the question mark would read like doubt."""
_KEY = re.compile(r"\['([^'\\]*)'\]")
_POSITIONS = {"[#]": 1, "[-#]": -1}
_SHORT = {
    "method": "bound method",
    "cell": "closure cell",
    "builtin_function_or_method": "built-in",
    "type": "class",
}


def text_of_node(places: Places, node: int) -> str:
    """What a person would call the object: ``module app``, ``class app.User``, ``DictCursor``."""
    snapshot = places.snapshot
    kind = snapshot.types[int(snapshot.type_by_node[node])]
    name = snapshot.name_by_node.get(node)
    if kind.layout == "method":
        name = _function_of_method(places, node)
        return f"bound method {name.rpartition('.')[2]}" if name else "bound method"
    word = _SHORT.get(kind.layout, kind.qualname)
    if kind.layout == "type":
        word = "class"
    return f"{word} {name}" if name else word


def name_of_reference(places: Places, edge: int) -> str:
    """The reference as it is written after its owner, positions counted."""
    snapshot, graph = places.snapshot, places.graph
    name = snapshot.edge_names[int(snapshot.name_by_edge[edge])]
    direction = _POSITIONS.get(name)
    if direction is None:
        return name
    owner = int(graph.referrer_by_edge[edge])
    first, end = (int(graph.first_edge_by_node[owner + step]) for step in (0, 1))
    label = places.edge_labels.texts[int(places.edge_labels.label_by_edge[edge])]
    if not label.startswith("["):
        return label
    if direction < 0:
        return f"[{end - 1 - edge}]"
    same = snapshot.name_by_edge[first:edge] == snapshot.name_by_edge[edge]
    return f"[{int(same.sum())}]"


def chain_to(places: Places, node: int) -> Sequence[int]:
    """The edges of the object's chosen path, root first."""
    return find_chain(places.graph, places.paths.parent_edge_by_node, node)


def root_of(places: Places, node: int) -> int:
    """The node at which the object's chosen path starts."""
    # Views: reading one item from them costs a third of numpy's indexing.
    referrer_of = places.graph.referrer_by_edge.data
    parent_edge_of = places.paths.parent_edge_by_node.data
    while (edge := parent_edge_of[node]) != NO_EDGE:
        node = referrer_of[edge]
    return node


def root_step(places: Places, node: int) -> Step:
    """The first step of a chain: the root itself."""
    text = text_of_node(places, node)
    for roots in places.root_sets:
        label = roots.label_by_node.get(node)
        if label is None:
            continue
        if roots is places.root_sets[0]:
            text = f"module {label}"
        elif roots is places.root_sets[1]:
            text = f"{label} -> {text}"
        elif roots is places.root_sets[2]:
            text = label
        elif roots is places.root_sets[3]:
            text = f"{text} {label}"
        break
    return _step(places, node, "", text)


def _step(places: Places, node: int, reference: str, text: str | None = None) -> Step:
    kind = places.snapshot.types[int(places.snapshot.type_by_node[node])]
    name = places.snapshot.name_by_node.get(node)
    return Step(reference, kind.full_name, name, text or text_of_node(places, node), kind.layout)


def describe_chain(
    places: Places,
    start: int,
    edges: Sequence[int],
    *,
    grows_at_edge: int = NO_EDGE,
    is_cycle: bool = False,
) -> Chain:
    """Put a chain into words.

    Args:
        places: The heap.
        start: The node at which it starts.
        edges: Edge numbers, each leading on from the one before.
        grows_at_edge: The edge at which the growth enters, if it is among them.
        is_cycle: The start is an object like any other, not a root.
    """
    graph = places.graph
    steps = [_step(places, start, "") if is_cycle else root_step(places, start)]
    grows_at: int | None = None
    pending = ""
    shortened = shorten(places, edges, grows_at_edge)
    edges, grows_at_edge = shortened.edges, shortened.grows_at_edge
    hidden_steps: dict[int, int] = {}
    for position, edge in enumerate(edges):
        if position in shortened.hidden_steps:
            hidden_steps[len(steps)] = shortened.hidden_steps[position]
        reference = name_of_reference(places, edge)
        node = int(graph.referent_by_edge[edge])
        grows = edge == grows_at_edge
        if pending:
            match = _KEY.fullmatch(reference)
            reference = f".{match[1]}" if match else pending + reference
            pending = ""
        elif reference == ATTRIBUTES and edge != edges[-1]:
            pending = reference
            grows_at = len(steps) if grows else grows_at
            continue
        elif reference == VARIABLES and edge != edges[-1]:
            # A context's tree says nothing: its variables have names.
            grows_at = len(steps) if grows else grows_at
            continue
        if grows:
            grows_at = len(steps)
        steps.append(_step(places, node, reference))
    return collapse_runs(steps, grows_at, hidden_steps)


def cycle_through(places: Places, node: int, edges: Sequence[int]) -> Chain | None:
    """The shortest cycle of garbage through an object, else through the nearest of its holders.

    Args:
        places: The heap.
        node: The object.
        edges: The chain to it, root first.
    """
    is_garbage = places.verdicts.verdict_by_node == Verdict.GARBAGE
    holders = (int(places.graph.referrer_by_edge[edge]) for edge in reversed(edges))
    for start in chain([node], holders):
        cycle = shortest_cycle_through(
            places.graph,
            start,
            within=is_garbage,
            label_by_edge=places.edge_labels.label_by_edge,
        )
        if cycle is not None:
            return describe_chain(places, start, cycle, is_cycle=True)
    return None


def cycle_text(chain: Chain) -> str:
    """A cycle in one line: ``DictCursor .fetch -> bound method fetch .__self__ -> DictCursor``."""
    text = chain.steps[0].text
    for step in chain.steps[1:]:
        text += f" {step.reference} -> {step.text}"
    return text


def describe_path(references: Sequence[str], types: Sequence[str], root_verdict: str) -> str:
    """A normalised path in one line: ``app.cache.SESSIONS[*].cursor``.

    Args:
        references: From the root's name on, one for each place.
        types: The types at these places.
        root_verdict: What kind of root it starts from.
    """
    text = references[0]
    if root_verdict in {"c-held", "garbage"}:
        text = f"{types[0].rpartition('.')[2]} {references[0]}"
    is_attribute_dict = False
    previous = ""
    for position, reference in enumerate(references[1:], 1):
        # Each thread has a dict of its own in that of all threads.
        is_of_a_thread = previous == THREADS and reference == ITEM
        previous = reference
        if reference in {ATTRIBUTES, THREADS} or is_of_a_thread:
            is_attribute_dict = True
            continue
        if reference in UNTOLD:
            continue
        if reference[:1].isidentifier():
            whose = "closure" if types[position - 1] == "tuple" else "local"
            text += f" {whose} variable {reference}"
        elif reference == UNKNOWN:
            text += INSIDE
        elif is_attribute_dict and (match := _KEY.fullmatch(reference)):
            text += f".{match[1]}"
        else:
            text += reference
        is_attribute_dict = False
    return text + (ATTRIBUTES if previous == ATTRIBUTES else "")


def _function_of_method(places: Places, node: int) -> str | None:
    graph, snapshot = places.graph, places.snapshot
    for edge in range(int(graph.first_edge_by_node[node]), int(graph.first_edge_by_node[node + 1])):
        if snapshot.edge_names[int(snapshot.name_by_edge[edge])] == ".__func__":
            return snapshot.name_by_node.get(int(graph.referent_by_edge[edge]))
    return None
