"""What Linux tells about a process: ``/proc/PID`` read into values.

Owns how these files are read and what a missing or closed one means. What the facts say about
Python or heapsnap is for ``interpreter`` and ``presence``.

References:
    ``proc(5)``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from heapsnap.errors import HeapsnapError, NoSuchProcessError, ProcessClosedError

PROC = Path("/proc")
DELETED = " (deleted)"
ENDED = frozenset({"Z", "X"})
STOPPED = frozenset({"T", "t"})
CLOSED_HINT = (
    "be root or the user that it runs as; in a container: --cap-add SYS_PTRACE, "
    "or look from the host"
)


@dataclass(frozen=True, slots=True)
class Process:
    """A process at the moment when it was looked at.

    Attributes:
        pid: Its number here.
        inner_pid: Its number as it knows it itself, in its own pid namespace.
        parent: Its parent's number here; 0 where there is none to be seen.
        name: The first 15 bytes of the program's name.
        state: One letter of ``ps``: R, S, D, T (stopped), t (traced), Z (ended, not collected).
        uid: The user that it runs as.
        gid: The group that it runs as.
        tracer: The pid of the debugger that is attached, 0: none.
        caught: Bit ``n - 1`` is set if it handles signal ``n``.
        rss_bytes: Its memory; None where the kernel does not say.
        command: Its command line, as the program has left it; empty for kernel threads.
    """

    pid: int
    inner_pid: int
    parent: int
    name: str
    state: str
    uid: int
    gid: int
    tracer: int
    caught: int
    rss_bytes: int | None
    command: tuple[str, ...]

    def handles(self, number: int) -> bool:
        """Whether a handler is set for a signal."""
        return bool(self.caught >> (number - 1) & 1)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A part of a process's memory; ``path`` is empty for what is no file's.

    A path is told as it is seen from the root of whoever reads it, so a process in a ``chroot``
    calls the file otherwise. ``file`` is the file's device and number, 0 for what is none.
    """

    start: int
    end: int
    offset: int
    path: str
    file: tuple[int, int]


def read_process(pid: int) -> Process:
    """Read what everybody may know of a process.

    Raises:
        NoSuchProcessError: There is none, or it ended a moment ago.
    """
    fields = _status_fields(pid)
    leader = int(fields.get("Tgid", pid))
    if leader != pid:
        # The kernel takes a thread's number for its process's in some calls, and not in others.
        raise NoSuchProcessError(
            f"{pid} is a thread of process {leader}, and no process", hint=f"ask process {leader}"
        )
    rss = fields.get("VmRSS", "").split()
    return Process(
        pid=pid,
        inner_pid=int(fields.get("NSpid", str(pid)).split()[-1]),
        parent=int(fields["PPid"]),
        name=fields["Name"],
        state=fields["State"][:1],
        uid=int(fields["Uid"].split()[1]),
        gid=int(fields["Gid"].split()[1]),
        tracer=int(fields.get("TracerPid", "0")),
        caught=int(fields.get("SigCgt", "0"), 16),
        rss_bytes=int(rss[0]) * 1024 if rss else None,
        command=_read_strings(pid, "cmdline"),
    )


def read_living(pid: int) -> Process:
    """As ``read_process``, of a process that can still do something.

    Raises:
        NoSuchProcessError: There is none, or it has ended.
    """
    process = read_process(pid)
    if process.state in ENDED:
        raise NoSuchProcessError(
            f"process {pid} ({process.name}) has ended, but process {process.parent} "
            "has not reaped it",
            hint="heapsnap ps lists those that run Python",
        )
    return process


def list_processes() -> list[Process]:
    """All processes that can be seen from here, by pid."""
    found = []
    for pid in sorted(int(folder.name) for folder in PROC.iterdir() if folder.name.isdigit()):
        with suppress(NoSuchProcessError):
            found.append(read_process(pid))
    return found


def list_tree(root: int) -> list[Process]:
    """A process and all that descend from it, parents before children.

    Raises:
        NoSuchProcessError: There is no such process.
    """
    children: dict[int, list[Process]] = {}
    for process in list_processes():
        children.setdefault(process.parent, []).append(process)
    tree = [read_process(root)]
    for process in tree:
        tree += children.get(process.pid, [])
    return tree


def read_mappings(process: Process) -> list[Mapping]:
    """The parts of a process's memory, by address.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    found = []
    for line in _read(process.pid, "maps").decode("utf-8", "surrogateescape").split("\n"):
        words = line.split(None, 5)
        if not words:
            continue
        start, _, end = words[0].partition("-")
        path = words[5] if len(words) > 5 else ""  # noqa: PLR2004 - the sixth column
        major, _, minor = words[3].partition(":")
        file = (os.makedev(int(major, 16), int(minor, 16)), int(words[4]))
        found.append(Mapping(int(start, 16), int(end, 16), int(words[2], 16), path, file))
    return found


def read_environment(process: Process) -> dict[str, str]:
    """The variables with which a process was started.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    entries = (entry.partition("=") for entry in _read_strings(process.pid, "environ"))
    return {name: value for name, _, value in entries}


def read_link(process: Process, name: str) -> str:
    """Where a link of ``/proc/PID`` leads: ``exe``, ``cwd``, ``ns/mnt``.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    try:
        return str((PROC / str(process.pid) / name).readlink())
    except OSError as error:
        raise _explained(process.pid, error) from error


def has_descriptor_left(process: Process) -> bool:
    """Whether the process may open one more file; True where nobody can tell.

    References:
        ``RLIMIT_NOFILE`` in ``getrlimit(2)``: one more than the highest number of a descriptor.
    """
    try:
        limits = _read(process.pid, "limits").decode("ascii", "replace")
        limit = int(limits.partition("Max open files")[2].split()[0])
        taken = [int(entry.name) for entry in (PROC / str(process.pid) / "fd").iterdir()]
    except (HeapsnapError, OSError, ValueError, IndexError):
        return True
    return sum(number < limit for number in taken) < limit


def is_running(pid: int) -> bool:
    """Whether the process is there and has not ended."""
    try:
        return read_process(pid).state not in ENDED
    except NoSuchProcessError:
        return False


def _status_fields(pid: int) -> dict[str, str]:
    text = _read(pid, "status").decode("utf-8", "replace")
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _read_strings(pid: int, name: str) -> tuple[str, ...]:
    text = _read(pid, name).decode("utf-8", "surrogateescape").rstrip("\0")
    return tuple(text.split("\0")) if text else ()


def _read(pid: int, name: str) -> bytes:
    try:
        return (PROC / str(pid) / name).read_bytes()
    except OSError as error:
        raise _explained(pid, error) from error


def _explained(pid: int, error: OSError) -> NoSuchProcessError | ProcessClosedError:
    if isinstance(error, PermissionError):
        return ProcessClosedError(f"may not look into process {pid}", hint=CLOSED_HINT)
    return NoSuchProcessError(f"no process {pid}", hint="heapsnap ps lists those that run Python")
