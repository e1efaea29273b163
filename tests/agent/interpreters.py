"""The Pythons whose heaps are looked at, and how a program is run in one of them.

The offline side is installed in one Python only, the one that runs pytest; snapshots
are taken in every other as well. So programs run in processes of their own, with the checkout and
nothing else on their path, and the files that they leave are judged here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).resolve().parent / "programs"
VARIABLE = "HEAPSNAP_TEST_PYTHONS"
PATIENCE_SECONDS = 900 if os.environ.get("HEAPSNAP_LONG") else 60


@dataclass(frozen=True)
class Finished:
    """How a program ended and what it said."""

    exit_code: int
    stdout: str
    stderr: str

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the program told, as ``programs/telling.py`` tells it."""
        assert self.exit_code == 0, f"exit code {self.exit_code}\n{self.stdout}\n{self.stderr}"
        return json.loads(self.stdout.splitlines()[-1])

    @property
    def lines(self) -> list[str]:
        """What the agent said on stderr, without its prefix."""
        prefix = "heapsnap: "
        said = self.stderr.splitlines()
        return [line.removeprefix(prefix) for line in said if line.startswith(prefix)]


@dataclass(frozen=True)
class Python:
    """An interpreter."""

    path: str
    version: tuple[int, int]

    def command(self, program: str, *arguments: object, flags: Sequence[str] = ()) -> list[str]:
        """The command line that runs a program of ``programs/``."""
        return [self.path, *flags, str(PROGRAMS / program), *map(str, arguments)]

    def run(
        self,
        program: str,
        *arguments: object,
        flags: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Finished:
        """Run a program of ``programs/`` to its end."""
        command = self.command(program, *arguments, flags=flags)
        return self.finish(command, variables=variables, folder=folder)

    def evaluate(self, source: str, *, flags: Sequence[str] = ()) -> Finished:
        """Run a few lines of Python."""
        return self.finish([self.path, *flags, "-c", source])

    def finish(
        self,
        command: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Finished:
        """Run a command to its end, children that hold its output included."""
        done = subprocess.run(
            command,
            env=environment(variables),
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables, with the checkout on Python's path and none of the agent's own."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("HEAPSNAP_", "PYTHON"))}
    return own | {"PYTHONPATH": str(CHECKOUT)} | dict(variables or {})


def find_interpreters() -> list[Python]:
    """Those that the variable lists, or else the Python that runs this."""
    listed = filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))
    paths = dict.fromkeys(map(os.path.expanduser, listed))
    return [Python(path, _version_of(path)) for path in paths] or [find_own()]


def find_own() -> Python:
    """The Python that runs this, with the packages that are installed for it."""
    return Python(sys.executable, sys.version_info[:2])


def _version_of(path: str) -> tuple[int, int]:
    # An interpreter that is listed and does not run is an error, not a skip.
    source = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([path, "-S", "-c", source], capture_output=True, text=True, check=True)
    major, minor = done.stdout.split()
    return int(major), int(minor)
