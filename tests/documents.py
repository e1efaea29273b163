"""Snapshot files written from their parts: the one writer that all tests use.

Owns the lines of ``docs/format.md`` and a header to write; what stands in the chunks is for
``heaps``.
"""

from __future__ import annotations

import gzip
import json
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HEADER: dict[str, Any] = {
    "pid": 4711,
    "ppid": 1,
    "host": "testhost",
    "argv": ["app.py"],
    "executable": "/usr/bin/python3",
    "python": "3.11.7 (main, Dec  4 2023, 18:10:11) [GCC 12.2.0]",
    "version_info": [3, 11, 7, "final", 0],
    "implementation": "cpython",
    "platform": "linux",
    "debug_build": False,
    "free_threaded": False,
    "agent_version": "0.1.0",
    "time": 1700000000.5,
    "time_utc": "2023-11-14T22:13:20.500000Z",
    "reason": "dump()",
    "mode": "fork",
    "sequence": 1,
    "pause_seconds": 0.005,
    "memory": {
        "rss_bytes": 21_000_000,
        "peak_rss_bytes": 22_000_000,
        "swap_bytes": 0,
        "anonymous_bytes": 15_000_000,
        "file_bytes": 6_000_000,
        "shared_bytes": 0,
        "allocated_blocks": 100_000,
    },
    "gc": {
        "enabled": True,
        "count": [100, 5, 2],
        "threshold": [700, 10, 10],
        "freeze_count": 0,
        "stats": [{"collections": 10, "collected": 5, "uncollectable": 0}] * 3,
        "garbage": 0,
        "debug": 0,
    },
    "thread_count": 1,
    "redacted": False,
    "not_seen": [],
}


def write_document(
    path: Path,
    *,
    header: Mapping[str, Any],
    roots: Mapping[str, Any],
    chunks: Sequence[Mapping[str, Any]],
    end: Mapping[str, Any],
) -> Path:
    """Write the parts of a snapshot in the lines of ``docs/format.md``; return the path."""
    opening = _dumps({"format": "heapsnap", "version": 1, "header": header})
    lines = [
        f"{opening[:-1]},",
        f'"roots":{_dumps(roots)},',
        '"chunks":[',
        *([",\n".join(map(_dumps, chunks))] if chunks else []),
        "],",
        f'"end":{_dumps(end)}}}',
    ]
    document = "".join(f"{line}\n" for line in lines).encode("ascii")
    path.write_bytes(gzip.compress(document, mtime=0) if path.suffix == ".gz" else document)
    return path


def pack(chunk: Mapping[str, Any]) -> dict[str, Any]:
    """A chunk for ``write_document``, from one whose addresses and types stand as each row has them."""
    steps = [after - before for before, after in pairwise([0, *chunk["address"]])]
    runs = [(kind, len(list(rows))) for kind, rows in groupby(chunk["type"])]
    return {**chunk, "address": steps, "type": [number for run in runs for number in run]}


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
