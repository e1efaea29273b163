"""Which snapshots a command reads when it is not told: those of the last diff, else the newest.

Owns the memory of the last diff, a small file in the user's cache folder. That it cannot be
written or read is never an error: the commands then look in the folder.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heapsnap.errors import SnapshotNotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_FILES = 2
"""A baseline and a snapshot."""
PATTERNS = ("heapsnap-*.json", "heapsnap-*.json.gz", "heapsnap-*.json.zst")


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that a command reads, and whether it was told so.

    ``note`` says which file was chosen and why; empty where the user named it.
    """

    snapshot: Path
    since: Path | None
    note: str


def choose_snapshot(snapshot: Path | None, files: Sequence[Path] | None = None) -> Choice:
    """Find the one snapshot to read, for commands that know no baseline.

    Args:
        snapshot: What the user named, if anything.
        files: What the user named without an option.

    Raises:
        SnapshotNotFoundError: Nothing was named, and there is nothing to choose from.
        UsageError: Several files were named.
    """
    if files:
        if snapshot is not None or len(files) > 1:
            named = [*filter(None, [snapshot]), *files]
            raise UsageError(
                f"{len(named)} files, {_listed(named)}: expected one snapshot",
                hint="leave out all but one; heapsnap diff compares several",
            )
        return Choice(files[0], None, "")
    if snapshot is not None:
        return Choice(snapshot, None, "")
    if last := recall_diff():
        return Choice(last[1], None, f"reading {_shown(last[1])} (of the last diff)")
    newest = newest_snapshot(snapshot_folder())
    return Choice(newest, None, f"reading {newest} (the newest)")


def choose_snapshots(
    snapshot: Path | None, since: Path | None, files: Sequence[Path] | None = None
) -> Choice:
    """Find the snapshot to read, and the baseline if there is one.

    Args:
        snapshot: What the user named, if anything.
        since: The baseline that the user named, if any.
        files: What the user named without an option: the snapshot, or the baseline before it.

    Raises:
        SnapshotNotFoundError: Nothing was named, and there is nothing to choose from.
        UsageError: More files were named than there can be.
    """
    if files:
        named = [*filter(None, [since]), *files, *filter(None, [snapshot])]
        if len(named) > MOST_FILES:
            raise UsageError(
                f"{len(named)} files, {_listed(named)}: expected a snapshot, or a baseline and one",
                hint="name the first and the last; heapsnap diff compares several",
            )
        *baseline, chosen = named
        return Choice(chosen, baseline[0] if baseline else None, "")
    last = recall_diff()
    if snapshot is None and since is None and last:
        before, after = last
        note = f"reading {_shown(after)} since {_shown(before)} (the last diff)"
        return Choice(after, before, note)
    choice = choose_snapshot(snapshot)
    return Choice(choice.snapshot, since, choice.note)


def snapshot_folder() -> Path:
    """Where processes write their snapshots: ``$HEAPSNAP_DIR``, else the current folder."""
    return Path(os.environ.get("HEAPSNAP_DIR") or ".")


def newest_snapshot(folder: Path) -> Path:
    """The snapshot in the folder that was written last.

    Raises:
        SnapshotNotFoundError: There is none.
    """
    found = [path for pattern in PATTERNS for path in folder.glob(pattern)]
    if not found:
        raise SnapshotNotFoundError(
            f"no snapshot in '{folder.resolve()}': expected heapsnap-*.json or heapsnap-*.json.gz",
            hint="name one with -s FILE, or set HEAPSNAP_DIR to where the process writes them",
        )
    return max(found, key=_age)


def _age(path: Path) -> tuple[float, str]:
    try:
        return path.stat().st_mtime, path.name
    except OSError:
        return 0.0, path.name  # gone meanwhile


def remember_diff(before: Path, after: Path) -> None:
    """Note which two files were compared, for the commands that follow."""
    file = _memory()
    text = json.dumps({"before": str(before.absolute()), "after": str(after.absolute())})
    part = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="ascii")
        part.replace(file)
    except OSError:
        return


def recall_diff() -> tuple[Path, Path] | None:
    """The two files of the last diff, if both still stand."""
    try:
        noted = json.loads(_memory().read_text(encoding="ascii"))
        before, after = Path(noted["before"]), Path(noted["after"])
        return (before, after) if before.is_file() and after.is_file() else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(f"'{path}'" for path in paths)


def _shown(path: Path) -> Path:
    """The path as seen from the current folder, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _memory() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(cache, "heapsnap", "last-diff.json")
