"""The interpreters as a fixture, and the promise that the agent leaves this process as it was."""

from __future__ import annotations

import gc
import signal
from typing import TYPE_CHECKING

import pytest

from tests.agent.interpreters import Python, find_interpreters, find_own

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERPRETERS = find_interpreters()


@pytest.fixture(
    scope="session",
    params=INTERPRETERS,
    ids=[f"{number}-{p.version[0]}.{p.version[1]}" for number, p in enumerate(INTERPRETERS)],
)
def python(request: pytest.FixtureRequest) -> Python:
    """Each Python in turn."""
    return request.param


@pytest.fixture(scope="session")
def own_python() -> Python:
    """The Python that runs the tests, with the packages that are installed for it."""
    return find_own()


@pytest.fixture(autouse=True)
def process_stays_as_it_is() -> Iterator[None]:
    """Collector and signal handlers are after every test what they were before."""
    before = _state_of_process()
    yield
    assert _state_of_process() == before


def _state_of_process() -> dict[str, object]:
    handled = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    return {
        "enabled": gc.isenabled(),
        "threshold": gc.get_threshold(),
        "debug": gc.get_debug(),
        "frozen": gc.get_freeze_count(),
        "callbacks": list(gc.callbacks),
        "handlers": {number: signal.getsignal(number) for number in handled},
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    }
