"""What all tests share: goldens, and the promise to leave the process as it was found.

``pytest --update-goldens`` writes what the tests see in place of comparing it; the difference
is then for a person to read, in the version control.
"""

from __future__ import annotations

import gc
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXPECTED = Path(__file__).resolve().parents[1] / "fixtures" / "expected"
SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the goldens instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: the text is what stands under ``fixtures/expected``."""
    is_update = request.config.getoption("--update-goldens")

    def check(name: str, text: str) -> None:
        path = EXPECTED / name
        if is_update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no golden {name}: pytest --update-goldens writes it"
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture(autouse=True)
def process_left_as_found() -> Iterator[None]:
    """The collector and the signals of this process are after a test what they were before."""

    def state() -> tuple[object, ...]:
        handlers = [signal.getsignal(number) for number in SIGNALS]
        return gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count(), handlers

    before = state()
    yield
    assert state() == before
