"""Programs around loops, pools and greenlets: a snapshot of each process, and they go on."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading
from tests.living.service import NUMBER, PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.living.service import Service

PACKAGES = {"asyncio": (), "uvloop": ("uvloop",), "tornado": ("tornado",), "trio": ("trio",)}
GREEN = {"gevent": ("gevent",), "eventlet": ("eventlet",)}


def kept(folder: Path, header: dict[str, object], name: str) -> int:
    """How many objects of a type the snapshot of a header holds."""
    path = next(folder.glob(f"*-{header['pid']}-*-{header['sequence']}.json"))
    return Reading(path).count_by_type()[name]


def ends_well(service: Service) -> None:
    """SIGTERM does what it always did."""
    service.process.send_signal(signal.SIGTERM)
    service.process.wait(30)
    assert "ended True" in service.said
    assert "Traceback" not in service.said
    assert "RuntimeWarning" not in service.said


@pytest.mark.parametrize("loop", PACKAGES)
@pytest.mark.parametrize("variables", [{}, {"HEAPSNAP_STAND_IN": "0.2"}], ids=["plain", "stand-in"])
def test_event_loops(
    start: Callable[..., Service],
    need: Callable[..., None],
    tmp_path: Path,
    loop: str,
    variables: dict[str, str],
) -> None:
    need(*PACKAGES[loop])
    if loop == "trio" and variables:
        pytest.skip("trio warns of anybody else's wakeup descriptor; docs/production.md says so")
    service = start(PROGRAMS / "loops.py", loop, variables=variables)
    service.until_it_says("ready")
    first = service.take(service.pid, signal.SIGUSR1)
    second = service.take(service.pid, signal.SIGUSR1)
    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert (
        kept(tmp_path, second, "__main__.Message") >= kept(tmp_path, first, "__main__.Message") > 0
    )
    if loop in ("asyncio", "uvloop"):
        assert "child 0" in service.said
    ends_well(service)


def test_a_stand_in_serves_a_loop_that_is_away_in_c(
    start: Callable[..., Service], need: Callable[..., None], tmp_path: Path
) -> None:
    """Tornado leaves the wakeup descriptor alone, so the stand-in has it."""
    need("tornado")
    service = start(PROGRAMS / "loops.py", "tornado", variables={"HEAPSNAP_STAND_IN": "0.2"})
    service.until_it_says("ready")
    os.mkfifo(tmp_path / "block")
    service.until((tmp_path / "blocked").exists, "the loop to be away")
    header = service.take(service.pid, signal.SIGUSR1)
    assert "back" not in service.said
    (tmp_path / "blocked").write_text("x")
    service.until_it_says("back")
    assert "taken while the main thread was busy" in header["reason"]
    # The handler, which comes late, takes no second one.
    time.sleep(1)
    assert len(service.snapshots()) == 1
    ends_well(service)


@pytest.mark.parametrize("library", GREEN)
@pytest.mark.parametrize("how", ["early", "late"])
def test_greenlets(
    start: Callable[..., Service],
    need: Callable[..., None],
    tmp_path: Path,
    library: str,
    how: str,
) -> None:
    """Whether the agent comes before the monkey patch (by environment) or after it (in the code)."""
    need(*GREEN[library])
    command = [PROGRAMS / "loops.py", library, how]
    rules = {
        "HEAPSNAP_SIGNAL": "RTMIN+2",
        "HEAPSNAP_EVERY": "1s",
        "HEAPSNAP_COOLDOWN": "1",
        "HEAPSNAP_LIMIT": "1",
    }
    if how == "late":
        service = start(sys.executable, *command, bare=True, variables=rules)
    else:
        service = start(*command, variables=rules)
    service.until_it_says("ready")
    # By the clock, from a thread that is none of the library's.
    header = service.snapshot_of(service.pid)
    assert header["reason"] == "every 1 seconds"
    header = service.take(service.pid, NUMBER)
    assert header["mode"] == "fork"
    assert kept(tmp_path, header, "__main__.Message") > 0
    ends_well(service)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_each_start_method(
    start: Callable[..., Service], tmp_path: Path, method: str
) -> None:
    service = start(PROGRAMS / "pools.py", method)
    service.until_it_says("workers")
    line = next(line for line in service.said.splitlines() if line.startswith("workers"))
    workers = list(map(int, line.split()[1:]))
    for worker in workers:
        header = service.take(worker, signal.SIGUSR1)
        assert (header["pid"], header["sequence"]) == (worker, 1)
        module = "__main__" if method == "fork" else "__mp_main__"
        assert kept(tmp_path, header, f"{module}.Row") > 0
    assert service.take(service.pid, signal.SIGUSR1)["sequence"] == 1
    (tmp_path / "enough").touch()
    assert service.process.wait(60) == 0
    assert f"still {workers[0]} {workers[1]}" in service.said


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_celery(
    start: Callable[..., Service], need: Callable[..., None], tmp_path: Path, pool: str
) -> None:
    need("celery")
    variables = {"HEAPSNAP_SIGNAL": "RTMIN+2", "HEAPSNAP_AT_EXIT": "1"}
    service = start(
        "-m", "celery", "-A", "tasks", "worker", "--pool", pool, "--concurrency", "2",
        "--without-mingle", "--without-gossip", "--without-heartbeat",
        *(["--max-tasks-per-child", "6"] if pool == "prefork" else []), variables=variables,
    )  # fmt: skip
    done = start(sys.executable, "-c", ASK, bare=True)
    assert done.process.wait(90) == 0, service.said
    worker = int((tmp_path / "worker").read_text())
    assert (worker == service.pid) == (pool == "threads")
    header = service.take(worker)
    assert header["sequence"] == 1
    assert kept(tmp_path, header, "tasks.Order") > 0
    assert start(sys.executable, "-c", ASK, bare=True).process.wait(90) == 0
    if pool == "prefork":
        # A worker that is replaced after its tasks leaves a last snapshot.
        start(sys.executable, "-c", ASK, bare=True)
        start(sys.executable, "-c", ASK, bare=True)
        recycled = lambda: [h for h in service.snapshots() if h["reason"].startswith("exit")]  # noqa: E731
        found = service.until(recycled, "a snapshot of a recycled worker")
        assert found[0]["pid"] != service.pid


ASK = """
from tasks import FOLDER, work
pids = [result.get(timeout=60) for result in [work.delay() for _ in range(4)]]
(FOLDER / "worker").write_text(str(pids[0]))
"""
