"""Where indexes stand: beside their snapshots, or in the cache folder; and how much there may be.

Owns the choice of the folder, the register of all indexes (in the cache folder, so that those
beside snapshots are found again), and the bound on what they take together.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from heapsnap.index.part import PART_SUFFIX, UNFINISHED_PREFIX

SUFFIX = ".index"
IDENTITY_FILE = "identity.json"
BESIDE_FILE = "beside"
"""In the register: the path of the index that stands beside its snapshot."""
SNAPSHOT_FILE = "snapshot"
"""In the register: the path of the snapshot."""
OWN_FILES = (IDENTITY_FILE, BESIDE_FILE, SNAPSHOT_FILE, f"*{PART_SUFFIX}", f"{UNFINISHED_PREFIX}*")
MOST_BYTES = 8 << 30
"""All indexes together: those of ten snapshots of ten million objects."""
LEAST_FREE_BYTES = 1 << 30
"""What an index leaves free on the disk: the next snapshot needs the room more."""
FORGOTTEN_SECONDS = 3600
"""After that long a file under an unfinished name belongs to nobody who still writes it."""


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """One index in the register.

    ``used``: seconds since 1970 when an answer was last taken from it. ``snapshot`` may be gone.
    """

    folder: Path
    snapshot: Path
    size_bytes: int
    used: float
    register: Path


def cache_folder() -> Path:
    """The folder of all that heapsnap keeps for this user."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(cache, "heapsnap")


def register_of(snapshot: Path) -> Path:
    """The snapshot's place in the register, and of its index if that is in the cache folder."""
    name = hashlib.sha256(os.fsencode(snapshot.absolute())).hexdigest()[:32]
    return cache_folder() / "index" / name


def beside(snapshot: Path) -> Path:
    """The folder of an index that stands beside its snapshot."""
    return snapshot.with_name(snapshot.name + SUFFIX)


def existing_folders(snapshot: Path) -> list[Path]:
    """Where an index of the snapshot may stand and something does."""
    folders = (beside(snapshot), register_of(snapshot))
    return [folder for folder in folders if (folder / IDENTITY_FILE).is_file() and _is_own(folder)]


def make_folder(snapshot: Path) -> Path | None:
    """Make and register the folder for a new index; None where nothing may be written."""
    register = register_of(snapshot)
    try:
        register.mkdir(parents=True, exist_ok=True, mode=0o700)
        (register / SNAPSHOT_FILE).write_bytes(os.fsencode(snapshot.absolute()))
    except OSError:
        return None
    folder = beside(snapshot)
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        # What cannot be listed could not be cleared: an index is beside only if registered.
        (register / BESIDE_FILE).write_bytes(os.fsencode(folder.absolute()))
    except OSError:
        return register
    return folder if os.access(folder, os.W_OK | os.X_OK) and _is_own(folder) else register


def _is_own(folder: Path) -> bool:
    """Whether nobody else has a say in what stands in the folder."""
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def has_room(folder: Path, size_bytes: int) -> bool:
    """Whether the disk takes that much and has room left."""
    try:
        return shutil.disk_usage(folder).free > size_bytes + LEAST_FREE_BYTES
    except OSError:
        return False


def kept_indexes() -> list[KeptIndex]:
    """All indexes in the register, the one used last first."""
    try:
        registers = sorted((cache_folder() / "index").iterdir())
    except OSError:
        return []
    found = [index for register in registers if (index := _read_register(register))]
    return sorted(found, key=lambda index: (-index.used, index.snapshot))


def _read_register(register: Path) -> KeptIndex | None:
    try:
        snapshot = Path(os.fsdecode((register / SNAPSHOT_FILE).read_bytes()))
    except OSError:
        return None
    folder = register
    with suppress(OSError):
        stands_beside = Path(os.fsdecode((register / BESIDE_FILE).read_bytes()))
        if not (register / IDENTITY_FILE).exists():
            folder = stands_beside
    size, used = 0, 0.0
    for directory in {folder, register}:
        with suppress(OSError):
            for file in directory.iterdir():
                status = file.stat()
                size += status.st_size
                if file.name == IDENTITY_FILE:
                    used = max(used, status.st_mtime)
    return KeptIndex(folder, snapshot, size, used, register)


def forget(index: KeptIndex) -> None:
    """Remove an index and its entry in the register. Who has it mapped goes on reading it."""
    for folder in {index.folder, index.register}:
        # Only what an index consists of, whatever path the register says.
        for pattern in OWN_FILES:
            for file in folder.glob(pattern):
                with suppress(OSError):
                    file.unlink()
        with suppress(OSError):
            folder.rmdir()


def keep_within_bounds(newest: Path) -> None:
    """Remove what belongs to snapshots that are gone, and then the longest unused.

    Args:
        newest: The folder of the index that was just written: it stays.
    """
    indexes = kept_indexes()
    total = sum(index.size_bytes for index in indexes if index.folder == newest.absolute())
    for index in indexes:
        if index.folder == newest.absolute():
            continue
        if not index.snapshot.exists() or total + index.size_bytes > MOST_BYTES:
            forget(index)
        else:
            total += index.size_bytes
    with suppress(OSError):
        for file in newest.glob(f"{UNFINISHED_PREFIX}*"):
            if file.stat().st_mtime < time.time() - FORGOTTEN_SECONDS:
                file.unlink(missing_ok=True)
