"""Where a process has the functions of a library: its file's symbols, moved to its memory.

Read here and not by the debugger, which would first read all debugging information of all
libraries, for seconds, while the process stands still. Owns just as much of ELF as that takes.

References:
    System V ABI, chapters 4 and 5; ``elf(5)``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.errors import AttachError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as MappingOf
    from pathlib import Path

    from heapsnap.live.procfs import Mapping

MAGIC_64_LITTLE = b"\x7fELF\x02\x01"
FIXED_PROGRAM = 2  # ET_EXEC: its addresses are those in the file
LOADED = 1  # PT_LOAD
DYNAMIC_SYMBOLS = 11  # SHT_DYNSYM
PAGE_MASK = ~0xFFF


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function or variable in a process's memory."""

    address: int
    size_bytes: int


def find_symbols(
    file: Path, image: str, mappings: Iterable[Mapping], names: Iterable[str]
) -> MappingOf[str, Symbol]:
    """Find exported symbols of a file that a process has mapped.

    Args:
        file: The file as we reach it.
        image: The same file as ``/proc/PID/maps`` names it.
        mappings: The process's memory.
        names: The symbols to look for; those that it does not export are left out.

    Raises:
        AttachError: The file cannot be read, or is not what it should be.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise AttachError(
            f"cannot read '{file}', the code of the process: {error.strerror}",
            hint="be root, or attach from within its container",
        ) from error
    if not content.startswith(MAGIC_64_LITTLE):
        raise AttachError(
            f"'{file}' is no 64-bit little-endian ELF file",
            hint="only such processes can be entered; install the agent instead",
        )
    wanted = set(names)
    bias = _bias(content, image, mappings)
    return {
        name: Symbol(bias + address, size)
        for name, address, size in _symbols(content)
        if name in wanted
    }


def _bias(content: bytes, image: str, mappings: Iterable[Mapping]) -> int:
    """What is added to the file's addresses to get the process's."""
    (kind,) = struct.unpack_from("<H", content, 16)
    if kind == FIXED_PROGRAM:
        return 0
    (headers,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _, offset, address = struct.unpack_from("<IIQQ", content, headers + number * size)
        if kind != LOADED:
            continue
        page = offset & PAGE_MASK
        starts = [m.start for m in mappings if m.path == image and m.offset == page]
        if starts:
            return int(min(starts) - (address & PAGE_MASK))
    raise AttachError(
        f"'{image}' is not mapped as its file says",
        hint="has it been replaced since the process started? restart the process",
    )


def _symbols(content: bytes) -> Iterable[tuple[str, int, int]]:
    (headers,) = struct.unpack_from("<Q", content, 40)
    size, count = struct.unpack_from("<HH", content, 58)
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", content, headers + number * size)
        for number in range(count)
    ]
    for section in sections:
        if section[1] != DYNAMIC_SYMBOLS:
            continue
        start, length, names = section[4], section[5], sections[section[6]][4]
        for name, _, _, index, address, extent in struct.iter_unpack(
            "<IBBHQQ", content[start : start + length]
        ):
            if index:  # 0: it is somebody else's
                end = content.index(b"\0", names + name)
                yield content[names + name : end].decode("ascii", "replace"), address, extent
