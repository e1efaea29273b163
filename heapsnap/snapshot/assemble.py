"""From checked chunks to a ``Snapshot``: addresses become nodes.

Owns what holds across chunks: continued containers, references into other chunks, references
to nowhere. The numbering itself is ``numbering``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from heapsnap.snapshot.edge_columns import JoinedRows, fill, first_edges
from heapsnap.snapshot.freed import give_back
from heapsnap.snapshot.model import NO_NODE, NO_SITE, Snapshot
from heapsnap.snapshot.numbering import number_nodes
from heapsnap.snapshot.root_rows import NOWHERE_HINT, addresses_of, roots_by_node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from heapsnap.errors import DamagedSnapshotError
    from heapsnap.snapshot.chunks import Chunk
    from heapsnap.snapshot.lines import Where
    from heapsnap.snapshot.model import EdgeArray, NodeArray, ObjectType, Site
    from heapsnap.snapshot.shapes import ShapeTable

TOLERATED = 0.001
"""Of the references of a complete file so many may lead nowhere: the snapshot of the night is worth
more than the edges that it lacks. Beyond that the file is not what the agent wrote."""


def assemble(
    path: Path,
    *,
    header: Mapping[str, Any],
    roots: Mapping[str, Any],
    roots_where: Where,
    chunks: Sequence[Chunk],
    types: Sequence[ObjectType],
    shapes: ShapeTable,
    sites: Sequence[Site],
    found_in_memory: Mapping[str, Sequence[int]] | None,
    is_complete: bool,
) -> Snapshot:
    """Put the chunks together.

    Raises:
        DamagedSnapshotError: A root, or more than ``TOLERATED`` of the references, lead to
            addresses that no row describes, in a file that is complete.
    """
    root_addresses = addresses_of(roots)
    numbering = number_nodes(chunks, root_addresses)
    is_kept = numbering.is_kept_by_row
    is_kept_container = is_kept[: len(numbering.node_by_container_row)]
    name_by_node = _own_names(chunks, numbering.nodes_by_chunk)
    address_by_node = _by_node([chunk.address for chunk in chunks], chunks, is_kept, np.int64)
    nodes_by_chunk = _give_up_known_addresses(chunks, numbering.nodes_by_chunk)
    sizes = _by_node([chunk.size for chunk in chunks], chunks, is_kept, np.int64)
    _release_all(chunks, "size")
    give_back()
    first_edge, referent, name = _references(
        chunks, nodes_by_chunk, shapes, numbering.node_by_container_row, is_kept_container
    )
    is_known = referent != NO_NODE
    lost_count = len(referent) - int(np.count_nonzero(is_known))
    if lost_count:
        if is_complete and lost_count > TOLERATED * len(referent):
            raise _find_nowhere(chunks, nodes_by_chunk)
        referent, name = referent[is_known], name[is_known]
        first_edge = first_edges(is_known)[first_edge]
    del is_known
    tracked = [np.arange(chunk.container_count) < chunk.tracked_count for chunk in chunks]
    snapshot = Snapshot(
        path=path,
        header=_header(header, is_complete=is_complete, lost_count=lost_count),
        is_complete=is_complete,
        address_by_node=address_by_node,
        type_by_node=_by_node([chunk.type for chunk in chunks], chunks, is_kept, np.int32),
        shallow_bytes_by_node=sizes,
        refcount_by_node=_concatenate([chunk.refcount for chunk in chunks], np.int64)[
            is_kept_container
        ],
        is_tracked_by_node=_concatenate(tracked, np.bool_)[is_kept_container],
        first_edge_by_node=first_edge,
        referent_by_edge=referent,
        name_by_edge=name,
        edge_names=tuple(shapes.number_by_name),
        types=tuple(types),
        name_by_node=name_by_node,
        roots=roots_by_node(
            roots,
            roots_where,
            dict(zip(root_addresses, numbering.node_by_root.tolist(), strict=True)),
            is_complete=is_complete,
        ),
        site_by_node=_site_by_node(chunks, is_kept),
        sites=tuple(sites),
        found_in_memory=None
        if found_in_memory is None
        else _pairs_of_nodes(found_in_memory, address_by_node),
    )
    for column in (
        snapshot.address_by_node,
        snapshot.type_by_node,
        snapshot.shallow_bytes_by_node,
        snapshot.refcount_by_node,
        snapshot.is_tracked_by_node,
        snapshot.first_edge_by_node,
        snapshot.referent_by_edge,
        snapshot.name_by_edge,
        snapshot.site_by_node,
        snapshot.found_in_memory,
    ):
        if column is not None:
            column.setflags(write=False)
    return snapshot


def _give_up_known_addresses(
    chunks: Sequence[Chunk], nodes_by_chunk: list[NodeArray]
) -> list[NodeArray]:
    """Release the addresses, but of chunks that refer to nowhere: the complaint names one."""
    for chunk, nodes in zip(chunks, nodes_by_chunk, strict=True):
        if (nodes != NO_NODE).all():
            chunk.release("address")
    return nodes_by_chunk


def _release_all(
    chunks: Sequence[Chunk], *columns: Literal["address", "size", "shape", "out", "to"]
) -> None:
    for chunk in chunks:
        chunk.release(*columns)


def _references(
    chunks: Sequence[Chunk],
    nodes_by_chunk: list[NodeArray],
    shapes: ShapeTable,
    node_by_row: NodeArray,
    is_kept_container: NDArray[np.bool_],
) -> tuple[EdgeArray, NodeArray, NDArray[np.int32]]:
    """``first_edge_by_node``, ``referent_by_edge`` and ``name_by_edge``; the columns are released.

    ``nodes_by_chunk`` keeps the nodes of chunks that refer to nowhere alone.
    """
    out_by_row = _concatenate([chunk.out for chunk in chunks], np.int32)
    first_edge = first_edges(out_by_row)
    name = fill(int(first_edge[-1]), shapes.name_references(chunks))
    _release_all(chunks, "out", "shape")
    give_back()

    def referents() -> Iterator[NodeArray]:
        for place, chunk in enumerate(chunks):
            nodes = nodes_by_chunk[place]
            yield nodes[chunk.to]
            chunk.release("to")
            if len(chunk.address) == 0:
                nodes_by_chunk[place] = nodes[:0].copy()

    referent = fill(int(first_edge[-1]), referents())
    give_back()
    if not is_kept_container.all():
        order = JoinedRows(node_by_row, out_by_row, first_edge)
        referent = order.of(referent)
        name = order.of(name)
        first_edge = order.first_edge_by_node()
    return first_edge, referent, name


def _concatenate(parts: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=dtype), *parts], dtype=dtype)


def _by_node(
    columns: Sequence[NDArray[Any]], chunks: Sequence[Chunk], is_kept: NDArray[np.bool_], dtype: Any
) -> NDArray[Any]:
    """One column of the whole file: containers, then leaves, repeats removed."""
    pairs = list(zip(columns, chunks, strict=True))
    containers = [column[: chunk.container_count] for column, chunk in pairs]
    leaves = [column[chunk.container_count : chunk.row_count] for column, chunk in pairs]
    return _concatenate([*containers, *leaves], dtype)[is_kept]


def _site_by_node(chunks: Sequence[Chunk], is_kept: NDArray[np.bool_]) -> NDArray[np.int32] | None:
    """``(n,) int32``: the site of each object; None where no chunk has any."""
    if all(chunk.site is None for chunk in chunks):
        return None
    columns = [
        np.full(chunk.row_count, NO_SITE, dtype=np.int32) if chunk.site is None else chunk.site
        for chunk in chunks
    ]
    return _by_node(columns, chunks, is_kept, np.int32)


def _pairs_of_nodes(
    found: Mapping[str, Sequence[int]], address_by_node: NDArray[np.int64]
) -> NodeArray:
    """``(k, 2) int32``: holders and what they may hold; pairs without rows are left out."""
    if not found["held"]:
        return np.empty((0, 2), dtype=np.int32)
    wanted = np.array([found["holder"], found["held"]], dtype=np.int64).T
    # The few wanted ones are sorted, not the addresses of a whole heap.
    addresses, place_of_wanted = np.unique(wanted, return_inverse=True)
    place_of_node = np.minimum(np.searchsorted(addresses, address_by_node), len(addresses) - 1)
    has_place = addresses[place_of_node] == address_by_node
    node_by_place = np.full(len(addresses), NO_NODE, dtype=np.int32)
    node_by_place[place_of_node[has_place]] = np.flatnonzero(has_place)
    nodes = node_by_place[place_of_wanted.reshape(wanted.shape)]
    pairs: NodeArray = nodes[(nodes != NO_NODE).all(axis=1)]
    return pairs


def _find_nowhere(
    chunks: Sequence[Chunk], nodes_by_chunk: Sequence[NodeArray]
) -> DamagedSnapshotError:
    """The complaint about the first line that refers to what has no row."""
    pairs = zip(chunks, nodes_by_chunk, strict=True)
    chunk, nodes = next((chunk, nodes) for chunk, nodes in pairs if (nodes == NO_NODE).any())
    (nowhere,) = np.nonzero(nodes == NO_NODE)
    return chunk.where.damaged(
        f"references to nowhere: no row describes the address {int(chunk.address[nowhere[0]])}"
        f" ({len(nowhere)} such in this line)",
        hint=NOWHERE_HINT,
    )


def _header(header: Mapping[str, Any], *, is_complete: bool, lost_count: int) -> Mapping[str, Any]:
    if is_complete and not lost_count:
        return header
    if is_complete:
        lost = f"{lost_count} references lead to objects that no row describes: left out"
    else:
        lost = (
            f"the file was cut: {lost_count} references lead to objects that were lost with its end"
        )
    return {**header, "not_seen": [*header["not_seen"], lost]}


def _own_names(chunks: Sequence[Chunk], nodes_by_chunk: Sequence[NodeArray]) -> Mapping[int, str]:
    names: dict[int, str] = {}
    for chunk, nodes in zip(chunks, nodes_by_chunk, strict=True):
        for row, name in chunk.name_by_row.items():
            names.setdefault(int(nodes[row]), name)
    return names
