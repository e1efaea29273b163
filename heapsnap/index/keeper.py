"""The index of one snapshot: its parts, by name, as far as they were made.

Owns when an index is used at all and which one belongs to a file. Nothing here is an error: what
cannot be kept is made again by the next command.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heapsnap.index.folder import (
    IDENTITY_FILE,
    existing_folders,
    has_room,
    keep_within_bounds,
    make_folder,
)
from heapsnap.index.identity import Identity, look_at, program
from heapsnap.index.part import PART_SUFFIX, UNFINISHED_PREFIX, Part, read_part, write_part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

SWITCH = "HEAPSNAP_INDEX"
"""``off``: no index is read or written; ``on``: of files of any size; else of large ones."""
SMALLEST_BYTES = 4 << 20
"""A smaller snapshot is loaded in less time than the look for its index would save."""


@dataclass(frozen=True, eq=False)
class Index:
    """What is kept of one snapshot.

    Attributes:
        snapshot: The file.
        folder: Where its parts stand or will; None where nothing may be written.
        identity: Of the file when it was opened.
    """

    snapshot: Path
    folder: Path | None
    identity: Identity

    @property
    def key(self) -> str:
        """What the parts belong to: this content, as this program reads it."""
        return f"{self.identity.content} {program()}"

    def recall(self, name: str) -> Part | None:
        """The part of this name, if it was kept and is whole."""
        if self.folder is None:
            return None
        return read_part(self.folder / (name + PART_SUFFIX), key=self.key)

    def keep(self, name: str, arrays: Mapping[str, NDArray[Any]], facts: Any = None) -> None:
        """Keep a part, if there is room."""
        size_bytes = sum(array.nbytes for array in arrays.values())
        if self.folder is None or not has_room(self.folder, size_bytes):
            return
        path = self.folder / (name + PART_SUFFIX)
        with suppress(OSError):
            write_part(path, key=self.key, arrays=arrays, facts=facts)

    def drop_oldest(self, prefix: str, *, most: int) -> None:
        """Remove the parts that were written longest ago, of those whose names begin so.

        Args:
            prefix: How the names begin.
            most: So many stay.
        """
        if self.folder is None:
            return
        with suppress(OSError):
            found = [(file.stat().st_mtime_ns, file) for file in self.folder.glob(f"{prefix}*")]
            for _, file in sorted(found)[: max(len(found) - most, 0)]:
                file.unlink(missing_ok=True)

    def is_still_of(self, path: Path) -> bool:
        """Whether the file has not changed since it was opened."""
        try:
            return look_at(path)[0] == self.identity.entry
        except OSError:
            return False

    def seal(self) -> None:
        """Say which file this is the index of: from now on it is found without reading that."""
        if self.folder is None:
            return
        path = self.folder / IDENTITY_FILE
        with suppress(OSError):
            _write_identity(path, self.identity)
            keep_within_bounds(self.folder)


def may_have_index(snapshot: Path) -> bool:
    """Whether an index of the file is wanted: it is large, or they are wanted of all."""
    switch = os.environ.get(SWITCH, "")
    try:
        size_bytes = snapshot.stat().st_size
    except OSError:
        return False
    return switch != "off" and (switch == "on" or size_bytes >= SMALLEST_BYTES)


def open_index(snapshot: Path) -> Index | None:
    """The index of a snapshot file, perhaps without parts; None if it is to have none.

    Args:
        snapshot: The file. That it cannot be read is for the reader to say.
    """
    if not may_have_index(snapshot):
        return None
    if (index := find_index(snapshot)) is not None:
        return index
    try:
        identity = Identity.of_file(snapshot)
    except OSError:
        return None
    if identity is None:
        return None
    for folder in existing_folders(snapshot):
        found = _read_identity(folder / IDENTITY_FILE)
        if found is not None and found.content == identity.content:
            with suppress(OSError):
                _write_identity(folder / IDENTITY_FILE, identity)
            return Index(snapshot, folder, identity)
    return Index(snapshot, make_folder(snapshot), identity)


def find_index(snapshot: Path) -> Index | None:
    """The index that is the file's for certain, without reading it; None: ``open_index`` knows."""
    try:
        for folder in existing_folders(snapshot):
            found = _read_identity(folder / IDENTITY_FILE)
            if found is not None and found.is_surely(snapshot):
                os.utime(folder / IDENTITY_FILE)  # When it was used last.
                return Index(snapshot, folder, found)
    except OSError:
        return None
    return None


def _read_identity(path: Path) -> Identity | None:
    try:
        return Identity.of_json(orjson.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None


def _write_identity(path: Path, identity: Identity) -> None:
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{path.name}-{os.getpid()}")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:  # noqa: PTH123
        file.write(orjson.dumps(identity.to_json()))
    unfinished.replace(path)
