"""A process and all that descend from it, asked one after the other.

One at a time, since every snapshot copies what touching the reference counts copies: thirty
workers at once would need their memory twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.errors import (
    HeapsnapError,
    NoAgentError,
    NoSuchProcessError,
    ProcessClosedError,
)
from heapsnap.live.listing import look_at
from heapsnap.live.procfs import list_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapsnap.live.asking import Answer
    from heapsnap.live.procfs import Process

    Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TreeAnswer:
    """What a tree of processes has answered.

    Attributes:
        answers: The snapshots, parents before children.
        refused: Python processes that could not be asked, with the reason. Those of them that
            have no agent are expected: a resource tracker, another program.
        failed: Processes that were asked and did not answer, with the reason.
    """

    answers: tuple[Answer, ...]
    refused: tuple[tuple[int, HeapsnapError], ...]
    failed: tuple[tuple[int, HeapsnapError], ...]


def ask_tree(root: int, *, ask_one: Callable[[int], Answer], tell: Tell) -> TreeAnswer:
    """Ask every Python process of a tree; what runs no Python is left alone.

    Args:
        root: The pid of the tree's root.
        ask_one: Makes one process write a snapshot.
        tell: Is told now and then how far it is.

    Raises:
        NoSuchProcessError: There is no such process.
        NoAgentError: No process of the tree could be asked.
    """
    members = [process for process in list_tree(root) if _may_run_python(process)]
    answers: list[Answer] = []
    refused: list[tuple[int, HeapsnapError]] = []
    failed: list[tuple[int, HeapsnapError]] = []
    for number, process in enumerate(members, start=1):
        tell(f"process {process.pid}, {number} of {len(members)}")
        try:
            answers.append(ask_one(process.pid))
        except NoSuchProcessError:
            continue
        except (NoAgentError, ProcessClosedError) as error:
            refused.append((process.pid, error))
        except HeapsnapError as error:
            failed.append((process.pid, error))
    if not answers and not failed:
        raise NoAgentError(
            f"no process of the tree of {root} could be asked: "
            + "; ".join(error.message for _, error in refused or [(root, _nothing(root))]),
            hint=f"heapsnap dump --attach --children {root} enters them",
        )
    return TreeAnswer(tuple(answers), tuple(refused), tuple(failed))


def _may_run_python(process: Process) -> bool:
    try:
        return look_at(process) is not None
    except ProcessClosedError:
        return True
    except NoSuchProcessError:
        return False


def _nothing(root: int) -> HeapsnapError:
    return HeapsnapError(f"none runs Python ({root} included)")
