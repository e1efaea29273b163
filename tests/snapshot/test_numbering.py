"""First places of addresses, against the slow but obvious way."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.snapshot.numbering import SLOTS_PER_ADDRESS, _assign_slots, find_first_places


def obvious_first_places(addresses: list[int]) -> list[int]:
    first: dict[int, int] = {}
    return [first.setdefault(address, place) for place, address in enumerate(addresses)]


@pytest.mark.parametrize("top", [2, 40, 2**20, 2**36, 2**47, 2**63 - 1])
@pytest.mark.parametrize("alignment", [1, 8, 16])
def test_the_first_place_of_every_address_is_found(top: int, alignment: int) -> None:
    for seed in range(40):
        random = np.random.default_rng(seed)
        count = int(random.integers(1, 200))
        drawn = random.integers(1, max(top // alignment, 2), count) * alignment
        addresses = np.concatenate([drawn, random.choice(drawn, count // 2)])
        slots, slot_count = _assign_slots(addresses)
        assert find_first_places(addresses).tolist() == obvious_first_places(addresses.tolist())
        assert slot_count <= SLOTS_PER_ADDRESS * len(addresses)
        assert 0 <= slots.min() <= slots.max() < slot_count


def test_addresses_in_two_far_regions_are_told_apart() -> None:
    near = 16 * np.arange(100_000)
    addresses = np.concatenate([0x5555_0000_0000 + near, 0x7FFF_0000_0000 + near[::-1]])
    assert find_first_places(addresses).tolist() == list(range(200_000))


def test_no_address_has_no_place() -> None:
    assert find_first_places(np.empty(0, dtype=np.int64)).tolist() == []
