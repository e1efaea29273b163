"""The demonstration runs what it shows, and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import os
import re
import tempfile
from typing import TYPE_CHECKING

import pytest

from heapsnap.demo.story import DemoNotInstalledError, run_demo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_story_is_told_from_the_leak_to_the_repair(tmp_path: Path) -> None:
    lines: list[str] = []
    assert run_demo(echo=lines.append, color=False, keep=tmp_path) == 0
    typed = [re.sub(r"\d+", "N", line.split()[1]) for line in lines if line.startswith("$ ")]
    round_ = ["python", "kill", "kill"]
    assert typed == [*round_, "heapsnap", "heapsnap", *round_, "heapsnap"]
    text = "\n".join(lines)
    told, repaired = text.split("Repaired:")
    assert ".fetchall_items" in told
    assert "DictCursor" not in repaired
    assert "\033" not in text
    assert len(list(tmp_path.glob("*/heapsnap-*.json"))) == 4


def test_ctrl_c_stops_the_service_and_removes_the_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pids: list[int] = []

    def press_ctrl_c(line: str) -> None:
        if ready := re.match(r"ready pid=(\d+)", line):
            pids.append(int(ready[1]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_demo(echo=press_ctrl_c, color=False)
    assert len(pids) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", _find_all_but("mysql_mimic"))
    with pytest.raises(DemoNotInstalledError) as caught:
        run_demo(echo=print, color=False)
    assert caught.value.message == "the demonstration needs mysql_mimic, not installed here"
    assert caught.value.hint == "pip install 'heapsnap[demo]'"


def _find_all_but(missing: str) -> Callable[[str], object | None]:
    """A ``find_spec`` for a machine without one package."""
    return lambda name: None if name == missing else object()
