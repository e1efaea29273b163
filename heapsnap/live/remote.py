"""`sys.remote_exec`: Python 3.14 and later run a script in another process when it is ready to.

It must be called by an interpreter of the same version, since that knows how the other one is
built. So it is ours if it fits, else the very program that the process runs; never with more rights
than the process has, as it is the process's owner who decides what that program does.

References:
    PEP 768; https://docs.python.org/3/library/sys.html#sys.remote_exec.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from heapsnap.live.mount import named_by_process, shares_our_files
from heapsnap.live.procfs import DELETED, read_environment, read_link

if TYPE_CHECKING:
    from heapsnap.live.procfs import Process

SINCE = (3, 14)
SOURCE = "import sys; sys.remote_exec(int(sys.argv[1]), sys.argv[2])"
NEEDED_VARIABLES = ("PYTHONHOME", "LD_LIBRARY_PATH")
PATIENCE_SECONDS = 20.0


def request(process: Process, version: tuple[int, int], script: str) -> str:
    """Ask a process to run a script as soon as its main thread runs Python code.

    Args:
        process: The process.
        version: Its Python.
        script: The file, as the process names it.

    Returns:
        Why it could not be asked; empty if it has been.
    """
    is_near = shares_our_files(process)
    if is_near and sys.version_info[:2] == version and sys.version_info >= SINCE:
        try:
            sys.remote_exec(process.pid, script)  # type: ignore[attr-defined, unused-ignore]
        except (OSError, RuntimeError) as error:
            return str(error)
        return ""
    program = read_link(process, "exe")
    if program.endswith(DELETED):
        return f"its program {program.removesuffix(DELETED)} was replaced since it started"
    program = named_by_process(process, program)
    return _request_by(program, process, script, is_near=is_near)


def _request_by(program: str, process: Process, script: str, *, is_near: bool) -> str:
    command = [program, "-S", "-s", "-c", SOURCE]
    command += [str(process.pid if is_near else process.inner_pid), script]
    changes_user = os.geteuid() == 0 and process.uid != 0
    rights: dict[str, object] = {}
    if not is_near:
        command = [*_entered(process), *command]
    elif changes_user:
        rights = {"user": process.uid, "group": process.gid, "extra_groups": []}
    variables = read_environment(process)
    try:
        done = subprocess.run(
            command,
            env={name: variables[name] for name in NEEDED_VARIABLES if name in variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_SECONDS,
            check=False,
            **rights,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (lines[-1] if lines else f"exit {done.returncode}")


def _entered(process: Process) -> list[str]:
    """What runs a program in the namespaces of a process, with its user's rights."""
    return [
        "nsenter", f"--target={process.pid}", "--mount", "--pid", "--root", "--wd=/",
        f"--setuid={process.uid}", f"--setgid={process.gid}",
    ]  # fmt: skip
