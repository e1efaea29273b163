"""The plugin for pytest: the fixture and the marker ``heapsnap_guard``.

Loaded by pytest in every run where heapsnap is installed, so it imports the agent alone.
"""

from __future__ import annotations

import pytest
from _pytest.unittest import TestCaseFunction

from heapsnap.guard.rounds import Guard

MARKER = "heapsnap_guard"
_running = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker, so that ``--strict-markers`` knows it."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(grows=0, types=(), rounds=5, warm_up=3): repeat the test, fixtures made once, "
        "and fail if it leaves more objects behind each time",
    )


@pytest.fixture
def heapsnap_guard() -> type[Guard]:
    """What opens a guard in a test, with the arguments of ``Guard``."""
    return Guard


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse the marker where it would do nothing."""
    # What unittest defines is not called through the hook below.
    is_function = isinstance(item, pytest.Function) and not isinstance(item, TestCaseFunction)
    if item.get_closest_marker(MARKER) and not is_function:
        pytest.fail(
            f"the marker {MARKER} cannot repeat this kind of test; "
            "call heapsnap.assert_no_growth(work) in it",
            pytrace=False,
        )


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a marked test in rounds, each through all plugins that call tests."""
    __tracebackhide__ = True
    marker = pyfuncitem.get_closest_marker(MARKER)
    if marker is None or pyfuncitem.stash.get(_running, False):
        return None
    pyfuncitem.stash[_running] = True
    try:
        with Guard(*marker.args, **marker.kwargs) as guard:
            for _ in guard.rounds():
                pyfuncitem.ihook.pytest_pyfunc_call(pyfuncitem=pyfuncitem)
    finally:
        del pyfuncitem.stash[_running]
    return True
