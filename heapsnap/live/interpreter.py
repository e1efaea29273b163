"""Whether a process runs Python, which one, and in which file its code is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from heapsnap.live.procfs import DELETED, read_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from heapsnap.live.procfs import Mapping, Process

LIBRARY = re.compile(r"/libpython3\.(\d+)[a-z]*\.so[^/]*$")
PROGRAM = re.compile(r"/python(?:3(?:\.(\d+))?)?[a-z]*$")
MODULE = re.compile(
    r"\.cpython-3(\d+)[a-z]*-[^/]*\.so$|/python3\.(\d+)[a-z]*/[^/]*(?:/[^/]*)*\.so$"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python inside a process.

    Attributes:
        image: The file that holds its code, as the process names it: libpython, or the program.
        version: Major and minor number; None where nothing in the process's files tells.
    """

    image: str
    version: tuple[int, int] | None


def find_interpreter(process: Process, mappings: Sequence[Mapping]) -> Interpreter | None:
    """Find the interpreter that a process has loaded; None if it has none.

    Raises:
        ProcessClosedError: It is another user's, or protected.
        NoSuchProcessError: It has ended.
    """
    paths = list(dict.fromkeys(m.path.removesuffix(DELETED) for m in mappings if "/" in m.path))
    for path in paths:
        if found := LIBRARY.search(path):
            return Interpreter(path, (3, int(found[1])))
    program = read_link(process, "exe").removesuffix(DELETED)
    if found := PROGRAM.search(program):
        minor = int(found[1]) if found[1] else _minor_of_modules(paths)
        return Interpreter(program, None if minor is None else (3, minor))
    return None


def looks_like_python(process: Process) -> bool:
    """A guess from the names alone, for a process that may not be looked into."""
    program = process.command[0] if process.command else ""
    names = (process.name, PurePosixPath(program).name)
    return any(PROGRAM.search(f"/{name}") for name in names)


def _minor_of_modules(paths: Iterable[str]) -> int | None:
    minors = {int(found[1] or found[2]) for path in paths if (found := MODULE.search(path))}
    return minors.pop() if len(minors) == 1 else None
