"""The command that starts a program with the agent in every Python process that comes of it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from heapsnap.errors import ProgramNotFoundError

STARTUP = Path(__file__).resolve().parents[1] / "agent" / "startup"
"""The folder whose ``sitecustomize`` installs the agent in interpreters that have no heapsnap."""

_AFTER_DASHES = f"{__name__}.after_dashes"


class ProgramCommand(TyperCommand):
    """Leaves what follows the program's name to the program; knows whether ``--`` was before it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take our own options; what they are not is the program's."""
        ctx.allow_interspersed_args = False
        args = _parted(args)
        given = list(args)
        rest = super().parse_args(ctx, args)
        start = len(given) - len(ctx.params.get("program") or ())
        ctx.meta[_AFTER_DASHES] = start > 0 and given[start - 1] == "--"
        return rest


def _parted(args: list[str]) -> list[str]:
    """The words with ``-mMODULE`` and ``-cCODE``, as Python takes them, in two."""
    at = 0
    while at < len(args) and args[at].startswith("-") and args[at] not in {"-", "--", "-m", "-c"}:
        word = args[at]
        if word.startswith(("-m", "-c")):
            return [*args[:at], word[:2], word[2:], *args[at + 1 :]]
        at += 2 if word in {"--signal", "--directory", "-d"} else 1
    return args


Program = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT | -m MODULE | -c CODE | -- COMMAND [ARGS]",
        help="A script, a module after -m, code after -c, or any command after --.",
        show_default=False,
    ),
]


def run(
    ctx: typer.Context,
    program: Program = None,
    *,
    module: Annotated[
        bool, typer.Option("-m", help="Run a module or a package, as python -m does.")
    ] = False,
    code: Annotated[bool, typer.Option("-c", help="Run code, as python -c does.")] = False,
    signal: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="USR1, RTMIN+2, ...; off.", show_default=False),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "-d", "--directory", metavar="FOLDER", help="For the snapshots.", show_default=False
        ),
    ] = None,
) -> None:
    """Start a program so that it, and every Python process that it starts, takes snapshots.

    The rest is set by variables, HEAPSNAP_THRESHOLD=80% and the like: docs/environment.md.
    """
    words = list(program or ())
    if not words:
        raise typer.BadParameter("expected a script, a module or a command", ctx=ctx)
    if module and code:
        raise typer.BadParameter("expected -m or -c, not both", ctx=ctx)
    if module or code:
        command = [sys.executable, "-m" if module else "-c", *words]
    else:
        command = command_of(words, is_command=ctx.meta[_AFTER_DASHES])
    variables = environment_of(signal=signal, directory=directory)
    sys.stdout.flush()
    sys.stderr.flush()
    # In this process's place: its pid, its signals, its exit code are the program's own.
    try:
        os.execvpe(command[0], command, variables)  # noqa: S606
    except OSError as error:
        raise _not_found(command[0], str(error.strerror).lower()) from error


def command_of(words: list[str], *, is_command: bool) -> list[str]:
    """The command line as it would be without heapsnap.

    Raises:
        ProgramNotFoundError: There is no such script, or no such command.
    """
    if not is_command:
        if not Path(words[0]).exists():
            raise _not_found(words[0], "no such file")
        return [sys.executable, *words]
    if shutil.which(words[0]) is None:
        raise _not_found(words[0], "no such command")
    return words


def environment_of(*, signal: str | None, directory: Path | None) -> dict[str, str]:
    """This process's variables, and those that install the agent.

    Raises:
        typer.BadParameter: There is no such signal.
    """
    from heapsnap.agent import settings, signals

    variables = dict(os.environ)
    variables[settings.START] = "1"
    paths = [str(STARTUP), *filter(None, [variables.get("PYTHONPATH")])]
    if STARTUP.as_posix() not in variables.get("PYTHONPATH", "").split(os.pathsep):
        variables["PYTHONPATH"] = os.pathsep.join(paths)
    if signal is not None:
        variables["HEAPSNAP_SIGNAL"] = signal
    if directory is not None:
        variables["HEAPSNAP_DIR"] = str(directory.resolve())
    try:
        signals.number_of(signal or "off")  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    # The folder of the snapshots is where the program was started, whatever it makes its own.
    variables.setdefault("HEAPSNAP_DIR", str(Path.cwd()))
    return variables


def _not_found(name: str, what: str) -> ProgramNotFoundError:
    hint = "heapsnap run app.py, heapsnap run -m package, heapsnap run -- gunicorn app:app"
    return ProgramNotFoundError(f"cannot run {name!r}: {what}", hint=hint)
