"""Answers on stdout: lines with colours on a terminal, plain text elsewhere, or JSON."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console

from heapsnap.render.jsontext import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text


def screen_width() -> int:
    """Columns of the terminal; what ``COLUMNS`` says, else 80, where there is none."""
    return Console().width


def write_lines(lines: Sequence[Text]) -> None:
    """Print lines; none is cut or folded, the terminal does that."""
    if sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
        console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
        for text in lines:
            console.print(text)
    else:
        sys.stdout.writelines(f"{text.plain}\n" for text in lines)
    # Here a closed pipe is noticed while somebody still listens.
    sys.stdout.flush()


def write_json(value: Mapping[str, Any]) -> None:
    """Print the document."""
    sys.stdout.write(json_text(value))
    sys.stdout.flush()
