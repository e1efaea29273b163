"""A snapshot on its way: which file appears in a folder, how far it is, when it is complete.

What is known of the file beforehand is its folder and who writes it: the name may follow any
template. So new names are looked at, and the header tells whose the file is.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heapsnap.agent.format import PART_SUFFIX
from heapsnap.errors import HeapsnapError, NoAnswerError, NotBegunError, ProcessClosedError
from heapsnap.live.procfs import is_running
from heapsnap.snapshot.document import check_opening
from heapsnap.snapshot.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from heapsnap.live.procfs import Process
    from heapsnap.live.refusal import Refusal

    Tell = Callable[[str], None]

SUFFIXES = (".json", ".json.gz")
LOOK_SECONDS = 0.05
GRACE_SECONDS = 1.0
"""Between the temporary name's end and the final one's beginning a file has no name for a moment
where hard links are missing; and a service that ends may leave a child that goes on writing."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A complete snapshot.

    Attributes:
        path: Where it lies, as we reach it.
        header: What it says of itself, as ``docs/format.md`` has it.
        is_earlier: Whether it was under way before it was asked for.
    """

    path: Path
    header: dict[str, Any]
    is_earlier: bool


class Arrival:
    """Watches a folder for the snapshot of one process.

    Make it before the process is asked: what is there already is not what was asked for.

    Args:
        process: Who was asked.
        folder: Where its snapshots go, as we reach it.

    Raises:
        ProcessClosedError: The folder may not be read.
        NoAnswerError: There is no such folder, so no snapshot could be written.
    """

    def __init__(self, process: Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._known = set(self._names())
        self._asked = time.time()
        self._part: str | None = None
        self._bytes_by_part = {name: self._size(name) for name in self._parts()}

    def wait(
        self, *, timeout_seconds: float, tell: Tell, verdict: Callable[[], Refusal | None]
    ) -> Arrived:
        """Wait until the snapshot is complete.

        Args:
            timeout_seconds: How long to wait without a sign of life: a file that grows is one.
            tell: Is told now and then how far it is.
            verdict: Asked why there will be no snapshot; None: there may be one.

        Raises:
            NotBegunError: There is no sign of life.
            NoAnswerError: It refuses, the process has ended, or the writing has failed.
        """
        seen_alive = time.monotonic()
        ended_at = gone_at = None
        while True:
            if arrived := self._find():
                return arrived
            if refusal := verdict():
                # Once more: it may have come between the two looks, and refused somebody else.
                if arrived := self._find():
                    return arrived
                raise refusal.as_error(self._process.pid, self._folder)
            now = time.monotonic()
            if self._has_grown(tell):
                seen_alive, gone_at = now, None
            elif self._part is not None and self._size(self._part) < 0:
                gone_at = gone_at or now
            if gone_at is not None and now - gone_at > GRACE_SECONDS:
                raise self._failed()
            if self._part is None and not is_running(self._process.pid):
                ended_at = ended_at or now
                if now - ended_at > GRACE_SECONDS:
                    raise self._ended()
            if now - seen_alive > timeout_seconds:
                raise self._silent(timeout_seconds)
            time.sleep(LOOK_SECONDS)

    def _find(self) -> Arrived | None:
        for name in sorted(set(self._names()) - self._known):
            if not name.endswith(SUFFIXES):
                continue
            header = _read_header(self._folder / name)
            if header is None or header["pid"] != self._process.inner_pid:
                self._known.add(name)
                continue
            return Arrived(self._folder / name, header, header["time"] < self._asked)
        return None

    def _has_grown(self, tell: Tell) -> bool:
        """Look at the file that is being written; True if there is more of it than before."""
        for name in self._parts():
            size = self._size(name)
            if size <= self._bytes_by_part.get(name, -1):
                continue
            self._bytes_by_part[name] = size
            self._part = name
            tell(f"process {self._process.pid} is writing: {size / 1e6:.0f} MB so far")
            return True
        return False

    def _parts(self) -> list[str]:
        return [name for name in self._names() if name.endswith(PART_SUFFIX) and self._is_own(name)]

    def _is_own(self, name: str) -> bool:
        """Whether the process writes this file, whose header may not be on disk yet."""
        header = _read_header(self._folder / name)
        if header is not None:
            return bool(header["pid"] == self._process.inner_pid)
        return re.search(rf"(?<!\d){self._process.inner_pid}(?!\d)", name) is not None

    def _size(self, name: str) -> int:
        try:
            return (self._folder / name).stat().st_size
        except OSError:
            return -1

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir()]
        except PermissionError as error:
            raise ProcessClosedError(
                f"may not look into '{self._folder}', where process {self._process.pid} writes",
                hint="be root or the user that the process runs as",
            ) from error
        except OSError as error:
            raise NoAnswerError(
                f"process {self._process.pid} writes its snapshots to '{self._folder}', "
                f"which cannot be read: {error.strerror}",
                hint="make the folder, or name another one where heapsnap is installed",
            ) from error

    def _failed(self) -> NoAnswerError:
        return NoAnswerError(
            f"process {self._process.pid} began '{self._part}' and could not finish it",
            hint="the reason is on its stderr; is the disk full?",
        )

    def _ended(self) -> NoAnswerError:
        return NoAnswerError(
            f"process {self._process.pid} ended before it wrote a snapshot",
            hint="its stderr or its supervisor's log tells why",
        )

    def _silent(self, seconds: float) -> NoAnswerError:
        if self._part is not None:
            return NoAnswerError(
                f"'{self._folder / self._part}' has not grown for {seconds:g} s",
                hint="the writer goes on: look again later, or give a longer --timeout",
            )
        pid, since = self._process.pid, time.time() - self._asked
        waited = f"{seconds:g}" if since < seconds + 1 else f"{since:.0f}"
        return NotBegunError(
            f"process {pid} has not begun a snapshot within {waited} s",
            hint="it may be in a long C call, which Python cannot interrupt: give a longer "
            "--timeout; or its own handler has replaced heapsnap's: heapsnap dump --attach "
            f"{pid} enters it",
        )


def _read_header(path: Path) -> dict[str, Any] | None:
    try:
        return check_opening(next(read_lines(path)))
    except (HeapsnapError, StopIteration):
        return None
