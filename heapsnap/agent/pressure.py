"""How much memory the process takes, and how close that is to what it may take.

The kernel's out-of-memory killer leaves no time for anything, so the question is asked before: of
the control groups (version 2, version 1, every one above the process's own), of the limit of the
address space, and, where none of these limits it, of the machine.
"""

import os

from .files import is_folder, read_file

try:
    import resource
except ImportError:  # pragma: no cover - not POSIX
    resource = None

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_UNLIMITED_BYTES = 1 << 60
"""Version 1 writes "no limit" as a number near 2**63."""

_READ_LIMIT = 1 << 16
_SIZE, _RESIDENT, _DATA = 0, 1, 5
"""Where these stand in ``/proc/self/statm``, counted in pages, see proc(5)."""

SPACE = "its address space"
MACHINE = "the memory of the machine"


class Ceiling:
    """Something that must not be exceeded: its name, bytes in use, bytes allowed.

    ``ends_all``: whoever exceeds it, the kernel ends all processes together.
    """

    __slots__ = ("allowed_bytes", "ends_all", "name", "used_bytes")

    def __init__(self, name, used_bytes, allowed_bytes, *, ends_all=False):
        self.ends_all = ends_all
        self.name = name
        self.used_bytes = used_bytes
        self.allowed_bytes = allowed_bytes


class Group:
    """A control group that may have a limit: its folder, and how its files are called."""

    __slots__ = ("folder", "is_first_version")

    def __init__(self, folder, *, is_first_version):
        self.folder = folder
        self.is_first_version = is_first_version

    def ends_all(self):
        """Whether its processes end together when memory does, as Kubernetes asks for."""
        return not self.is_first_version and _read_number(self.folder, "memory.oom.group") == 1

    def ceiling(self):
        """The limit of the group and what it uses of it, or None where it has no limit."""
        first = self.is_first_version
        limit = _read_number(self.folder, "memory.limit_in_bytes" if first else "memory.max")
        if limit is None or limit >= _UNLIMITED_BYTES:
            return None
        used = _read_number(self.folder, "memory.usage_in_bytes" if first else "memory.current")
        if used is None:
            return None
        # Pages of files that nobody used lately are dropped before anybody is killed.
        droppable = _read_field(
            self.folder, "memory.stat", b"total_inactive_file" if first else b"inactive_file"
        )
        return Ceiling("the memory of its control group", max(0, used - droppable), limit)


class Own:
    """The memory of this process: its address space, what of it is resident, and what is private.

    ``private_bytes``: everything that it may have written to lies therein, on disk by now or not.
    """

    __slots__ = ("private_bytes", "resident_bytes", "space_bytes")

    def __init__(self, space_bytes, resident_bytes, private_bytes):
        self.space_bytes = space_bytes
        self.resident_bytes = resident_bytes
        self.private_bytes = private_bytes


def read_own():
    """The memory of this process, an ``Own``; None where the kernel does not tell."""
    pages = read_file("/proc/self/statm", _READ_LIMIT).split()
    if len(pages) <= _DATA:
        return None
    return Own(*(int(pages[place]) * _PAGE_BYTES for place in (_SIZE, _RESIDENT, _DATA)))


def read_rss():
    """Resident bytes of this process; None where the kernel does not tell."""
    own = read_own()
    return None if own is None else own.resident_bytes


def read_available():
    """Bytes that the machine could give without swapping; None where it does not tell."""
    return _read_field("/proc", "meminfo", b"MemAvailable:") * 1024 or None


def read_ceilings(groups):
    """Every ceiling above this process, in no order; never empty where anything is known.

    Args:
        groups: As ``find_groups`` returns them.
    """
    found, below = [], []
    for group in groups:
        below.append(group)
        ceiling = group.ceiling()
        if ceiling is not None:
            # What is said of a group below the limit holds for the limit too.
            ceiling.ends_all = any(inner.ends_all() for inner in below)
            found.append(ceiling)
    own, allowed = read_own(), _address_space_limit()
    if allowed is not None and own is not None:
        found.append(Ceiling(SPACE, own.space_bytes, allowed))
    if not found and own is not None:
        total = _read_field("/proc", "meminfo", b"MemTotal:")
        if total:
            found.append(Ceiling(MACHINE, own.resident_bytes, total * 1024))
    return found


def find_groups(root="/", process="self"):
    """The control groups of memory that this process is in, its own first, then those above.

    Args:
        root: Where ``/proc`` and the mounted groups are looked for.
        process: Whose they are.
    """
    own = _own_paths(read_file(os.path.join(root, f"proc/{process}/cgroup"), _READ_LIMIT))
    mounts = _mounts(read_file(os.path.join(root, f"proc/{process}/mountinfo"), _READ_LIMIT))
    groups = []
    for point, top, is_first_version in mounts:
        path = own.get(is_first_version)
        if path is None:
            continue
        # In a container the mount may show a part of the tree only, or paths from outside of it.
        inside = path[len(top) :] if top != "/" and path.startswith(top) else path
        mount = os.path.join(root, point.strip("/"))
        folder = os.path.normpath(os.path.join(mount, inside.strip("/")))
        if not folder.startswith(mount) or not is_folder(folder):
            folder = mount
        while len(folder) >= len(mount):
            groups.append(Group(folder, is_first_version=is_first_version))
            folder = os.path.dirname(folder)
    return groups


def _own_paths(text):
    """Path in the tree of version 2 (False) and in that of memory of version 1 (True)."""
    paths = {}
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            paths[False] = path
        elif "memory" in controllers.split(","):
            paths[True] = path
    return paths


def _mounts(text):
    """Mount point, what part of the tree it shows, and whether it is version 1."""
    for line in text.splitlines():
        if b" - cgroup" not in line or (b" - cgroup " in line and b"memory" not in line):
            # The process stands still meanwhile, and a machine may have hundreds of mounts.
            continue
        before, _, after = line.decode("utf-8", "surrogateescape").partition(" - ")
        fields, kinds = before.split(), after.split()
        if len(fields) < 5 or len(kinds) < 3:
            continue
        if kinds[0] == "cgroup2":
            yield fields[4], fields[3], False
        elif kinds[0] == "cgroup" and "memory" in kinds[-1].split(","):
            yield fields[4], fields[3], True


def _address_space_limit():
    if resource is None:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _read_number(folder, name):
    text = read_file(os.path.join(folder, name), _READ_LIMIT).strip()
    return int(text) if text.isdigit() else None


def _read_field(folder, name, key):
    for line in read_file(os.path.join(folder, name), _READ_LIMIT).splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == key and words[1].isdigit():
            return int(words[1])
    return 0
