"""The roots as the file names them, by address, and as everything else does, by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapsnap.snapshot.model import NO_NODE, Frame, Roots, Thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heapsnap.snapshot.lines import Where

NOWHERE_HINT = "the snapshot contradicts itself: take a new one, and report it as a bug"


def addresses_of(raw: Mapping[str, Any]) -> list[int]:
    """Every address that the roots name, once."""
    frames = [frame for thread in raw["threads"] for frame in thread["frames"]]
    addresses = {
        *raw["modules"].values(),
        *(entry["address"] for entry in raw["interpreter"]),
        *(thread[key] for thread in raw["threads"] for key in ("local", "exception")),
        *(frame["frame"] for frame in frames),
        *(address for frame in frames for address in frame["addresses"]),
    }
    return sorted(addresses - {None})


def roots_by_node(
    raw: Mapping[str, Any],
    where: Where,
    node_by_address: Mapping[int, int],
    *,
    is_complete: bool,
) -> Roots:
    """The roots by node. In a cut file, those whose objects were lost are left out.

    Args:
        raw: The file's line of roots, checked.
        where: That line, for the complaint.
        node_by_address: The node of each of ``addresses_of(raw)``; ``NO_NODE``: it has no row.
        is_complete: Whether the file is.

    Raises:
        DamagedSnapshotError: In a complete file a root leads to an address without a row.
    """
    # Only a frame's own object may be without a row.
    frames = {frame["frame"] for thread in raw["threads"] for frame in thread["frames"]}
    lost = [a for a, node in node_by_address.items() if node == NO_NODE and a not in frames]
    if lost and is_complete:
        raise where.damaged(
            f"roots that lead nowhere: no row describes the address {lost[0]}"
            f" ({len(lost)} such among the roots)",
            hint=NOWHERE_HINT,
        )

    def is_known(address: int) -> bool:
        return node_by_address[address] != NO_NODE

    def frame_of(entry: Mapping[str, Any]) -> Frame:
        variables = zip(entry["names"], entry["addresses"], strict=True)
        return Frame(
            function=entry["function"],
            module=entry["module"],
            file=entry["file"],
            line=entry["line"],
            node=node_by_address[entry["frame"]],
            locals=tuple((name, node_by_address[a]) for name, a in variables if is_known(a)),
        )

    def thread_of(entry: Mapping[str, Any]) -> Thread:
        return Thread(
            ident=entry["ident"],
            name=entry["name"],
            is_daemon=entry["daemon"],
            is_current=entry["current"],
            local_node=node_by_address.get(entry["local"], NO_NODE),
            exception_node=node_by_address.get(entry["exception"], NO_NODE),
            frames=tuple(map(frame_of, entry["frames"])),
        )

    return Roots(
        modules={name: node_by_address[a] for name, a in raw["modules"].items() if is_known(a)},
        threads=tuple(map(thread_of, raw["threads"])),
        interpreter=tuple(
            (entry["name"], node_by_address[entry["address"]])
            for entry in raw["interpreter"]
            if is_known(entry["address"])
        ),
    )
