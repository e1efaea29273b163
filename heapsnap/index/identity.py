"""Whether a snapshot file is still the one that an index was made of, and by this program.

Owns the two questions. A file's content decides; its entry in the file system answers for
it where that is certain, which saves reading it: a file that was written, replaced or moved
has another inode or another time of change (ctime, which no program can set).

References:
    "Racy Git" (Documentation/technical/racy-git.txt): a file that changed within the clock's
    tick of the look at it looks unchanged; so a look that came too early is not believed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SETTLED_NS = 2_000_000_000
"""Clocks of file systems tick every 4 ms to 2 s: what changed longer ago cannot look unchanged."""
PIECE_BYTES = 1 << 20
PROGRAM_FOLDERS = ("snapshot", "graph", "analysis", "index")


@dataclass(frozen=True, slots=True)
class Identity:
    """A file's entry in the file system, and the hash of its content at that time.

    ``is_settled``: its last change lay far enough back that a later one would show.
    """

    entry: tuple[int, ...]
    is_settled: bool
    content: str

    @classmethod
    def of_file(cls, path: Path) -> Identity | None:
        """Read and hash the file; None if it changed meanwhile.

        SHA-256: 1.5 GB/s where the processor has instructions for it, a twentieth of the time
        that loading takes.

        Raises:
            OSError: It cannot be read.
        """
        entry, is_settled = look_at(path)
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
        if look_at(path)[0] != entry:
            return None
        return cls(entry, is_settled, digest.hexdigest())

    @classmethod
    def of_json(cls, value: Any) -> Identity | None:
        """The identity that ``to_json`` wrote; None if that is something else."""
        try:
            return cls(tuple(value["entry"]), value["is_settled"], value["content"])
        except (KeyError, TypeError):
            return None

    def to_json(self) -> dict[str, Any]:
        """The identity as plain values."""
        return {"entry": list(self.entry), "is_settled": self.is_settled, "content": self.content}

    def is_surely(self, path: Path) -> bool:
        """Whether the file has this content for certain, without reading it."""
        return self.is_settled and look_at(path)[0] == self.entry


def look_at(path: Path) -> tuple[tuple[int, ...], bool]:
    """The file's entry (device, inode, size, mtime, ctime), and whether it is settled.

    Raises:
        OSError: There is no such file.
    """
    status = os.stat(path)  # noqa: PTH116
    times = status.st_mtime_ns, status.st_ctime_ns
    is_settled = max(times) + SETTLED_NS < time.time_ns()
    return (status.st_dev, status.st_ino, status.st_size, *times), is_settled


@cache
def program() -> str:
    """Which program makes the answers: a hash over the names, sizes and times of its files.

    What another version of the reader or of the analysis has found out is not this one's answer.
    Nor is what another Python has: whose modules are Python's own is asked of the one that runs.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(sys.version.encode())
    for folder in PROGRAM_FOLDERS:
        for file in sorted((package / folder).rglob("*.py")):
            status = file.stat()
            name = file.relative_to(package)
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
