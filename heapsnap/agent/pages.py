"""Pages of memory that are there for their names, which others read in ``/proc/PID/maps``.

Reading that file needs less than reading memory does: no right to trace, which Yama denies to a
process's own user. A page is never touched, so it takes no memory, and it goes where the process's
memory goes: into forked children, and away with a program that is executed.
"""

import os

from .originals import kernel

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None

NAME_LIMIT = 249
"""Bytes that the kernel takes for a name (``memfd_create(2)``)."""

_NO_EXECUTION = 0x0008
"""``MFD_NOEXEC_SEAL``, which a hardened kernel (6.3 and later) insists on, others do not know."""
_PAGE_BYTES = 4096
_PROT_NONE, _MAP_PRIVATE = 0, 2
_FAILED = ctypes.c_void_p(-1).value if ctypes else None

_opened: "list[ctypes.PyDLL]" = []
"""The C library, once: opening it leaves classes behind that refer to themselves."""


def put_up(name, pages):
    """Make a page of that name and add its address to a list; nothing where it cannot be.

    So it is on an old kernel and in a sandbox. What is made is known at once, since C code fills
    the lists: a signal handler of the program's may raise between any two steps.
    """
    descriptors = []
    try:
        _open_named(name, descriptors)
        # The file stays empty: where a limit for files is set, a page would be beyond it.
        arguments = (None,), (_PAGE_BYTES,), (_PROT_NONE,), (_MAP_PRIVATE,), descriptors, (0,)
        pages.extend(filter(_FAILED.__ne__, map(_library().mmap, *arguments)))
    except (OSError, AttributeError, ValueError):
        pass
    finally:
        list(map(kernel.close, descriptors))


def take_down(pages):
    """Give back the pages whose addresses are in a list, in this process only."""
    while pages:
        try:
            page = pages.pop()
        except IndexError:  # another thread was quicker
            return
        _library().munmap(page, _PAGE_BYTES)


def _open_named(name, descriptors):
    try:
        flags = os.MFD_CLOEXEC | _NO_EXECUTION
        descriptors.extend(map(os.memfd_create, (name,), (flags,)))
    except OSError:
        descriptors.extend(map(os.memfd_create, (name,), (os.MFD_CLOEXEC,)))


def _library():
    if not _opened:
        # Opened anew: the functions of a shared one would change their signatures for the program.
        library = ctypes.PyDLL(None)
        library.mmap.restype = ctypes.c_void_p
        library.mmap.argtypes = (
            [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        )
        library.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        _opened.append(library)
    return _opened[0]
