"""The file that a snapshot becomes: where it is written, and how it turns final.

A snapshot is written under a temporary name, never over another file and never through a
link, and gets its name only when it is complete and on disk. What fails leaves no file.
"""

import os

from .files import is_there, open_into
from .foreign import is_foreign
from .format import FORMAT, PART_SUFFIX, VERSION
from .originals import kernel

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | os.O_CLOEXEC

_CHECKED_EVERY_BYTES = 8 << 20


class Document:
    """A snapshot file being written.

    Args:
        path: The final name. Must not exist.
        level: gzip level 1 to 9, or 0 for plain JSON.
        check_room: Called with the path every few megabytes; raises where the disk is too full.

    Raises:
        OSError: The file cannot be made.
    """

    __slots__ = (
        "_check_room",
        "_closed",
        "_compressor",
        "_descriptors",
        "_first_chunk",
        "_unchecked_bytes",
        "part",
        "path",
    )

    def __init__(self, path, level=0, check_room=None):
        self.path = path
        self.part = path + PART_SUFFIX
        # Lists that C code fills: what was made and what was closed is known whatever is raised.
        self._descriptors = []
        self._closed = []
        self._compressor = None
        if level:
            # Imported by the taker before the fork; this only looks it up.
            import zlib  # noqa: PLC0415

            self._compressor = zlib.compressobj(level, zlib.DEFLATED, 31)
        self._first_chunk = True
        self._check_room = check_room
        self._unchecked_bytes = 0

    def open(self):
        """Make the file.

        Raises:
            OSError: It cannot be.
        """
        if is_there(self.path):
            raise FileExistsError(17, "is there already", self.path)
        open_into(self._descriptors, self.part, _FLAGS, 0o600)

    def begin(self, header, roots):
        """Write the two lines that stand before the chunks, both given as JSON text."""
        self._write(f'{{"format":"{FORMAT}","version":{VERSION},"header":{header},\n')
        self._write(f'"roots":{roots},\n"chunks":[\n')

    def add(self, chunk):
        """Write one chunk, given as JSON in ASCII."""
        self._write_packed(chunk if self._first_chunk else b",\n" + chunk)
        self._first_chunk = False

    def finish(self, end):
        """Write the end, wait for the disk, and give the file its name.

        Raises:
            OSError: The disk is full, or the name has been taken meanwhile.
        """
        self._write(f'\n],\n"end":{end}}}\n')
        if self._compressor is not None:
            self._write_bytes(self._compressor.flush())
        os.fsync(self._descriptors[0])
        self._close()
        # link fails where the name exists; rename would write over it.
        try:
            os.link(self.part, self.path)
        except FileExistsError:
            raise
        except OSError as problem:
            if is_foreign(problem):
                raise
            # A file system without hard links.
            os.rename(self.part, self.path)
        else:
            os.unlink(self.part)

    def discard(self):
        """Leave no half file behind."""
        # Else the file of that name is somebody's.
        if self._descriptors:
            self._close()
            try:
                kernel.unlink(self.part)
            except OSError:
                pass

    def own(self):
        """Addresses of what this is made of."""
        return {id(self), id(self._descriptors), id(self._closed)}

    def _close(self):
        if not self._closed:
            self._closed.extend(map(kernel.close, self._descriptors))

    def _write(self, text):
        self._write_packed(text.encode("ascii"))

    def _write_packed(self, data):
        self._write_bytes(data if self._compressor is None else self._compressor.compress(data))

    def _write_bytes(self, data):
        self._unchecked_bytes += len(data)
        if self._check_room is not None and self._unchecked_bytes > _CHECKED_EVERY_BYTES:
            self._unchecked_bytes = 0
            self._check_room(self.path)
        view = memoryview(data)
        while view:
            view = view[kernel.write(self._descriptors[0], view) :]
