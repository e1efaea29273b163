"""A process's files as they are reached from here: its root may be another one than ours."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from heapsnap.live.procfs import PROC, read_link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heapsnap.live.procfs import Mapping, Process

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


def mapped_file(process: Process, path: str, mappings: Iterable[Mapping]) -> Path:
    """The path by which we reach a file that a process has mapped, named as ``maps`` names it.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    files = {mapping.file for mapping in mappings if mapping.path == path}
    try:
        about = os.stat(path)  # noqa: PTH116
    except OSError:
        return seen_from_here(process, path)
    # In another mount namespace a file of that name may be another one.
    is_same = (about.st_dev, about.st_ino) in files
    return Path(path) if is_same else seen_from_here(process, path)


def named_by_process(process: Process, path: str) -> str:
    """What a process calls the file that a link of its ``/proc/PID`` names.

    Such links are told from the root of whoever reads them; a process in a ``chroot`` has another.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    root = read_link(process, "root").rstrip("/")
    return (path.removeprefix(root) or "/") if path == root or path.startswith(f"{root}/") else path
