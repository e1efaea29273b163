"""What can go wrong on the offline side, in words that a user can act on.

Owns the exception tree and the two lines (`error:`, `hint:`) that each prints.
Who catches them: the command line's group, once.
"""

from __future__ import annotations


class HeapsnapError(Exception):
    """Something that the user can act on: what failed, and one action to take.

    Args:
        message: What failed, on which thing, found against expected; lower case.
        hint: One action; lower case; empty where there is none to name.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SnapshotNotFoundError(HeapsnapError):
    """There is no such file, or no snapshot where one was looked for."""


class NotASnapshotError(HeapsnapError):
    """The file is something else, or a snapshot of a version that this reader does not know."""


class DamagedSnapshotError(HeapsnapError):
    """The file claims to be a snapshot and contradicts itself."""


class UnknownTypeError(HeapsnapError):
    """No type in the snapshot answers to the name that was given."""


class ProgramNotFoundError(HeapsnapError):
    """The program that was to be started is not there."""


class UsageError(HeapsnapError):
    """The command line asks for something that does not fit together."""

    exit_code = 2


class PictureError(HeapsnapError):
    """A picture could not be drawn."""


class NoSuchProcessError(HeapsnapError):
    """There is no such process, or it has ended."""


class ProcessClosedError(HeapsnapError):
    """The kernel does not let us look into the process."""


class NoAgentError(HeapsnapError):
    """The process has no agent that listens: a signal would kill it, or do nothing."""


class NoAnswerError(HeapsnapError):
    """The process was asked for a snapshot, and none came."""


class NotBegunError(NoAnswerError):
    """The process was asked, and nothing shows that it has noticed."""


class AttachError(HeapsnapError):
    """The process could not be entered; it goes on as before."""


class AssertionNotHeldError(HeapsnapError):
    """An assertion on the command line, such as ``--fail-on-growth``, did not hold."""

    exit_code = 3


class ExportError(HeapsnapError):
    """A snapshot could not be written for, or asked by, another tool."""
