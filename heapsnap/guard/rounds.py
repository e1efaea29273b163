"""The rounds: work that is done again and again, with a snapshot of this process after each.

Runs in the process that is tested, so it keeps nothing that grows, takes the snapshots with the
agent and leaves their analysis to a process of its own: neither its objects nor its imports are
ever among what is measured.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from heapsnap.agent.aside import dump_aside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from typing_extensions import Self

ROUNDS = 5
WARM_UP = 3
FEWEST_ROUNDS = 2
"""Growth that was seen once says nothing about the next time."""
MOST_COLLECTIONS = 4
ANSWER = "answer.txt"
JUDGE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from heapsnap.guard import judge; judge.main()"  # noqa: E501
"""The path is handed over as it is here: with ``-m`` the current folder could shadow modules."""

# Held as they are now: a test may replace what stands in these modules.
_spawn, _wait = os.posix_spawn, os.waitpid


class GrowthError(AssertionError):
    """Something held more after every round."""


class Guard:
    """Watches the rounds of one piece of work; made by ``heapsnap_guard`` and ``no_growth``.

    Args:
        grows: How many more objects one place may have after each round.
        types: Names of types (``Session``, ``cache.Session``, ``'*Session'``): only their
            objects count, wherever they are. None: whatever grows.
        rounds: How often the work is measured, at least twice.
        warm_up: How often it is done before: imports, caches, pools.
    """

    def __init__(
        self,
        *,
        grows: int = 0,
        types: Sequence[str] = (),
        rounds: int = ROUNDS,
        warm_up: int = WARM_UP,
    ) -> None:
        if isinstance(types, str):
            types = (types,)
        if rounds < FEWEST_ROUNDS or warm_up < 0 or grows < 0:
            message = f"rounds={rounds}, warm_up={warm_up}, grows={grows}: expected {FEWEST_ROUNDS} rounds or more, and nothing below 0"  # noqa: E501
            raise ValueError(message)
        self._question = {"grows": grows, "types": list(types)}
        self._rounds, self._warm_up = rounds, warm_up
        self._folder: Path | None = None
        self._done = 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="heapsnap-guard-"))
        self._done = 0
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        __tracebackhide__ = True
        try:
            if kind is None:
                self._check()
        finally:
            assert self._folder is not None
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def rounds(self) -> Iterator[int]:
        """Count the rounds for a loop around the work, warming up first."""
        if self._folder is None:
            message = "rounds() outside of the guard: with heapsnap_guard() as guard: ..."
            raise RuntimeError(message)
        for number in range(self._warm_up + self._rounds):
            if number >= self._warm_up:
                self._take(number - self._warm_up)
            yield number
        self._take(self._rounds)
        self._done = self._rounds

    def _take(self, number: int) -> None:
        """Write a snapshot, without the garbage that the collector would have freed."""
        if gc.isenabled():
            # What a finalizer lets go of is garbage only for the next collection.
            for _ in range(MOST_COLLECTIONS):
                if not gc.collect():
                    break
        assert self._folder is not None
        if not dump_aside(str(self._folder / f"{number}.json")):
            message = "no snapshot could be written: heapsnap's line on stderr says why"
            raise RuntimeError(message)

    def _check(self) -> None:
        __tracebackhide__ = True
        if self._done == 0:
            message = (
                "the work was not done in rounds, so nothing is known about it: "
                "with heapsnap_guard() as guard: for _ in guard.rounds(): ..."
            )
            raise RuntimeError(message)
        assert self._folder is not None
        if text := ask_judge(self._folder, self._question):
            raise GrowthError(text)


def assert_no_growth(
    work: Callable[[], object],
    *,
    grows: int = 0,
    types: Sequence[str] = (),
    rounds: int = ROUNDS,
    warm_up: int = WARM_UP,
) -> None:
    """Do some work in rounds and fail if it leaves more behind each time.

    Takes ``rounds + 1`` snapshots of this process and reads them in another one: about 2 seconds
    for a process of 100,000 objects (``docs/testing.md``).

    Args:
        work: Called without arguments, ``warm_up + rounds`` times.
        grows: How many more objects one place may have after each round.
        types: Names of types: only their objects count. None: whatever grows.
        rounds: How often the work is measured, at least twice.
        warm_up: How often it is done before: imports, caches, pools.

    Raises:
        GrowthError: An ``AssertionError``; its text is the culprit and the chain that holds it.
    """
    __tracebackhide__ = True
    with Guard(grows=grows, types=types, rounds=rounds, warm_up=warm_up) as guard:
        for _ in guard.rounds():
            work()


def ask_judge(folder: Path, question: dict[str, object]) -> str:
    """Let a process of its own read the snapshots ``0.json``, ``1.json``, ... in a folder.

    Args:
        folder: Where they are, and where that process writes its answer.
        question: ``grows`` and ``types``.

    Returns:
        What grew, in words; empty where nothing did.

    Raises:
        RuntimeError: That process failed; with what it wrote on stderr.
    """
    answer, talk = folder / ANSWER, folder / "stderr.txt"
    process = _spawn(
        sys.executable,
        [sys.executable, "-c", JUDGE, json.dumps(sys.path), str(folder), json.dumps(question)],
        {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, str(talk), os.O_WRONLY | os.O_CREAT, 0o600),
        ],
    )
    # Somebody else may have taken its exit status; the answer is there or not.
    with suppress(ChildProcessError):
        _wait(process, 0)
    if not answer.is_file():
        said = talk.read_text(encoding="utf-8", errors="replace").strip()
        message = f"the snapshots could not be compared: {said or 'the process that did it died'}"
        raise RuntimeError(message)
    return answer.read_text(encoding="utf-8")
