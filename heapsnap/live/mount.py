"""A process's files as they are reached from here: its root may be another one than ours."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from heapsnap.live.procfs import PROC, read_link

if TYPE_CHECKING:
    from heapsnap.live.procfs import Process

MOST_LINKS = 40
"""What the kernel follows before it says ``ELOOP``."""


def shares_our_files(process: Process) -> bool:
    """Whether a path means the same file to the process and to us.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    return _view(read_link(process, "ns/mnt"), process.pid) == _view(
        str(Path("/proc/self/ns/mnt").readlink()), "self"
    )


def _view(namespace: str, pid: int | str) -> tuple[str, int, int]:
    root = os.stat(f"/proc/{pid}/root/.")  # noqa: PTH116
    return namespace, root.st_dev, root.st_ino


def seen_from_here(process: Process, path: str) -> Path:
    """The path by which we reach what the process calls ``path``.

    Links are followed by hand: the kernel would follow an absolute one from our own root.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    if shares_our_files(process):
        return Path(path)
    root = PROC / str(process.pid) / "root"
    done: list[str] = []
    ahead = [part for part in PurePosixPath(path).parts if part != "/"]
    links = 0
    while ahead:
        part = ahead.pop(0)
        if part == "..":
            del done[-1:]
            continue
        here = root.joinpath(*done, part)
        links += here.is_symlink()
        if not here.is_symlink() or links > MOST_LINKS:
            done.append(part)
            continue
        target = PurePosixPath(here.readlink())
        done = [] if target.is_absolute() else done
        ahead[:0] = [part for part in target.parts if part != "/"]
    return root.joinpath(*done)
