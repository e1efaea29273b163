"""The command line's group: the one place where errors become lines and exit codes.

``error:`` and ``hint:`` on stderr, no traceback, no box; wrong usage is told in the same way.
Ctrl-C ends quietly with 130, a closed pipe (``| head``) with 141, as a shell expects.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from heapsnap.errors import HeapsnapError

if TYPE_CHECKING:
    from collections.abc import Iterator

CTRL_C = 130
CLOSED_PIPE = 141
WRONG_USAGE = 2

# typer gives no name of its own to what all wrong usage derives from, whichever click it carries.
WrongUsage: type[Any] = typer.BadParameter.__mro__[1]


class HeapsnapGroup(TyperGroup):
    """The group of all commands, in the order in which they are written."""

    def make_context(self, *args: Any, **keywords: Any) -> Any:
        """Read what stands before the command."""
        with errors_told():
            return super().make_context(*args, **keywords)

    def invoke(self, ctx: Any) -> Any:
        """Read what stands after the command, and run it."""
        with errors_told():
            return super().invoke(ctx)


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn what a user can act on into two lines and an exit code.

    Raises:
        typer.Exit: Something went wrong and has been told.
    """
    try:
        yield
    except HeapsnapError as error:
        tell("error", error.message)
        tell("hint", error.hint)
        raise typer.Exit(error.exit_code) from error
    except MemoryError as error:
        tell("error", "not enough memory for this answer")
        tell("hint", "ask on a machine with more, about 150 bytes for each object of the snapshot")
        raise typer.Exit(HeapsnapError.exit_code) from error
    except WrongUsage as error:
        tell("error", _usage_text(error.format_message()))
        command = error.ctx.command_path if error.ctx else "heapsnap"
        tell("hint", f"{command} --help")
        raise typer.Exit(WRONG_USAGE) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(CTRL_C) from interrupt
    except BrokenPipeError as error:
        # What Python still holds for stdout must go somewhere when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(CLOSED_PIPE) from error


def tell(kind: str, text: str) -> None:
    """Print one line of talk on stderr: ``error``, ``hint`` or ``note``."""
    from heapsnap.render.escape import escape_terminal

    if text:
        typer.echo(f"{kind}: {escape_terminal(text)}", err=True)


def _usage_text(message: str) -> str:
    """The sentence of click in our form: lower case at the start, one line, no full stop."""
    text = " ".join(message.split()).rstrip(".")
    return text[:1].lower() + text[1:]
