"""What a process says when it writes no snapshot, and what can be done about it."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from heapsnap.errors import NoAnswerError

HINTS = {
    errno.ENOSPC: "make room on the disk of '{folder}', or name a folder on another one",
    errno.EDQUOT: "make room on the disk of '{folder}', or name a folder on another one",
    errno.EROFS: "nothing can be written to '{folder}': name a folder on another disk",
    errno.EACCES: "the process's user may not write to '{folder}': name another folder",
    errno.EPERM: "the process's user may not write to '{folder}': name another folder",
    errno.ENOENT: "make the folder '{folder}'",
    errno.EFBIG: "its limit for files is too low: prlimit --pid {pid} --fsize=unlimited",
    errno.EMFILE: "all of its descriptors are in use: prlimit --pid {pid} --nofile=4096",
    errno.EEXIST: "remove that file, or let the name have %n in it",
}
LOG_HINT = "its stderr has the whole line"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A process's word that there will be no snapshot.

    Attributes:
        number: The system's number for the error; 0: it has none.
        words: The process's own.
    """

    number: int
    words: str

    def as_error(self, pid: int, folder: object) -> NoAnswerError:
        """The error of whoever asked the process, which writes to that folder."""
        hint = HINTS.get(self.number, LOG_HINT).format(pid=pid, folder=folder)
        words = self.words[:1].lower() + self.words[1:] if self.number else self.words
        return NoAnswerError(f"process {pid} refused: {words}", hint=hint)
