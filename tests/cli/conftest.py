"""Running commands in a folder of their own, with a cache of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from heapsnap.cli.main import app
from tests.cli.heaps_of_the_story import write_story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one; no environment of whoever runs the tests."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("HEAPSNAP_DIR", "HEAPSNAP_INDEX", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    return here


@pytest.fixture
def story(folder: Path) -> Path:
    """The folder with the story's two snapshots in it."""
    write_story(folder)
    return folder


@pytest.fixture
def heapsnap(folder: Path) -> Callable[..., Result]:
    """``heapsnap("why", "DictCursor")`` runs a command in the folder."""
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, list(map(str, arguments)), prog_name="heapsnap")


@pytest.fixture
def transcript(heapsnap: Callable[..., Result], folder: Path) -> Callable[..., str]:
    """A command with all that it answers, as one text."""

    def run(*arguments: str) -> str:
        result = heapsnap(*arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        text = f"$ heapsnap {' '.join(arguments)}\n{result.stdout}"
        text += f"--- stderr\n{result.stderr}--- exit code {result.exit_code}\n"
        # Where a chain comes from is for its own tests; here the folder must not show.
        return re.sub(re.escape(str(folder)), "HERE", text)

    return run
