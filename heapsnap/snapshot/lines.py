"""The lines of a snapshot file, plain, gzipped or packed by zstd, one at a time.

Owns opening, decompressing, the bound on a line's length and the errors that name a
line. What a line means is for ``document`` and ``chunks``.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zlib
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from heapsnap.errors import (
    DamagedSnapshotError,
    NotASnapshotError,
    SnapshotNotFoundError,
)
from heapsnap.snapshot.zstd import ZSTD_MAGIC, CorruptZstdError, UnpackedZstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Progress = Callable[[int, int], None]

GZIP_MAGIC = b"\x1f\x8b"
PIECE_BYTES = 1 << 22  # Several lines at once: with 1 MiB, splitting takes three times as long.

LINE_LIMIT_BYTES = 1 << 30
"""No line of a real snapshot comes near (a chunk of 16 k rows has 0.6 MB): a longer one is
another file, or a gzip bomb, and would fill the memory before it could be judged."""

LINES_HINT = "the line breaks are part of the format: use the file as heapsnap wrote it"
RETAKE_HINT = "was the disk full? take a new snapshot"
CHANGED_HINT = "copy the file again, or take a new snapshot"
PACKED_PIECE_BYTES = 1 << 17
GZIP_WINDOW_BITS = 31  # zlib: 15 bits of window, and 16 for "expect a gzip header"


@dataclass(frozen=True, slots=True)
class Where:
    """A line's place, for errors: all that is kept of it."""

    path: Path
    line_number: int

    def damaged(self, finding: str, *, hint: str = CHANGED_HINT) -> DamagedSnapshotError:
        """The error that names this line; ``finding`` is what was found against expected."""
        return DamagedSnapshotError(
            f"line {self.line_number} of '{self.path}': {finding}", hint=hint
        )

    def parse(self, text: bytes) -> Any:
        """The JSON value that stands here.

        Raises:
            DamagedSnapshotError: ``text`` is no JSON.
        """
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            repaired = _escape_lone_surrogates(text)
            if repaired != text:
                return self.parse(repaired)
            raise self.damaged(f"no JSON at character {error.pos}: {error.msg}") from error


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file, its line break included if it has one."""

    where: Where
    raw: bytes

    @property
    def is_whole(self) -> bool:
        """False for a line that was cut, or that ends the file without a line break."""
        return self.raw.endswith(b"\n")

    @property
    def text(self) -> bytes:
        """The line without line break and white space at its end."""
        return self.raw.rstrip()


def read_lines(path: Path, progress: Progress | None = None) -> Iterator[Line]:
    """Yield the file's lines; the last one may be less than whole.

    Args:
        path: Plain, gzip or zstd: the first bytes decide, not the name.
        progress: Called with bytes done and bytes in all, of the file on disk.

    Raises:
        SnapshotNotFoundError: There is no such file, or it cannot be opened.
        NotASnapshotError: It is empty, a folder, or no regular file.
        DamagedSnapshotError: The packed stream is corrupt, or a line is too long.
        HeapsnapError: It is packed by zstd, and the package for that is not there.
    """
    with _open(path) as file:
        total_bytes = os.fstat(file.fileno()).st_size
        raw = _unpacked(path, file)
        buffered = io.BufferedReader(raw, PIECE_BYTES)  # type: ignore[type-var]
        for number in count(1):
            text = _read_line(path, number, file, buffered)
            if not text:
                return
            yield Line(Where(path, number), text)
            if progress:
                progress(file.tell(), total_bytes)


def _open(path: Path) -> BinaryIO:
    try:
        status = os.stat(path)  # noqa: PTH116
        # Before open(): opening a pipe would wait for a writer.
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise NotASnapshotError(
                f"'{path}' is {kind}, expected a snapshot",
                hint="name a file that ends in .json or .json.gz",
            )
        if status.st_size == 0:
            raise NotASnapshotError(f"'{path}' is empty, expected a snapshot", hint=RETAKE_HINT)
        return open(path, "rb", buffering=0)  # noqa: PTH123
    except FileNotFoundError as error:
        raise SnapshotNotFoundError(
            f"no file '{path}'", hint="look where the process writes them: $HEAPSNAP_DIR"
        ) from error
    except PermissionError as error:
        raise SnapshotNotFoundError(
            f"cannot open '{path}': permission denied",
            hint="snapshots are private to the user that the process ran as: read it as that user",
        ) from error
    except (OSError, ValueError) as error:
        raise SnapshotNotFoundError(
            f"cannot open '{path}': {_reason(error)}", hint="check the path"
        ) from error


def _unpacked(path: Path, file: BinaryIO) -> BinaryIO | io.RawIOBase:
    try:
        beginning = os.pread(file.fileno(), len(ZSTD_MAGIC), 0)
    except OSError:
        return file  # The first line will fail in the same way, and say so.
    if beginning.startswith(GZIP_MAGIC):
        return _Inflated(file)
    return UnpackedZstd(path, file) if beginning == ZSTD_MAGIC else file


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error).lower()


def _read_line(path: Path, number: int, file: BinaryIO, buffered: io.BufferedIOBase) -> bytes:
    try:
        text = buffered.readline(LINE_LIMIT_BYTES)
    except (zlib.error, CorruptZstdError) as error:
        kind = "gzip" if isinstance(error, zlib.error) else "zstd"
        raise DamagedSnapshotError(
            f"line {number} of '{path}': the {kind} data is corrupt near byte"
            f" {file.tell()}: {error}",
            hint=CHANGED_HINT,
        ) from error
    except OSError as error:
        raise DamagedSnapshotError(
            f"line {number} of '{path}' cannot be read: {_reason(error)}",
            hint="check the disk, and copy the file to another one",
        ) from error
    if len(text) == LINE_LIMIT_BYTES:
        raise Where(path, number).damaged(
            f"longer than {LINE_LIMIT_BYTES} bytes, expected one chunk a line", hint=LINES_HINT
        )
    return text


class _Inflated(io.RawIOBase):
    """A gzip file's content, up to the point where it is cut.

    ``gzip.GzipFile`` raises at a cut and keeps what it has unpacked before; here a cut
    is an ordinary end, and the last line tells it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflater = zlib.decompressobj(GZIP_WINDOW_BITS)
        self._packed = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            # Bounded output: a bomb unpacks into pieces of the buffer's size, no more.
            unpacked = self._inflater.decompress(self._packed, len(buffer))
            self._packed = self._inflater.unconsumed_tail
            if unpacked:
                buffer[: len(unpacked)] = unpacked
                return len(unpacked)
            if self._inflater.eof:
                # Padding of zeros is legal after a member, and so is a next member.
                self._packed = self._inflater.unused_data.lstrip(b"\0")
                if self._packed:
                    self._inflater = zlib.decompressobj(GZIP_WINDOW_BITS)
                    continue
            if not self._packed:
                self._packed = self._file.read(PACKED_PIECE_BYTES)
            if not self._packed:
                return 0


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def _escape_lone_surrogates(text: bytes) -> bytes:
    r"""Turn each lone ``\udcff`` into the visible text ``\udcff``.

    Python strings may hold half a surrogate pair (file names that are no UTF-8 do);
    JSON can spell it, orjson refuses it, and no terminal could print it.
    """
    return _ESCAPE.sub(lambda found: b"\\" + found[0] if found["lone"] else found[0], text)
