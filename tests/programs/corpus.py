"""The programs with known answers: finds them, runs them, holds heapsnap's answer against theirs.

Owns what counts as a right answer. The test and the score table both rest on it.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from heapsnap.analysis.heap.find import find_types
from heapsnap.errors import UnknownTypeError
from heapsnap.snapshot.reader import load

if TYPE_CHECKING:
    from heapsnap.analysis.results import Culprit, HoldingGroup
    from heapsnap.snapshot.model import Snapshot

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / "fixtures" / "programs"
LIBRARY_IS_MISSING = 77
"""Exit code of a program that cannot import the library whose leak it shows."""
KEYS = {"type", "holder", "verdict", "chain", "pattern", "site"}


class MissingLibraryError(Exception):
    """The program needs a library that is not installed here."""


@dataclass(frozen=True)
class Program:
    """One program and the answer that a person would expect."""

    path: Path

    @property
    def name(self) -> str:
        """Folder and file, as the table shows them."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @cached_property
    def expect(self) -> dict[str, Any]:
        """Its ``EXPECT``, read without running it."""
        for statement in ast.parse(self.path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "EXPECT":
                expect = ast.literal_eval(statement.value)
                assert expect.keys() <= KEYS, f"{self.name}: {expect.keys() - KEYS}"
                return expect
        raise AssertionError(f"{self.name} does not say what to expect")

    def run(self, folder: Path) -> tuple[Path, Path]:
        """Run it in a process of its own; its two snapshots."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSNAP_")}
        done = subprocess.run(
            [sys.executable, str(self.path), str(folder)],
            env=variables | {"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{FOLDER}"},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if done.returncode == LIBRARY_IS_MISSING:
            raise MissingLibraryError(done.stderr.strip() or "its library is not installed here")
        assert done.returncode == 0, done.stderr
        found = [next(iter(folder.glob(f"heapsnap-*-{number}.json"))) for number in (1, 2)]
        return found[0], found[1]


def find_programs() -> list[Program]:
    """All programs, leaking ones first."""
    return [
        Program(p) for kind in ("leaks", "bounded") for p in sorted((FOLDER / kind).glob("*.py"))
    ]


@dataclass(frozen=True)
class Answer:
    """What heapsnap says of a program's two snapshots.

    ``first`` is the first culprit of the diff, ``group`` the first group of ``why`` on the
    expected type; None where there is none.
    """

    first: Culprit | None
    group: HoldingGroup | None


def ask(program: Program, before: Snapshot, after: Snapshot) -> Answer:
    """Ask for the culprits, then who holds the expected type."""
    culprits = diff(before=before, after=after).culprits
    kind = program.expect["type"]
    group = None
    if kind is not None:
        try:
            find_types(after, kind)
        except UnknownTypeError:
            kind = None
    if kind is not None:
        groups = why(after, kind, since=before).groups
        group = groups[0] if groups else None
    return Answer(culprits[0] if culprits else None, group)


def ask_files(program: Program, before: Path, after: Path) -> Answer:
    """Read the two files, then ask."""
    return ask(program, load(before), load(after))


def misses(expect: dict[str, Any], answer: Answer) -> list[str]:
    """What is wrong with the answer, one line each; empty for a right one."""
    first, group = answer.first, answer.group
    if expect["type"] is None:
        return [] if first is None else [f"nothing leaks, but it names {line_of(first)}"]
    if first is None:
        return ["no culprit at all"]
    found = []
    if last_component(first.type) != expect["type"]:
        found.append(f"type {first.type}, expected {expect['type']}")
    if expect["holder"] not in first.holder:
        found.append(f"holder {first.holder!r}, expected {expect['holder']!r}")
    if first.verdict != expect["verdict"]:
        found.append(f"verdict {first.verdict}, expected {expect['verdict']}")
    if group is None:
        return [*found, "why has no group"]
    chain = chain_of(group)
    if not occur_in_order(expect["chain"], chain):
        found.append(f"chain {' '.join(chain)!r}, expected {expect['chain']}")
    pattern = group.pattern.id if group.pattern else None
    if pattern != expect["pattern"]:
        found.append(f"pattern {pattern}, expected {expect['pattern']}")
    for said in (first, group) if "site" in expect else ():
        sites = [f"{site.file}:{site.line}" for site in said.allocated_at]
        if not sites or not sites[0].endswith(expect["site"]):
            found.append(f"allocated at {sites}, expected {expect['site']}")
    return found


def chain_of(group: HoldingGroup) -> list[str]:
    """The steps of the group's cycle, or else of its chain."""
    return [f"{s.reference} -> {s.text}".strip() for s in (group.cycle or group.chain).steps]


def occur_in_order(texts: list[str], steps: list[str]) -> bool:
    """Whether each text occurs in a step, in the step of the one before or a later one."""
    position = 0
    for text in texts:
        while position < len(steps) and text not in steps[position]:
            position += 1
    return position < len(steps)


def last_component(kind: str) -> str:
    """The class's own name."""
    return kind.rpartition(".")[2]


def line_of(culprit: Culprit) -> str:
    """A culprit in one line."""
    growth = culprit.growth
    return f"{last_component(culprit.type)} +{growth} {culprit.verdict} {culprit.holder}"
