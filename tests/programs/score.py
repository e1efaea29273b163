"""Prints what heapsnap answers for every program with a known leak, and how many are right.

    PYTHONPATH=. python tests/programs/score.py [--keep FOLDER] [WORDS OF NAMES ...]

With ``--keep`` the snapshots stay in FOLDER and are read again from there the next time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.programs.corpus import (
    MissingLibraryError,
    Program,
    ask_files,
    find_programs,
    line_of,
    misses,
)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--keep", type=Path)
    options.add_argument("words", nargs="*")
    chosen = options.parse_args()
    programs = [
        p for p in find_programs() if not chosen.words or any(w in p.name for w in chosen.words)
    ]
    right, asked = 0, 0
    with tempfile.TemporaryDirectory() as passing:
        print("| program | expected | first culprit | |\n|---|---|---|---|")
        for program in programs:
            folder = (chosen.keep or Path(passing)) / program.name
            folder.mkdir(parents=True, exist_ok=True)
            try:
                got, wrong = answer(program, folder)
            except MissingLibraryError as missing:
                print(f"| {program.name} | | {missing} | skipped |")
                continue
            asked += 1
            right += not wrong
            kind, holder = program.expect["type"], program.expect.get("holder", "")
            expected = "nothing" if kind is None else f"`{kind}` in `{holder}`"
            print(
                f"| {program.name} | {expected} | {got} | {'; '.join(wrong) or 'ok'} |", flush=True
            )
    print(f"\n{right} of {asked}")


def answer(program: Program, folder: Path) -> tuple[str, list[str]]:
    """The first culprit in one line, and what is wrong."""
    kept = sorted(folder.glob("heapsnap-*.json"))
    before, after = kept if len(kept) == 2 else program.run(folder)
    told = ask_files(program, before, after)
    return (f"`{line_of(told.first)}`" if told.first else "nothing"), misses(program.expect, told)


if __name__ == "__main__":
    main()
