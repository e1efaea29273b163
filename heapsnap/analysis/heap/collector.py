"""What the cycle collector of the process did, and what it would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heapsnap.snapshot.model import Snapshot

FROZEN_BY_PYTHON = 1000
"""Python 3.12 freezes some 375 objects of its own when it starts; programs freeze many more."""


def frozen_by_program(state: Mapping[str, Any]) -> int:
    """Objects that the program hid from its collector by ``gc.freeze()``.

    Args:
        state: The header's ``gc``.
    """
    frozen: int = state["freeze_count"]
    return frozen if frozen > FROZEN_BY_PYTHON else 0


def collects(snapshot: Snapshot) -> bool:
    """Whether the collector of that process would free its garbage by itself sooner or later."""
    state = snapshot.header["gc"]
    return bool(state["enabled"] and state["threshold"][0] > 0 and not frozen_by_program(state))
