"""A process with gRPC channels open: its fork handlers start threads in the child as well."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from heapsnap.snapshot.reader import load
from tests.agent.interpreters import Python

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("grpc", reason="grpcio is not installed: too heavy for an extra")


@pytest.mark.parametrize("variables", [{}, {"GRPC_ENABLE_FORK_SUPPORT": "1"}])
def test_snapshots_are_written_and_calls_go_on(variables: dict[str, str], tmp_path: Path) -> None:
    python = Python(sys.executable, sys.version_info[:2])
    facts = python.run("calling.py", tmp_path, variables=variables).facts
    assert facts["answers"] == ["cba"] * 10
    assert None not in facts["paths"]
    assert all(load(path).is_complete for path in facts["paths"])
