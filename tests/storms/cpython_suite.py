"""CPython's own tests with a snapshot five times a second, beside the same tests without.

    python tests/storms/cpython_suite.py [--python PATH] [--every 0.2] [TEST ...]

Prints every test whose outcome differs, and the figures; ends with 1 if one differs. The process
that runs the tests is asked by a real signal; what it starts itself is left alone.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).resolve().parent / "programs" / "under_signals.py"
SIGNAL = 40
"""A real-time signal: the tests use most others themselves."""

SHORT = ("test_dict", "test_generators", "test_coroutines", "test_weakref", "test_fork1")
LONG = (
    *SHORT, "test_gc", "test_descr", "test_threading", "test_exceptions", "test_ctypes",
    "test_sqlite3", "test_subprocess", "test_io", "test_multiprocessing_fork", "test_thread",
    "test_queue", "test_select", "test_selectors", "test_contextlib", "test_context", "test_frame",
    "test_traceback", "test_sys", "test_warnings", "test_logging", "test_import", "test_set",
    "test_list", "test_pickle", "test_copy", "test_functools", "test_collections", "test_enum",
    "test_dataclasses", "test_inspect", "test_os", "test_posix", "test_zlib", "test_json",
    "test_socketserver", "test_atexit", "test_types", "test_code", "test_super", "test_signal",
    "test_asyncio",
)  # fmt: skip


KNOWN = (
    (
        r"test_threading .*(count|enumerate|cleanup)|test_thread .*test__count",
        "counts the threads of this moment",
    ),
    (r"test_subprocess .*swap_(std_)?fds", "descriptor 2 is a file of data: the line goes there"),
    (r"test_io .*test_interrupted_write", "a signal cuts a write short that nothing buffers"),
    (r"test_signal .*[Ii]timer|test_signal .*pause", "any signal ends pause()"),
)
"""Tests that another thread, a line on stderr or any signal changes by itself, and why."""


def known_reason(name: str) -> str:
    """Why a test may end in another way while signals come; empty where it may not."""
    return next((reason for pattern, reason in KNOWN if re.search(pattern, name)), "")


@dataclass(frozen=True)
class Run:
    """How one run of the tests ended."""

    outcomes: dict[str, str]
    exit_code: int
    seconds: float
    asked: int
    snapshots: int
    lines: tuple[str, ...]


def run_tests(python: str, tests: list[str], *, every: float) -> Run:
    """Run tests; with a snapshot each ``every`` seconds, or without if that is 0."""
    options = ["--junit-xml", "{report}", "--timeout", "240", "-u", "none"]
    return run_command(python, ["test", *options, *tests], every=every)


def run_command(
    python: str, command: list[str], *, every: float, folder: Path | None = None
) -> Run:
    """Run a module as a program, ``{report}`` for the file of its JUnit report, in a folder."""
    where = folder
    with tempfile.TemporaryDirectory(prefix="storm-") as name:
        folder = Path(name)
        report = folder / "report.xml"
        number = SIGNAL if every else 0
        words = [word.replace("{report}", str(report)) for word in command]
        said = folder / "said"
        started = time.monotonic()
        with said.open("wb") as output:
            process = subprocess.Popen(
                [python, str(PROGRAM), name, str(number), *words],
                cwd=where or folder,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT), "HOME": name},
                start_new_session=True,
            )
            asked, snapshots = _ask(process, folder, every)
        seconds = time.monotonic() - started
        text = said.read_text(errors="replace")
        lines = tuple(line for line in text.splitlines() if "heapsnap: " in line)
        return Run(_outcomes(report), process.returncode, seconds, asked, snapshots, lines)


def _ask(process: subprocess.Popen[bytes], folder: Path, every: float) -> tuple[int, int]:
    """Send the signal until the process ends; count what was asked for and what came."""
    asked = snapshots = 0
    while process.poll() is None:
        time.sleep(every or 0.2)
        if every and (folder / "ready").exists() and process.poll() is None:
            process.send_signal(SIGNAL)
            asked += 1
        for path in folder.glob("heapsnap-*.json"):
            snapshots += 1
            path.unlink()
    time.sleep(1 if every else 0)
    snapshots += len(list(folder.glob("heapsnap-*.json")))
    return asked, snapshots


def _outcomes(report: Path) -> dict[str, str]:
    """Test → passed, skipped, failure or error."""
    if not report.exists():
        return {"the report": "absent"}
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname') or ''}.{case.get('name')}"
        kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        outcomes[name] = kinds[0] if kinds else "passed"
    return outcomes


def compare(python: str, tests: list[str], every: float) -> tuple[dict[str, str], Run]:
    """Run each file of tests without snapshots and with; what differs, and the sum of the latter."""
    differing: dict[str, str] = {}
    storms, calm_seconds = [], 0.0
    for test in tests:
        calm = run_tests(python, [test], every=0)
        storm = run_tests(python, [test], every=every)
        calm_seconds += calm.seconds
        storms.append(storm)
        names = calm.outcomes.keys() | storm.outcomes.keys()
        pairs = [(n, calm.outcomes.get(n), storm.outcomes.get(n)) for n in sorted(names)]
        found = {f"{test} {n}": f"{a} without, {b} with" for n, a, b in pairs if a != b}
        reasons = {name: known_reason(name) for name in found}
        if calm.exit_code != storm.exit_code and not all(reasons.values() or [""]):
            found[f"{test} exit"] = f"{calm.exit_code} without, {storm.exit_code} with"
        for name, difference in found.items():
            print(f"  {name}: {difference} {known_reason(name)}", flush=True)
        differing |= {
            name: difference for name, difference in found.items() if not reasons.get(name)
        }
    total = Run(
        outcomes={f"{n} {name}": o for n, s in enumerate(storms) for name, o in s.outcomes.items()},
        exit_code=max(abs(storm.exit_code) for storm in storms),
        seconds=sum(storm.seconds for storm in storms),
        asked=sum(storm.asked for storm in storms),
        snapshots=sum(storm.snapshots for storm in storms),
        lines=tuple(line for storm in storms for line in storm.lines),
    )
    print(
        f"{python}: {len(tests)} test files, {len(total.outcomes)} tests; asked {total.asked} "
        f"times, {total.snapshots} snapshots, {total.seconds / calm_seconds:.2f} times as long; "
        f"{len(differing)} differ for no known reason",
        flush=True,
    )
    return differing, total


def existing(python: str, tests: list[str]) -> list[str]:
    """Those that this Python has."""
    source = "import os, test; print(os.path.dirname(test.__file__))"
    found = subprocess.run([python, "-c", source], capture_output=True, text=True, check=True)
    names = {name.removesuffix(".py") for name in os.listdir(found.stdout.strip())}
    return [name for name in tests if name in names]


def main() -> int:
    """Compare, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--every", type=float, default=0.2)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    tests = options.tests or list(LONG if options.long else SHORT)
    differing, storm = compare(options.python, existing(options.python, tests), options.every)
    for line in sorted({line for line in storm.lines if "no snapshot" in line})[:20]:
        print(f"  {line}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
