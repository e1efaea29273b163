"""How others see from outside that this process answers a signal with a snapshot.

An uninstalled USR1 kills a process, so whoever sends it must know. What tells them is the name of
one mapped page, `/memfd:heapsnap:1:10:/var/tmp/heaps (deleted)` in `/proc/PID/maps`: the version
of this scheme, the signal, the folder of the snapshots. A mapping is what the handler is: a forked
worker has both, a program that is executed in the process's place has neither, nothing stays
where the process is killed, and whoever closes all descriptors (a daemon) does not close it. The
page is never touched, so it takes no memory. docs/decisions/0020-presence.md has the other ways.
"""

import os

from .originals import kernel

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None

PREFIX = "heapsnap:1:"
NAME_LIMIT = 249
"""Bytes that the kernel takes for a name (``memfd_create(2)``)."""

_NO_EXECUTION = 0x0008
"""``MFD_NOEXEC_SEAL``, which a hardened kernel (6.3 and later) insists on, others do not know."""
_PAGE_BYTES = 4096
_PROT_READ, _MAP_PRIVATE = 1, 2
_FAILED = ctypes.c_void_p(-1).value if ctypes else None

_address = None


def show(signal_number, directory):
    """Let it be seen that this process handles a signal and where its snapshots go.

    Tells others only, so where it cannot be done (an old kernel, a sandbox) it is left.
    """
    global _address
    hide()
    try:
        descriptor = _named_file(name_of(signal_number, directory))
    except (OSError, AttributeError, ValueError):
        return
    try:
        os.ftruncate(descriptor, _PAGE_BYTES)
        _address = _map(descriptor)
    except (OSError, AttributeError):
        pass
    finally:
        kernel.close(descriptor)


def hide():
    """Take back what ``show`` said, in this process only."""
    global _address
    if _address is not None:
        _library().munmap(_address, _PAGE_BYTES)
        _address = None


def name_of(signal_number: int, directory: str) -> str:
    """The name of the page; a folder that does not fit is left out."""
    start = f"{PREFIX}{signal_number}:"
    # `maps` writes a line end in a name as `\\012`, and a backslash as it is.
    name = start + directory.replace("%", "%25").replace("\n", "%0A")
    return name if len(os.fsencode(name)) <= NAME_LIMIT else start


def read_name(name: str) -> "tuple[int, str] | None":
    """What a name says: signal number and folder (``""``: it did not fit); None if not ours."""
    if not name.startswith(PREFIX):
        return None
    number, _, directory = name[len(PREFIX) :].partition(":")
    if not number.isdigit():
        return None
    return int(number), directory.replace("%0A", "\n").replace("%25", "%")


def _named_file(name):
    try:
        return os.memfd_create(name, os.MFD_CLOEXEC | _NO_EXECUTION)
    except OSError:
        return os.memfd_create(name, os.MFD_CLOEXEC)


def _map(descriptor):
    address = _library().mmap(None, _PAGE_BYTES, _PROT_READ, _MAP_PRIVATE, descriptor, 0)
    return None if address == _FAILED else address


def _library():
    # Opened anew: the functions of a shared one would change their signatures for the program.
    library = ctypes.PyDLL(None)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (
        [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    )
    library.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return library
