"""Spoiled snapshots for the reader and the commands, as many as you like.

    python tests/fuzz/reader.py --count 1000000      mutations, from real and drawn snapshots
    python tests/fuzz/reader.py --atheris --count N  guided by coverage; needs the package atheris

A file must be read, or refused with an error that names it: no other exception, no input that takes
more than ``SLOW_SECONDS``, no memory beyond ``MEMORY_BYTES`` of address space above the start. What
is read after all goes through the commands. Prints the figures; ends with 1 and keeps the file
where something else happened.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

MEMORY_BYTES = 1 << 30
SLOW_SECONDS = 20.0
COMMANDS = (
    ["info", "-s"], ["top", "-s"], ["why", "DictCursor", "-s"], ["refs", "DictCursor", "-s"],
    ["why", "*", "--json", "-s"], ["top", "--json", "-s"],
)  # fmt: skip


class Trial:
    """Reads one file after the other and counts how it went."""

    def __init__(self, folder: Path, *, every_command: int) -> None:
        from typer.testing import CliRunner

        from heapsnap.cli.main import app
        from heapsnap.errors import HeapsnapError
        from heapsnap.snapshot.reader import load

        self.error, self.load, self.app, self.runner = HeapsnapError, load, app, CliRunner()
        self.path = folder / "spoiled.json"
        self.sound = folder / "sound.json"
        self.every_command = every_command
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        os.chdir(folder)

    def read(self, data: bytes) -> None:
        """Read a file with these bytes; raise for whatever must not happen."""
        self.path.write_bytes(data)
        started = time.monotonic()
        try:
            self.load(self.path)
        except self.error as error:
            self.outcomes[type(error).__name__] += 1
            assert str(self.path) in error.message or "memory" in error.message, error.message
        else:
            self.outcomes["read"] += 1
            if self.outcomes["read"] % self.every_command == 0:
                self._run_commands()
        self.slowest = max(self.slowest, time.monotonic() - started)
        assert time.monotonic() - started < SLOW_SECONDS, "too slow"

    def _run_commands(self) -> None:
        number = self.outcomes["command"] % (len(COMMANDS) + 1)
        command = (
            ["diff", str(self.sound), str(self.path)]
            if number == len(COMMANDS)
            else [*COMMANDS[number], str(self.path)]
        )
        result = self.runner.invoke(self.app, command, prog_name="heapsnap")
        self.outcomes["command"] += 1
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in {0, 1, 2, 3}, result.exit_code
        harmful = [c for c in result.output if c in "\x1b\x07\0\r\u202e"]
        assert not harmful, f"{command} sent {harmful[:3]!r}"


def seeds(folder: Path) -> list[bytes]:
    """A drawn heap, one with every kind of row, and the story's."""
    from tests.cli.heaps_of_the_story import write_story
    from tests.documents import write_document
    from tests.heaps import draw

    drawn = draw(
        "root -.cache-> cache -['k']-> cursor:DictCursor -.text-> text:str",
        "cache -['l']-> other:DictCursor -.cache-> cache",
        threads={"MainThread": ["main (app.py:3) c=cursor"]},
        rows_per_chunk=2,
    )
    small = write_document(folder / "sound.json", **drawn)
    write_story(folder)
    rest = [path for path in folder.glob("*.json") if path != small]
    return [small.read_bytes()] * 6 + [path.read_bytes() for path in rest]


def limit_memory() -> None:
    """Leave so much address space above what is used now, and no more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def run(count: int, seed: int, *, every_command: int = 20) -> Trial:
    """Read ``count`` spoiled files."""
    from tests.fuzz.mutations import spoil

    random = Random(seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder, before = Path(name), Path.cwd()
        sound = seeds(folder)
        trial = Trial(folder, every_command=every_command)
        try:
            for _ in range(count):
                data = spoil(random.choice(sound), random)
                try:
                    trial.read(data)
                except BaseException:
                    kept = Path(tempfile.gettempdir()) / f"heapsnap-fuzz-{os.getpid()}.json"
                    kept.write_bytes(data)
                    print(f"kept {kept}", file=sys.stderr)
                    raise
        finally:
            os.chdir(before)
        return trial


def run_guided(count: int) -> None:
    """The same, guided by coverage."""
    import atheris

    with atheris.instrument_imports(include=["heapsnap.snapshot"]):
        import heapsnap.snapshot.reader  # noqa: F401
    from tests.fuzz.mutations import spoil

    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    sound = seeds(folder)
    trial = Trial(folder, every_command=50)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(sound):
        (corpus / str(number)).write_bytes(data)

    def mutate(data: bytes, limit: int, seed: int) -> bytes:
        if seed % 2:
            return atheris.Mutate(data, limit)
        return spoil(data or sound[0], Random(seed))[:limit]

    options = [sys.argv[0], f"-runs={count}", "-max_len=200000", "-rss_limit_mb=3000", str(corpus)]
    atheris.Setup(options, trial.read, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> int:
    """Read what is asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    options = parser.parse_args()
    if options.atheris:
        run_guided(options.count)
        return 0
    started = time.monotonic()
    run(1, 0)
    limit_memory()
    try:
        trial = run(options.count, options.seed)
    except BaseException:
        traceback.print_exc()
        return 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{options.count} files, seed {options.seed}: {dict(sorted(trial.outcomes.items()))}; "
        f"slowest {trial.slowest:.2f} s, peak {peak} MB, {time.monotonic() - started:.0f} s in all"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
