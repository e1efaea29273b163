"""Memory put aside for the moment in which there is none left.

Reserved address space, never touched: it costs no resident byte and is in no snapshot. Given back
before the snapshot that a MemoryError asks for, it is what the agent works with.
"""

import os

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None

_PROT_READ_WRITE, _MAP_PRIVATE_ANONYMOUS = 3, 0x22
_HAS_KNOWN_NUMBERS = hasattr(os, "uname") and os.uname().sysname == "Linux"


class Ballast:
    """A number of bytes of address space, until it is released.

    Where it cannot be had there is none: whoever is that close to the limit fails all the same.
    """

    __slots__ = ("_address", "_library", "size_bytes")

    def __init__(self, size_bytes):
        self.size_bytes = size_bytes
        self._address = None
        if ctypes is None or not _HAS_KNOWN_NUMBERS:
            return
        # Opened anew: the functions of a shared one would change their signatures for the program.
        self._library = ctypes.PyDLL(None)
        reserve = self._library.mmap
        reserve.restype = ctypes.c_void_p
        reserve.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        self._library.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        address = reserve(None, size_bytes, _PROT_READ_WRITE, _MAP_PRIVATE_ANONYMOUS, -1, 0)
        self._address = None if address == ctypes.c_void_p(-1).value else address

    def release(self):
        """Give it back to the process."""
        address, self._address = self._address, None
        if address is not None:
            self._library.munmap(address, self.size_bytes)
