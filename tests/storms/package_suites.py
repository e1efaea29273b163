"""The test suites of well-known packages with a snapshot five times a second, beside the same without.

    python tests/storms/package_suites.py [--every 0.2] [PACKAGE ...]

Takes each package's source distribution from the registry, by name, makes an environment for it in
a temporary folder, and runs its tests there with pytest. Prints every test whose outcome
differs, and the figures; ends with 1 if one differs that does not differ from calm to calm.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.storms.cpython_suite import Run, run_command

PACKAGES = {
    "attrs": ("hypothesis", "cloudpickle"),
    "click": (),
    "Jinja2": ("trio",),
}  # fmt: skip
"""What to run, and what its tests need."""


KNOWN = {"test_echo_via_pager": "compares all that comes on descriptor 2, where the line goes"}
"""Tests that a line on stderr changes by itself: a part of the name, and why."""


def prepare(package: str, folder: Path) -> tuple[str, Path]:
    """An interpreter that has the package and what its tests need; the folder of its source."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    fetch = [*pip, "download", "--no-deps", "--no-binary", package, "-d", folder, package]
    subprocess.run(fetch, check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    needs = [str(source), "pytest", *PACKAGES.get(package, ())]
    subprocess.run([*pip, "install", *needs], check=True)
    return str(python), source


def run_suite(python: str, source: Path, *, every: float) -> Run:
    """Run the tests of the package whose source stands there."""
    options = ["-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
    return run_command(
        python,
        ["pytest", *options, "--junit-xml", "{report}", str(source / "tests")],
        every=every,
        folder=source,
    )


def compare(package: str, every: float) -> dict[str, str]:
    """Run a package's tests without snapshots, with, and without again; what differs."""
    with tempfile.TemporaryDirectory(prefix="storm-") as name:
        python, source = prepare(package, Path(name))
        calm, storm, again = (run_suite(python, source, every=pause) for pause in (0, every, 0))
    names = calm.outcomes.keys() | storm.outcomes.keys()
    steady = {n for n in names if calm.outcomes.get(n) == again.outcomes.get(n)}
    differing = {
        name: f"{calm.outcomes.get(name)} without, {storm.outcomes.get(name)} with"
        for name in sorted(steady)
        if calm.outcomes.get(name) != storm.outcomes.get(name)
    }
    for test, difference in differing.items():
        print(f"  {test}: {difference} {known_reason(test)}")
    known = [test for test in differing if known_reason(test)]
    differing = {test: how for test, how in differing.items() if test not in known}
    codes = (calm.exit_code, storm.exit_code, again.exit_code)
    if not known and codes[0] == codes[2] != codes[1]:
        differing["exit"] = f"{codes[0]} without, {codes[1]} with"
    print(
        f"{source.name}: {len(storm.outcomes)} tests, {len(names) - len(steady)} differ of themselves; "
        f"asked {storm.asked} times, {storm.snapshots} snapshots, "
        f"{2 * storm.seconds / (calm.seconds + again.seconds):.2f} times as long; {len(differing)} differ for no known reason",
        flush=True,
    )
    for line in sorted({line for line in storm.lines if "no snapshot" in line})[:10]:
        print(f"  {line}")
    return differing


def known_reason(test: str) -> str:
    """Why a test may end in another way; empty where it may not."""
    return next((reason for part, reason in KNOWN.items() if part in test), "")


def main() -> int:
    """Compare, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=float, default=0.2)
    parser.add_argument("packages", nargs="*", default=list(PACKAGES))
    options = parser.parse_args()
    return 1 if any([compare(package, options.every) for package in options.packages]) else 0


if __name__ == "__main__":
    sys.exit(main())
