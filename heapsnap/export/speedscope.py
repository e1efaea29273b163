"""Stacks of references for speedscope.

References:
    ``src/lib/file-format-spec.ts`` of jlfwong/speedscope; its schema comes with the npm package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.export.stacks import Stacks

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def speedscope_document(stacks: Stacks) -> dict[str, Any]:
    """The document: one profile for a heap; for two, what came, what went, then both heaps."""
    names = stacks.names
    profiles = [
        _profile(stacks, f"bytes in {name}", [stack.bytes[number] for stack in stacks.stacks])
        for number, name in enumerate(names)
    ]
    if len(names) > 1:
        growth = [stack.bytes[-1] - stack.bytes[0] for stack in stacks.stacks]
        came = _profile(stacks, "bytes that came", growth)
        went = _profile(stacks, "bytes that went", [-size for size in growth])
        profiles = [came, went, *profiles]
    return {
        "$schema": SCHEMA,
        "name": " -> ".join(names),
        "exporter": "heapsnap",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": text} for text in stacks.frames]},
        "profiles": profiles,
    }


def _profile(stacks: Stacks, name: str, weights: Sequence[int]) -> dict[str, Any]:
    weighed = zip(stacks.stacks, weights, strict=True)
    shown = [(stack.frames, size) for stack, size in weighed if size > 0]
    return {
        "type": "sampled",
        "name": name,
        "unit": "bytes",
        "startValue": 0,
        "endValue": sum(size for _, size in shown),
        "samples": [frames for frames, _ in shown],
        "weights": [size for _, size in shown],
    }
