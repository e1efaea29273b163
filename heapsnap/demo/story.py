"""The story of a leak, told by running it: the service, the signals, the commands.

Owns the order of events and the sentences between them. Nothing here is staged: the
program is the one beside this file, the output is what the commands print.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heapsnap.demo.service import Service
from heapsnap.errors import HeapsnapError

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(__file__).with_name("cursor_leak.py")
NEEDED_MODULES = ("pymysql", "mysql_mimic")
REQUESTS_TO_WARM_UP = 100
REQUESTS_A_SECOND = 150
LONGEST_SECONDS = 120
"""After so long a service ends by itself, even if this process was killed outright."""


class DemoNotInstalledError(HeapsnapError):
    """The packages that only the demonstration needs are missing."""


def run_demo(*, echo: Callable[[str], None], color: bool, keep: Path | None = None) -> int:
    """Let the service leak, find out why, and check the repair.

    Args:
        echo: Receives the text, line by line.
        color: Whether the lines may contain colours.
        keep: The folder in which the snapshots stay; None: they go when the story ends.

    Returns:
        0, or the exit code of the first command that could not answer.

    Raises:
        DemoNotInstalledError: The ``demo`` extra is not installed.
        ServiceError: The service did not start, or did not answer.
    """
    missing = [name for name in NEEDED_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        message = f"the demonstration needs {' and '.join(missing)}, not installed here"
        raise DemoNotInstalledError(message, hint="pip install 'heapsnap[demo]'")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with nullcontext(keep) if keep else temporary_folder() as folder:
        stage = Stage(echo=echo, color=color, folder=Path(folder).resolve())
        stage.say(f"Snapshots go to {stage.folder}{'' if keep else ' and are removed at the end'}.")
        return tell(stage)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes at the end of the block."""
    # After Ctrl-C a snapshot may still be under way there, in a process that is not ours.
    return tempfile.TemporaryDirectory(prefix="heapsnap-", ignore_cleanup_errors=True)


def tell(stage: Stage) -> int:
    """Run the steps, one after the other; 0 or the exit code of the first that failed."""
    stage.say("A service answers its requests from MySQL, and its memory grows.")
    before, after = take_two_snapshots(stage, "leaking", growth=734)

    stage.say("What grew, and where does the growth enter the heap?")
    if code := stage.run("diff", before, after):
        return code

    stage.say("Who holds the cursors?")
    if code := stage.run("why", "DictCursor"):
        return code

    stage.say("Repaired: the method belongs to a class of cursors now. The same check again:")
    before, after = take_two_snapshots(stage, "fixed", "--fixed", growth=300)
    return stage.run("diff", before, after)


def take_two_snapshots(stage: Stage, name: str, *flags: str, growth: int) -> tuple[str, str]:
    """Run the service, and take a snapshot once it is warm and one ``growth`` requests later.

    Returns:
        The two files, as paths below the stage's folder.
    """
    (stage.folder / name).mkdir(exist_ok=True)
    stage.prompt("python", PROGRAM.name, *flags, "--directory", name, "&")
    arguments = [*flags, "--directory", str(stage.folder / name)]
    arguments += ["--rate", str(REQUESTS_A_SECOND), "--duration", str(LONGEST_SECONDS)]
    files = []
    with Service(PROGRAM, arguments, environment=stage.environment()) as service:
        stage.show(service.wait_for("ready").string)
        for goal in (REQUESTS_TO_WARM_UP, REQUESTS_TO_WARM_UP + growth):
            progress = service.wait_for(r"served (\d+) ")
            while int(progress[1]) < goal:
                progress = service.wait_for(r"served (\d+) ")
            stage.show(progress.string)
            stage.prompt("kill", "-USR1", str(service.process.pid))
            written = service.take_snapshot()
            stage.show(written.string)
            files.append(f"{name}/{Path(written['file']).name}")
    return files[0], files[1]


@dataclass(frozen=True)
class Stage:
    """Where the story is shown and where its files go."""

    echo: Callable[[str], None]
    color: bool
    folder: Path

    def say(self, sentence: str) -> None:
        """Show what the next step is for."""
        self.echo("")
        self.echo(f"\033[3m{sentence}\033[0m" if self.color else sentence)

    def prompt(self, *words: str) -> None:
        """Show a command as it is typed into a shell."""
        line = f"$ {' '.join(word if word == '&' else shlex.quote(word) for word in words)}"
        self.echo(f"\033[1m{line}\033[0m" if self.color else line)

    def show(self, line: str) -> None:
        """Show a line that a program printed, with paths as seen from the folder."""
        self.echo(line.replace(f"{self.folder}{os.sep}", ""))

    def run(self, *arguments: str) -> int:
        """Run a heapsnap command in the folder, show what it prints, return its exit code."""
        self.prompt("heapsnap", *arguments)
        finished = subprocess.run(
            [sys.executable, "-m", "heapsnap", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        for line in finished.stdout.splitlines():
            self.show(line)
        return finished.returncode

    def environment(self) -> dict[str, str]:
        """Variables for what is started: this heapsnap, this terminal, none of the user's files."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSNAP_")}
        where_heapsnap_is = Path(__file__).resolve().parents[2]
        python_path = [str(where_heapsnap_is), variables.get("PYTHONPATH", "")]
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, python_path))
        variables["COLUMNS"] = str(shutil.get_terminal_size().columns)
        # Which diff was the last one is remembered there; the user's own must stay.
        variables["XDG_CACHE_HOME"] = str(self.folder / "cache")
        for name in ("FORCE_COLOR", "NO_COLOR"):
            variables.pop(name, None)
        variables["FORCE_COLOR" if self.color else "NO_COLOR"] = "1"
        return variables
