"""Numbers that stay with an object over several snapshots of one process.

Readers of V8's format compare snapshots by such ids. An address alone is none: it has 48 bits
where readers keep 32, and it is given to the next object as soon as one is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.model import Snapshot

FIRST_ID = 1
STEP = 2
"""V8 gives odd ids to objects of its heap; even ones are for what lies outside."""
MOST_IDS = 2**31
"""Readers keep ids in 32 bits."""


class ObjectIds:
    """Ids of the objects of a series of snapshots, given in the order in which they come up.

    An object is the same as one of an earlier snapshot if it has its address and its type. Where
    an object was freed and another of the same type was put at its address in the meantime, the
    two have one id: nothing in the snapshots tells them apart.
    """

    def __init__(self) -> None:
        self._next = 0
        self._number_by_text: dict[str, int] = {}
        self._number_by_type: dict[str, int] = {}
        # Sorted by address, then by type; of all objects so far.
        self._addresses = np.empty(0, dtype=np.int64)
        self._types = np.empty(0, dtype=np.int32)
        self._numbers = np.empty(0, dtype=np.int64)

    def of_text(self, text: str) -> int:
        """The id of something that is no object but has a name."""
        number = self._number_by_text.get(text)
        if number is None:
            number = self._number_by_text[text] = self._take(1)
        return FIRST_ID + STEP * number

    def of_objects(self, snapshot: Snapshot) -> NDArray[np.int64]:
        """``(n,) int64``: the ids of all objects of a snapshot."""
        names = [kind.full_name for kind in snapshot.types]
        numbers = [self._number_by_type.setdefault(n, len(self._number_by_type)) for n in names]
        types = np.array(numbers, dtype=np.int32)[snapshot.type_by_node]
        addresses = snapshot.address_by_node
        known = len(self._addresses)
        all_addresses = np.concatenate([self._addresses, addresses])
        all_types = np.concatenate([self._types, types])
        # Stable: what is known already stands before what equals it.
        order = np.lexsort((all_types, all_addresses))
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = (np.diff(all_addresses[order]) != 0) | (np.diff(all_types[order]) != 0)
        firsts = order[is_first]
        new = np.sort(firsts[firsts >= known])
        number_by_place = np.empty(len(order), dtype=np.int64)
        number_by_place[:known] = self._numbers
        start = self._take(len(new))
        number_by_place[new] = np.arange(start, start + len(new))
        # Every place takes the number of the first one that equals it.
        group_by_place = np.empty(len(order), dtype=np.int64)
        group_by_place[order] = np.cumsum(is_first) - 1
        numbers_of_all = number_by_place[firsts][group_by_place]
        self._addresses, self._types = all_addresses[firsts], all_types[firsts]
        self._numbers = number_by_place[firsts]
        ids: NDArray[np.int64] = FIRST_ID + STEP * numbers_of_all[known:]
        return ids

    def _take(self, count: int) -> int:
        start, self._next = self._next, self._next + count
        if self._next > MOST_IDS:
            message = f"{self._next:,} objects: ids of 32 bits reach to {MOST_IDS:,}"
            raise ValueError(message)
        return start
