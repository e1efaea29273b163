"""A zstd file's content, up to the point where it is cut.

Owns the optional package: it is looked for when such a file is met, never before.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

from heapsnap.errors import HeapsnapError

if TYPE_CHECKING:
    from pathlib import Path

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
MOST_WINDOW_BYTES = 1 << 27
"""What ``zstd --long`` needs; a frame may ask for a thousand times as much memory."""


class CorruptZstdError(Exception):
    """The stream contradicts itself."""


class UnpackedZstd(io.RawIOBase):
    """The content of all frames, one after another; a cut is an ordinary end."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        try:
            import zstandard  # noqa: PLC0415 - few have it, and few need it
        except ImportError as error:
            raise HeapsnapError(
                f"'{path}' is packed with zstd, which needs the package 'zstandard'",
                hint="pip install 'heapsnap[zstd]', or unpack the file: zstd -d",
            ) from error
        self._error = zstandard.ZstdError
        unpacker = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW_BYTES)
        self._content = unpacker.stream_reader(file, read_across_frames=True, closefd=False)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack into the buffer, never more than it holds.

        Raises:
            CorruptZstdError: The stream contradicts itself.
        """
        try:
            return int(self._content.readinto(buffer))
        except self._error as error:
            raise CorruptZstdError(str(error)) from error
