"""gunicorn, uvicorn, hypercorn and Django's runserver: snapshots of a worker, and it goes on serving."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading
from tests.living.service import CHECKOUT, fetch, free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.living.service import Service

VARIABLES = {"HEAPSNAP_SIGNAL": "RTMIN+2"}


def serving(service: Service, port: int) -> int:
    """The pid of a worker that answers."""
    return int(service.until(lambda: fetch(port), "an answer"))


def test_gunicorn_by_environment_alone(
    start: Callable[..., Service], need: Callable[..., None]
) -> None:
    need("gunicorn")
    port = free_port()
    service = start(
        "--", sys.executable, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "wsgi_app:application",
        variables=VARIABLES,
    )  # fmt: skip
    serving(service, port)
    workers = service.until(
        lambda: len(service.children()) == 2 and service.children(), "two workers"
    )
    for worker in workers:
        assert service.take(worker)["sequence"] == 1
    assert service.take(workers[0])["sequence"] == 2
    assert service.take(service.pid)["sequence"] == 1
    assert service.children() == workers
    assert serving(service, port) in workers


CONFIGURATION = """
from heapsnap.gunicorn import post_fork, worker_exit
workers = 2
max_requests = 3
preload_app = True
"""


def test_gunicorn_by_its_hooks(
    start: Callable[..., Service], need: Callable[..., None], tmp_path: Path
) -> None:
    need("gunicorn")
    (tmp_path / "gunicorn.conf.py").write_text(CONFIGURATION)
    port = free_port()
    service = start(
        sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "wsgi_app:application",
        bare=True, variables={"HEAPSNAP_SIGNAL": "USR1"},
    )  # fmt: skip
    worker = serving(service, port)
    header = service.take(worker)
    assert header["sequence"] == 1
    assert "gunicorn handles USR1 itself; RTMIN+2 is used instead" in service.said
    # A worker that is replaced after its requests leaves a last snapshot.
    service.until(
        lambda: (
            fetch(port) and any(h["reason"] == "recycled by gunicorn" for h in service.snapshots())
        ),
        "a snapshot of a recycled worker",
    )
    recycled = next(h for h in service.snapshots() if h["reason"] == "recycled by gunicorn")
    path = next(tmp_path.glob(f"*-{recycled['pid']}-*-{recycled['sequence']}.json"))
    assert Reading(path).count_by_type()["wsgi_app.Session"] >= 3
    # USR1 still is gunicorn's.
    os.kill(service.pid, signal.SIGUSR1)
    service.until_it_says("Handling signal: usr1")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_with_workers(
    start: Callable[..., Service], need: Callable[..., None], loop: str
) -> None:
    need("uvicorn", "uvloop")
    port = free_port()
    service = start(
        "-m", "uvicorn", "--workers", "2", "--loop", loop, "--port", port, "asgi_app:application"
    )  # fmt: skip
    worker = serving(service, port)
    assert service.take(worker, signal.SIGUSR1)["argv"]
    assert worker != service.pid
    assert serving(service, port)


def test_hypercorn(start: Callable[..., Service], need: Callable[..., None]) -> None:
    need("hypercorn")
    port = free_port()
    service = start("-m", "hypercorn", "-b", f"127.0.0.1:{port}", "asgi_app:application")
    worker = serving(service, port)
    service.take(worker, signal.SIGUSR1)
    assert serving(service, port) == worker


def test_djangos_runserver_and_its_reloader(
    start: Callable[..., Service], need: Callable[..., None], tmp_path: Path
) -> None:
    need("django")
    (tmp_path / "manage.py").write_text(
        (CHECKOUT / "tests/living/programs/django_manage.py").read_text()
    )
    port = free_port()
    service = start("manage.py", "runserver", f"127.0.0.1:{port}")
    worker = serving(service, port)
    assert worker != service.pid
    service.take(worker, signal.SIGUSR1)
    # The program changes on disk: another process takes over, which has the agent as well.
    (tmp_path / "manage.py").write_text((tmp_path / "manage.py").read_text() + "\n# changed\n")
    other = service.until(
        lambda: int(fetch(port) or worker) != worker and int(fetch(port)), "a reload"
    )
    assert service.take(other, signal.SIGUSR1)["sequence"] == 1
