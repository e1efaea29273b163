"""The plugin in a pytest of its own, with the tests of suite.py."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
HEAVY = ("numpy", "scipy", "networkx", "rich", "typer", "orjson", "heapsnap.analysis")


def run_pytest(*arguments: str | Path, **variables: str) -> tuple[int, str]:
    """Exit code and all output of a pytest that knows nothing of this one."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider", *arguments],
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1500,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def report() -> str:
    code, output = run_pytest("-rA", "--strict-markers", HERE / "suite.py")
    assert code == 1, output
    return output


def test_each_test_ends_as_its_name_says(report: str) -> None:
    outcomes = re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\S+)", report, re.MULTILINE)
    assert len(outcomes) == 14
    for outcome, name in outcomes:
        assert (outcome == "PASSED") == ("passes" in name), f"{name}\n{report}"


def test_a_failure_names_the_culprit_and_shows_the_chain(report: str) -> None:
    assert "Page grows by 1 every round, held by suite.CACHE[*]" in report
    assert re.search(r"objects after each round: \d+, \d+, \d+", report)
    assert re.search(r"\.answers +-> list\n.*\[\d+\] +-> object   <== grows here", report)


def test_numbers_and_buffers_are_told_as_entries_and_bytes(report: str) -> None:
    assert "list grows by 1 entries every round" in report
    assert "bytearray grows by 100 KB every round" in report


def test_wrong_use_says_what_would_be_right(report: str) -> None:
    assert "call heapsnap.assert_no_growth(work) in it" in report
    assert "the work was not done in rounds, so nothing is known about it" in report
    assert "ValueError: its own" in report


def test_the_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it(heapsnap_guard):\n"
        f"    assert not [name for name in {HEAVY!r} if name in sys.modules]\n"
    )
    code, output = run_pytest(tmp_path)
    assert code == 0, output
