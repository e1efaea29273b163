"""Real processes to be asked and entered: started, found to be ready, found to be unharmed, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.agent.interpreters import Python, environment, find_interpreters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERPRETERS = find_interpreters()
START_ELSEWHERE = (
    "unshare",
    "--pid",
    "--fork",
    "--mount",
    "--mount-proc",
    "--kill-child",
    "sh",
    "-c",
)
WORKER = Path(__file__).resolve().parent / "programs" / "worker.py"


@pytest.fixture(params=INTERPRETERS, ids=[f"{p.version[0]}.{p.version[1]}" for p in INTERPRETERS])
def python(request: pytest.FixtureRequest) -> Python:
    """Each Python in turn."""
    return request.param


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``start("sleeping", folder, python=…)`` starts a worker of its own process group."""
    started: list[subprocess.Popen[str]] = []

    def start_worker(
        *arguments: object,
        python: str = sys.executable,
        before: tuple[str, ...] = (),
        worker: Path = WORKER,
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*before, python, str(worker), *map(str, arguments)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd="/",
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        return process

    yield start_worker
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
