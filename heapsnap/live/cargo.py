"""The agent as text that any Python from 3.10 on can run, with nothing installed there.

Owns how the agent's files are put into it, and the order in which they are loaded.
"""

from __future__ import annotations

import ast
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Filled = Mapping[str, object]

_FOLDER = files("heapsnap.agent")
FOLDER = "<heapsnap>/agent/"
"""By this name of its file the agent knows a frame of its own, and leaves it out."""


def pack(*, directory: str, result: str, is_gzip: bool) -> str:
    """The text that loads the agent and takes one snapshot.

    Args:
        directory: Where the snapshot goes, as the process names it.
        result: The file that is made when it has begun, and says how it went.
        is_gzip: Whether it is compressed.
    """
    sources = {name: source_of(name) for name in loading_order()}
    mark = sha256(repr(sources).encode()).hexdigest()[:12]
    return _fill(
        "unpack",
        {
            "SOURCES": sources,
            "NAME": f"_heapsnap_attached_{mark}",
            "DIRECTORY": directory,
            "RESULT": result,
            "IS_GZIP": is_gzip,
        },
        "take()",
    )


def gangway(cargo: str, *, script: str = "", page: int = 0, munmap: int = 0) -> str:
    """The short text that makes a process fetch the rest; leaves no name in any namespace.

    Args:
        cargo: The file with the rest, as the process names it.
        script: The file that will hold this text, as the process names it; empty: none will.
        page: Where a page of memory is that was made for this text; 0: none was.
        munmap: Where the function is that gives it back.
    """
    filled = {"CARGO": cargo, "SCRIPT": script, "PAGE": page, "MUNMAP": munmap}
    text = _fill("gangway", filled, "board()")
    return f"exec(compile({text!a}, '{FOLDER}gangway.py', 'exec'), {{'__name__': ''}})\n"


def loading_order() -> list[str]:
    """The agent's modules that a snapshot needs, each after those that it imports."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in order:
            for imported in _imported(name):
                add(imported)
            order[name] = None

    add("stowaway")
    return list(order)


@cache
def source_of(name: str) -> str:
    """A file of the agent's."""
    return (_FOLDER / f"{name}.py").read_text(encoding="utf-8")


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source_of(name))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            # Compiled parts stay behind: they are built for one Python, and the agent does without.
            yield from (found for found in names if (_FOLDER / f"{found}.py").is_file())


def _fill(name: str, values: Filled, last_line: str) -> str:
    """A file of the agent's, with values assigned before its last line; without its comments."""
    assignments = "".join(f"{key} = {value!a}\n" for key, value in values.items())
    return f"{ast.unparse(ast.parse(source_of(name)))}\n{assignments}{last_line}\n"
