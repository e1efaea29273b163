"""A process and all that descend from it, asked one after the other.

One at a time, since every snapshot copies what touching the reference counts copies: thirty
workers at once would need their memory twice. One that gives no sign of life needs none, so the
others do not wait for it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from heapsnap.errors import (
    HeapsnapError,
    NoAgentError,
    NoSuchProcessError,
    NotBegunError,
    ProcessClosedError,
)
from heapsnap.live.listing import look_at
from heapsnap.live.procfs import list_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from heapsnap.live.asking import Answer
    from heapsnap.live.procfs import Process

    Tell = Callable[[str], None]


SOON_SECONDS = 3.0
"""How long one process may give no sign of life before the next is asked."""
TRACKERS = ("multiprocessing.resource_tracker", "loky.backend.resource_tracker")
"""Modules that run in a process of their own and keep the books of others: nobody's heap."""


class Asked(Protocol):
    """A process that has been asked, such as ``asking.Question`` and ``attaching.Entry``."""

    def wait(self, *, timeout_seconds: float, tell: Tell) -> Answer:
        """Wait for its snapshot; again after a ``NotBegunError``."""


@dataclass(frozen=True, slots=True)
class TreeAnswer:
    """What a tree of processes has answered.

    Attributes:
        answers: The snapshots, parents before children.
        refused: Python processes that could not be asked, with the reason. Those of them that
            have no agent are expected: another program.
        failed: Processes that were asked and did not answer, with the reason.
        left_out: How many were not asked since they only track resources.
    """

    answers: tuple[Answer, ...]
    refused: tuple[tuple[int, HeapsnapError], ...] = ()
    failed: tuple[tuple[int, HeapsnapError], ...] = ()
    left_out: int = 0


def ask_one(asked: Asked, *, timeout_seconds: float, tell: Tell) -> Answer:
    """Wait for the answer of one process, which may have another way to be asked.

    Raises:
        NoAnswerError: None came.
    """
    until = time.monotonic() + timeout_seconds
    try:
        return asked.wait(timeout_seconds=timeout_seconds, tell=tell)
    except NotBegunError:
        rest = until - time.monotonic()
        if rest <= 0:
            raise
    return asked.wait(timeout_seconds=rest, tell=tell)


class Asking:
    """The processes of a tree, while they are asked.

    Args:
        ask: Asks one process.
        timeout_seconds: How long each may give no sign of life.
        tell: Is told now and then how far it is.
        show: Is given each answer as it comes.
    """

    def __init__(
        self,
        *,
        ask: Callable[[int], Asked],
        timeout_seconds: float,
        tell: Tell,
        show: Callable[[Answer], None],
    ) -> None:
        self._ask = ask
        self._timeout_seconds = timeout_seconds
        self._tell = tell
        self._show = show
        self._late: list[tuple[int, Asked, float]] = []
        self.answers: list[Answer] = []
        self.refused: list[tuple[int, HeapsnapError]] = []
        self.failed: list[tuple[int, HeapsnapError]] = []

    def ask_all(self, pids: Sequence[int]) -> None:
        """Ask one after the other; those that give no sign of life are waited for in the end."""
        for number, pid in enumerate(pids, start=1):
            self._tell(f"process {pid}, {number} of {len(pids)}")
            with self._noted(pid):
                asked, at = self._ask(pid), time.monotonic()
                try:
                    self._wait(asked, min(SOON_SECONDS, self._timeout_seconds))
                except NotBegunError:
                    if self._timeout_seconds <= SOON_SECONDS:
                        raise
                    self._late.append((pid, asked, at))
        for pid, asked, at in self._late:
            rest = at + self._timeout_seconds - time.monotonic()
            with self._noted(pid):
                self._wait(asked, max(rest, SOON_SECONDS))
        order = {pid: number for number, pid in enumerate(pids)}
        self.answers.sort(key=lambda answer: order[answer.pid])

    def _wait(self, asked: Asked, seconds: float) -> None:
        answer = asked.wait(timeout_seconds=seconds, tell=self._tell)
        self.answers.append(answer)
        self._show(answer)

    @contextmanager
    def _noted(self, pid: int) -> Iterator[None]:
        try:
            yield
        except NoSuchProcessError:
            pass
        except (NoAgentError, ProcessClosedError) as error:
            self.refused.append((pid, error))
        except HeapsnapError as error:
            self.failed.append((pid, error))


def ask_tree(
    root: int,
    *,
    ask: Callable[[int], Asked],
    timeout_seconds: float,
    tell: Tell,
    show: Callable[[Answer], None],
) -> TreeAnswer:
    """Ask every Python process of a tree; what runs no Python is left alone.

    Args:
        root: The pid of the tree's root.
        ask: Asks one process.
        timeout_seconds: How long each may give no sign of life.
        tell: Is told now and then how far it is.
        show: Is given each answer as it comes.

    Raises:
        NoSuchProcessError: There is no such process.
        NoAgentError: No process of the tree could be asked.
    """
    members = [process for process in list_tree(root) if _may_run_python(process)]
    pids = [process.pid for process in members if process.pid == root or not _tracks(process)]
    asking = Asking(ask=ask, timeout_seconds=timeout_seconds, tell=tell, show=show)
    asking.ask_all(pids)
    answers, refused, failed = asking.answers, asking.refused, asking.failed
    if not answers and not failed:
        raise NoAgentError(
            f"no process of the tree of {root} could be asked: "
            + "; ".join(error.message for _, error in refused or [(root, _nothing(root))]),
            hint=f"heapsnap dump --attach --children {root} enters them",
        )
    left_out = len(members) - len(pids)
    return TreeAnswer(tuple(answers), tuple(refused), tuple(failed), left_out)


def _tracks(process: Process) -> bool:
    return any(module in word for word in process.command[1:] for module in TRACKERS)


def _may_run_python(process: Process) -> bool:
    try:
        return look_at(process) is not None
    except ProcessClosedError:
        return True
    except NoSuchProcessError:
        return False


def _nothing(root: int) -> HeapsnapError:
    return HeapsnapError(f"none runs Python ({root} included)")
