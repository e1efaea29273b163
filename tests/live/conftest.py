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

from tests.agent.interpreters import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKER = Path(__file__).resolve().parent / "programs" / "worker.py"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``start("sleeping", folder, python=…)`` starts a worker of its own process group."""
    started: list[subprocess.Popen[str]] = []

    def start_worker(
        *arguments: object, python: str = sys.executable, before: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*before, python, str(WORKER), *map(str, arguments)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
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
