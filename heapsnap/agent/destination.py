"""Where the snapshots of a process go: folder, names, room on the disk, which old ones go.

The process itself asks for a name only. All else happens in the child: a disk may take its time.
"""

import os
import stat

from . import names
from .originals import kernel

_FIRST_BYTES = (b'{"format":"heapsnap"', b"\x1f\x8b")


class Destination:
    """A folder and what may be done in it.

    Args:
        directory: An absolute path.
        template: The names of the files, as ``names.read_template`` returns it.
        min_free_bytes: Room on the disk that is left to others; None: all of it may be taken.
        keep: How many files of these names may stand in the folder; None: any number.
        hook: A command, as a list of words, that is started with each complete file; or None.
        is_quiet: Nothing is said where all went well.
    """

    __slots__ = ("directory", "hook", "is_quiet", "keep", "min_free_bytes", "template")

    def __init__(
        self, directory, template, *, min_free_bytes=None, keep=None, hook=None, is_quiet=False
    ):
        self.directory = directory
        self.template = template
        self.min_free_bytes = min_free_bytes
        self.keep = keep
        self.hook = hook
        self.is_quiet = is_quiet

    def path_for(self, facts):
        """Where the next snapshot goes; nothing stands there now."""
        name = names.fill(
            self.template,
            pid=facts["pid"],
            moment=facts["time"],
            number=facts["sequence"],
            reason=facts["reason"],
        )
        return names.free_path(self.directory, name)

    def check_room(self, path):
        """Refuse to go on where the disk would be fuller than it may be.

        Raises:
            OSError: So it is.
        """
        if self.min_free_bytes is None:
            return
        about = os.statvfs(os.path.dirname(path))
        free = about.f_bavail * about.f_frsize
        if free < self.min_free_bytes:
            kept = f"{self.min_free_bytes >> 20:,} MB are to stay free"
            raise OSError(28, f"{free >> 20:,} MB are free on the disk, {kept}")

    def remove_oldest(self):
        """Delete the oldest snapshots of these names beyond the number to keep."""
        if self.keep is None:
            return
        matches = names.expression(self.template).fullmatch
        found = [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
            for entry in os.scandir(self.directory)
            if matches(entry.name) and _is_snapshot(entry)
        ]
        for _, path in sorted(found)[: -self.keep]:
            try:
                os.unlink(path)
            except OSError:
                continue


def _is_snapshot(entry):
    """Whether it is a file that a snapshot could be: somebody else's is never deleted."""
    if not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        return False
    try:
        descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return kernel.read(descriptor, 20).startswith(_FIRST_BYTES)
    finally:
        kernel.close(descriptor)
