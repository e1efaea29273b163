"""Building the chunk in C: it never fails an installation, and leaves nothing half done."""

from __future__ import annotations

import runpy
import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.interpreters import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

AGENT = "heapsnap/agent"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with the sources in C and nothing built."""
    shutil.copytree(CHECKOUT / AGENT / "csource", tmp_path / AGENT / "csource")
    return tmp_path


@pytest.fixture(scope="module")
def build() -> Callable[[Path], bool]:
    pytest.importorskip("hatchling", reason="the build hook is hatchling's")
    script: dict[str, Any] = runpy.run_path(str(CHECKOUT / ".ci" / "build_quick.py"))
    return script["build"]


def built(root: Path) -> list[str]:
    return sorted(path.name for path in (root / AGENT).iterdir() if path.is_file())


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CC", "/no/such/compiler"), ("CC", "false"), ("HEAPSNAP_BUILD", "pure")],
)
def test_without_a_compiler_or_if_unwanted_nothing_is_built_and_nothing_fails(
    build: Callable[[Path], bool],
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
) -> None:
    (root / AGENT / "_quick.abi3.so").write_bytes(b"of another day")
    monkeypatch.setenv(variable, value)
    assert not build(root)
    assert built(root) == []


def test_with_a_compiler_one_file_is_built(
    build: Callable[[Path], bool], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEAPSNAP_BUILD", raising=False)
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler) or not Path(sysconfig.get_path("include"), "Python.h").exists():
        pytest.skip(f"no compiler or no Python.h here: {compiler}")
    assert build(root)
    assert built(root) == ["_quick.abi3.so"]
