"""The chunk in C writes what the one in Python writes, byte for byte, of every heap."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from heapsnap.agent import quick

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

NOT_BUILT = "the chunk in C was not built here: no compiler, or HEAPSNAP_BUILD=pure"
ATTEMPTS = 3
PROGRAMS = {
    "all_kinds.py": ("FOLDER/never.json",),
    "hostile.py": ("FOLDER", "fork"),
    "plant_garbage.py": ("FOLDER",),
    "limited.py": ("FOLDER/never.json", "fork"),
    "large.py": ("FOLDER/never.json", "fork"),
}


def rows_of(path: Path, python: Python) -> list[Any]:
    """The lines with chunks: the header tells of times, the end of seconds."""
    lines = path.read_text().splitlines()[2:-1]
    assert len(lines) > 10
    return lines if python.version >= (3, 11) else [without_sizes_of_code(line) for line in lines]


def without_sizes_of_code(line: str) -> Any:
    """Before 3.11 code that has run a thousand times is larger, and that is the agent's own too."""
    if not line.startswith('{"tracked"'):
        return line
    chunk = json.loads(line.removesuffix(","))
    return {**chunk, "size": len(chunk["size"])}


def different_lines(
    python: Python, folder: Path, program: str, flags: tuple[str, ...] = ()
) -> list[int]:
    folder.mkdir()
    arguments = [argument.replace("FOLDER", os.fspath(folder)) for argument in PROGRAMS[program]]
    finished = python.run("twice.py", folder, program, *arguments, flags=flags)
    assert finished.exit_code == 0, finished.stderr
    pure, fast = (rows_of(folder / way / "walked.json", python) for way in ("pure", "quick"))
    assert len(pure) == len(fast)
    return [number for number, (a, b) in enumerate(zip(pure, fast)) if a != b]


@pytest.mark.parametrize(
    ("program", "flags"),
    [*((program, ()) for program in PROGRAMS), ("hostile.py", ("-X", "tracemalloc=3"))],
    ids=[*PROGRAMS, "hostile.py under tracemalloc"],
)
def test_both_ways_to_walk_write_the_same_bytes(
    python: Python, tmp_path: Path, program: str, flags: tuple[str, ...]
) -> None:
    if quick._quick is None:
        pytest.skip(NOT_BUILT)
    # From 3.14 on the table of interned strings is in the heap, and in one run of twenty it holds
    # one string more in one of the two processes. What the C does wrong it does every time.
    attempts = ATTEMPTS if python.version >= (3, 14) else 1
    found = (different_lines(python, tmp_path / str(n), program, flags) for n in range(attempts))
    different: list[int] = []
    for different in found:
        if not different:
            break
    assert different == []


def test_the_process_itself_is_never_walked_in_c() -> None:
    assert quick.choose(is_still=False).__name__ == "heapsnap.agent.chunk"


@pytest.mark.parametrize("variable", [{}, {quick.VARIABLE: "1"}])
def test_a_variable_turns_it_off(python: Python, variable: dict[str, str]) -> None:
    source = "from heapsnap.agent import quick; print(quick._quick and quick.choose(is_still=True).__name__)"
    finished = python.finish([python.path, "-c", source], variables=variable)
    expected = "heapsnap.agent.chunk" if variable else "heapsnap.agent._quick"
    assert finished.stdout.strip() in {expected, "None"}


def test_what_was_built_of_another_version_is_left_alone(python: Python) -> None:
    finished = python.evaluate(
        "import importlib, sys, types, heapsnap.agent\n"
        "from heapsnap.agent import chunk, quick\n"
        "stale = sys.modules['heapsnap.agent._quick'] = types.ModuleType('_quick')\n"
        "heapsnap.agent._quick = stale\n"
        "importlib.reload(quick)\n"
        "print(quick.choose(is_still=True) is chunk)\n"
    )
    assert (finished.stdout, finished.stderr) == ("True\n", "")
