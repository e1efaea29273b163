"""Services that end with their test, whatever happens in it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from tests.living.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """``start("app.py", ...)`` runs ``heapsnap run app.py ...`` in the test's folder."""
    services = []

    def start_one(*command: object, **more: object) -> Service:
        services.append(Service(*command, folder=tmp_path, **more))
        return services[-1]

    yield start_one
    for service in services:
        service.end()


@pytest.fixture
def need() -> Callable[..., None]:
    """``need("gunicorn")`` skips the test where the package is not installed."""

    def need_packages(*names: str) -> None:
        missing = [name for name in names if importlib.util.find_spec(name) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}; pip install '.[living]'")

    return need_packages
