"""The folder of a process in which its snapshot goes, and in which what it is to run waits for it.

The two are one, since a process that can write a snapshot somewhere can read and delete there
as well: in a container with a read-only root it may be the only such place.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from heapsnap.agent.verdict import read_reason
from heapsnap.errors import AttachError, UsageError
from heapsnap.live.cargo import gangway, pack
from heapsnap.live.mount import named_by_process, seen_from_here, shares_our_files
from heapsnap.live.procfs import read_environment, read_link
from heapsnap.live.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

    from heapsnap.live.procfs import Process

OTHERS_HINT = "name a folder with --directory that only its own user and root may write to"
WITHDRAWN = "import os\nos.unlink({path!a})\n"
RESULT = ".result"
"""As in ``agent/gangway.py``, which may have to say how it went itself."""
FAILED = "failed "


class Landing:
    """The files that a process finds when it is entered; all are gone when the block ends.

    Args:
        process: The process.
        directory: Where its snapshot goes, as it names it.
        is_gzip: Whether it is compressed.

    Attributes:
        folder: The folder as we reach it.
        script: A file that the process may be made to run, as it names it; it holds ``text``.

    Raises:
        AttachError: The folder is not fit for it.
    """

    def __init__(self, process: Process, directory: str, *, is_gzip: bool = False) -> None:
        self.folder = seen_from_here(process, directory)
        _check_trust(self.folder)
        start = f".heapsnap-{secrets.token_hex(8)}"
        self._process = process
        self._names = [f"{start}.cargo", f"{start}.py", f"{start}.cargo{RESULT}"]
        self._cargo, self._script, self._result = (self.folder / name for name in self._names)
        cargo, self.script, result = (os.path.join(directory, name) for name in self._names)  # noqa: PTH118
        self._inner_cargo = cargo
        self._content = pack(directory=directory, result=result, is_gzip=is_gzip)
        self._is_run_by_file = False

    def __enter__(self) -> Self:
        self._write(self._cargo, self._content)
        return self

    def __exit__(self, *_: object) -> None:
        for path in (self._cargo, self._result):
            path.unlink(missing_ok=True)
        if not self._is_run_by_file:
            self._script.unlink(missing_ok=True)

    def text(self, page: int = 0, munmap: int = 0) -> str:
        """What the process is to run; ``page`` holds it, to be given back by ``munmap``."""
        return gangway(self._inner_cargo, page=page, munmap=munmap)

    def write_script(self) -> None:
        """Write the script, for a way of entering that takes a file."""
        self._write(self._script, gangway(self._inner_cargo, script=self.script))

    @property
    def has_begun(self) -> bool:
        """Whether the process has fetched what it is to run."""
        return not self._cargo.exists()

    def withdraw(self) -> bool:
        """Take the request back; False if the process has begun meanwhile."""
        try:
            self._cargo.unlink()
        except FileNotFoundError:
            return False
        return True

    def leave_script_harmless(self) -> None:
        """Let the script do nothing but delete itself: the process will run it one day.

        Where it is gone the process has run it already: it deletes itself before all else.
        """
        self._is_run_by_file = True
        try:
            descriptor = os.open(self._script, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
        except OSError:
            return
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(WITHDRAWN.format(path=self.script))

    def verdict(self) -> Refusal | None:
        """Why there will be no snapshot; None while there may be one."""
        try:
            if self._result.is_symlink():
                # It had no descriptor for a file: the link is the text.
                told = str(self._result.readlink())
            else:
                told = self._result.read_bytes().decode("utf-8", "replace")
        except OSError:
            return None
        if not told.startswith(FAILED):
            return None
        return Refusal(*read_reason(told.removeprefix(FAILED)))

    def _write(self, path: Path, text: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                if os.geteuid() == 0:
                    os.fchown(descriptor, self._process.uid, self._process.gid)
                file.write(text)
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise AttachError(
                f"cannot write into '{self.folder}': {error.strerror}", hint=OTHERS_HINT
            ) from error


def choose_directory(process: Process, directory: str | None) -> str:
    """The folder for the snapshot of a process that has none, as the process names it.

    Args:
        process: The process.
        directory: What the user named; then nothing else is tried.

    Raises:
        AttachError: There is none that its user may write to, or not the one that was named.
        UsageError: A relative path was named for a process that has other files than we.
    """
    if directory is not None:
        if not os.path.isabs(directory) and not shares_our_files(process):  # noqa: PTH117
            raise UsageError(
                f"process {process.pid} has files of its own, so '{directory}' means nothing to it",
                hint="name the folder from its root: --directory /tmp",
            )
        named = os.path.abspath(directory)  # noqa: PTH100
        here = seen_from_here(process, named)
        if not here.is_dir():
            what = "is no folder" if here.exists() else "does not exist"
            raise AttachError(
                f"'{named}' {what}, as process {process.pid} sees it",
                hint="name another folder with --directory; without it one is looked for",
            )
        if not _may_write(process, here):
            raise AttachError(
                f"the user of process {process.pid} may not write to '{named}'",
                hint="name another folder with --directory; without it one is looked for",
            )
        return named
    tried = list(dict.fromkeys(_candidates(process)))
    for folder in tried:
        if _may_write(process, seen_from_here(process, folder)):
            return folder
    raise AttachError(
        f"process {process.pid} may write to none of {', '.join(tried)}",
        hint="name a folder with --directory that its user may write to",
    )


def _candidates(process: Process) -> Iterator[str]:
    variables = read_environment(process)
    if variables.get("HEAPSNAP_DIR"):
        yield variables["HEAPSNAP_DIR"]
    if shares_our_files(process):
        yield os.environ.get("HEAPSNAP_DIR") or os.getcwd()  # noqa: PTH109
    if variables.get("TMPDIR"):
        yield variables["TMPDIR"]
    current = named_by_process(process, read_link(process, "cwd"))
    yield from ("/tmp", "/var/tmp", current, "/dev/shm")  # noqa: S108


def _may_write(process: Process, folder: Path) -> bool:
    """Whether the process's user may make files there, by the plain permissions."""
    try:
        status = folder.stat()
        if not stat.S_ISDIR(status.st_mode) or os.statvfs(folder).f_flag & os.ST_RDONLY:
            return False
        above = [parent.stat() for parent in _parents_in_its_root(folder)]
    except OSError:
        return False
    may_reach = all(_permits(process, parent, stat.S_IXUSR) for parent in above)
    return may_reach and _permits(process, status, stat.S_IWUSR | stat.S_IXUSR)


def _parents_in_its_root(folder: Path) -> list[Path]:
    """The folders that the process itself passes on its way to this one."""
    parents = list(folder.parents)
    if folder.parts[1:2] == ("proc",) and folder.parts[3:4] == ("root",):
        return parents[:-3]  # not /proc/PID, /proc and our own /
    return parents


def _permits(process: Process, status: os.stat_result, bits: int) -> bool:
    """Whether all of some permissions of an owner's are the process's."""
    if process.uid == 0:
        return True
    if process.uid == status.st_uid:
        return status.st_mode & bits == bits
    shift = 3 if process.gid == status.st_gid else 6
    return status.st_mode & bits >> shift == bits >> shift


def _check_trust(folder: Path) -> None:
    try:
        mode = folder.stat().st_mode
    except OSError as error:
        raise AttachError(f"no folder '{folder}': {error.strerror}", hint=OTHERS_HINT) from error
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise AttachError(
            f"everybody may delete files in '{folder}', and put others in their place",
            hint=OTHERS_HINT,
        )
