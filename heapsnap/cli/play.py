"""The command that plays the story of a leak."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def demo(
    *,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the snapshots there.", show_default=False),
    ] = None,
) -> None:
    """The story of a leak, run for real in under a minute: a service, two signals, the answer."""
    from heapsnap.demo.story import run_demo

    is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    raise typer.Exit(run_demo(echo=typer.echo, color=is_colored, keep=keep))
