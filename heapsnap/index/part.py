"""One file of an index: named arrays and a few facts, written once, then mapped into memory.

Owns the layout on disk and the question whether a file is whole. What the arrays mean is
their owner's business; a file that is not as it was written is as good as none.

Layout: ``MAGIC``, the length of the head (8 bytes, little-endian), the head (JSON), then each
array at a multiple of ``ALIGNMENT``. Arrays stand in the machine's own byte order.
"""

from __future__ import annotations

import mmap
import os
import secrets
import sys
import time
from contextlib import suppress
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

MAGIC = b"hsindex1"
ALIGNMENT = 64
FACTS = "facts"
"""The name under which the facts, as JSON, stand behind the arrays."""
BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")
PART_SUFFIX = ".part"
UNFINISHED_PREFIX = ".unfinished-"


class Part:
    """What one file holds, mapped into memory; what nobody asks for is not even looked at.

    Args:
        mapped: The whole file.
        start: Where the first array stands in it.
        table: Name, type, shape, position and checksum of each array, as the head has them.
    """

    def __init__(self, mapped: mmap.mmap, start: int, table: Sequence[Sequence[Any]]) -> None:
        self._mapped = mapped
        self._start = start
        self._table = table

    @cached_property
    def facts(self) -> Any:
        """What JSON holds of it. Needs no numpy: its import is a quarter of a quick answer."""
        *_, (_, _, (length,), position, _) = self._table
        first = self._start + position
        return orjson.loads(self._mapped[first : first + length])

    @cached_property
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """By name; read-only views of the mapped file."""
        return {row[0]: self._array(row) for row in self._table[:-1]}

    def is_whole(self) -> bool:
        """Whether the content adds up to what was written."""
        return all(_checksum(self._array(row)) == row[-1] for row in self._table)

    def _array(self, row: Sequence[Any]) -> NDArray[Any]:
        import numpy as np

        _, dtype, shape, position, _ = row
        if not (count := prod(shape)):
            return np.empty(0, np.dtype(dtype)).reshape(shape)
        first = self._start + position
        return np.frombuffer(self._mapped, np.dtype(dtype), count, first).reshape(shape)


def write_part(
    path: Path, *, key: str, arrays: Mapping[str, NDArray[Any]], facts: Any = None
) -> None:
    """Write the file under another name and rename it: readers see all of it or none.

    Args:
        path: The file; one that stands there is replaced, and stays whole for who has it mapped.
        key: What the arrays belong to; ``read_part`` must name the same.
        arrays: By name; one-dimensional or more, of numbers or booleans.
        facts: Anything that JSON holds.

    Raises:
        OSError: It could not be written; nothing is left behind.
    """
    import numpy as np

    named = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    named[FACTS] = np.frombuffer(orjson.dumps(facts), dtype=np.uint8)
    table, position = [], 0
    for name, array in named.items():
        position += -position % ALIGNMENT
        table.append((name, array.dtype.str, array.shape, position, _checksum(array)))
        position += array.nbytes
    written_ns = time.time_ns()
    head = {"key": key, "boot": _boot(), "written_ns": written_ns, "size": position}
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{path.name}-{secrets.token_hex(8)}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            _write(file, orjson.dumps({**head, "arrays": table}), named, table)
        # The file carries the time of its last change: whoever changes it later shows.
        os.utime(unfinished, ns=(written_ns, written_ns))
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def _write(
    file: BinaryIO, head: bytes, named: Mapping[str, NDArray[Any]], table: list[tuple[Any, ...]]
) -> None:
    file.write(MAGIC + len(head).to_bytes(8, "little") + head)
    start = _first_array(len(head))
    for name, _, _, position, _ in table:
        file.write(b"\0" * (start + position - file.tell()))
        file.write(named[name].reshape(-1).view("u1").data)


def read_part(path: Path, *, key: str) -> Part | None:
    """Map the file; None where there is none, or none that can be trusted.

    A file that this user's process wrote since the machine was started, and that nobody
    has changed since, is believed; of any other the content is added up first: a machine that
    lost its power may have kept the name and lost the data.

    Args:
        path: The file.
        key: What its arrays must belong to.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid() or status.st_size < len(MAGIC) + 8:
                return None
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    try:
        return _believe(mapped, key, status)
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _believe(mapped: mmap.mmap, key: str, status: os.stat_result) -> Part | None:
    head_length = int.from_bytes(mapped[len(MAGIC) : len(MAGIC) + 8], "little")
    if mapped[: len(MAGIC)] != MAGIC or head_length > len(mapped):
        return None
    head = orjson.loads(mapped[len(MAGIC) + 8 : len(MAGIC) + 8 + head_length])
    start = _first_array(head_length)
    if head["key"] != key or start + head["size"] != len(mapped):
        return None
    part = Part(mapped, start, head["arrays"])
    if head["arrays"][-1][0] != FACTS:
        return None
    is_untouched = head["boot"] == _boot() != "" and head["written_ns"] == status.st_mtime_ns
    return part if is_untouched or part.is_whole() else None


def _first_array(head_length: int) -> int:
    end = len(MAGIC) + 8 + head_length
    return end + -end % ALIGNMENT


def _checksum(array: NDArray[Any]) -> str:
    """The sum and the mixed bits of the content: 10 GB/s, where any hash takes ten times as long.

    It finds pages that were lost and bits that flipped; it is no protection against malice.
    """
    import numpy as np

    content = array.reshape(-1).view(np.uint8)
    whole = len(content) // 8 * 8
    words = content[:whole].view(np.uint64)
    total = int(words.sum(dtype=np.uint64)) + int(content[whole:].sum(dtype=np.uint64))
    return f"{sys.byteorder}{total:x}-{int(np.bitwise_xor.reduce(words)) if whole else 0:x}"


def _boot() -> str:
    """Which run of the machine this is; empty where nobody says."""
    try:
        return BOOT_FILE.read_text(encoding="ascii").strip()
    except OSError:
        return ""
