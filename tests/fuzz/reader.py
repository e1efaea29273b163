"""Spoiled snapshots for the reader and the commands, as many as you like.

    python tests/fuzz/reader.py --count 1000000      mutations, from real and drawn snapshots
    python tests/fuzz/reader.py --guided --count N   guided by coverage; needs the package atheris

A file must be read, or refused with an error that names it: no other exception, no input that takes
more than ``SLOW_SECONDS`` of this process's time, no peak of resident memory more than
``MEMORY_BYTES`` above that of the start. What is read goes through the commands in turn.
Prints the figures now and then; ends with 1 and keeps the file where something else happened.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fuzz.commands import COMMANDS, SOUND, SPOILED

MEMORY_BYTES = 256 << 20
ADDRESSES_BYTES = 4 << 30
"""Above the start, and refused by the kernel: threads and allocators of libraries reserve much of
it, so what an input takes is seen from the resident memory, and this saves the machine."""

SLOW_SECONDS = 20.0
TOLD_EVERY = 20_000
MEMORY_FOLDER = "/dev/shm"
"""A file a trial: a disk would be what is measured."""
HARMFUL = frozenset("\x1b\x07\0\r\x7f\x9b\u202e\u2066")


class Trial:
    """Reads one file after the other and counts how it went.

    Args:
        folder: To work in; holds ``SOUND``.
        every_command: One of so many files that can be read goes through a command.
    """

    def __init__(self, folder: Path, *, every_command: int) -> None:
        from typer.testing import CliRunner

        from heapsnap.cli.main import app
        from heapsnap.errors import HeapsnapError
        from heapsnap.snapshot.reader import load

        self.error, self.load, self.app, self.runner = HeapsnapError, load, app, CliRunner()
        self.path = folder / SPOILED
        self.every_command = every_command
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self.first_peak = peak_bytes()
        self.cache = folder / "cache"
        os.environ["XDG_CACHE_HOME"] = str(self.cache)
        os.chdir(folder)

    def read(self, data: bytes) -> None:
        """Read a file with these bytes; raise for whatever must not happen."""
        self.path.write_bytes(data)
        started = time.process_time()
        try:
            self.load(self.path)
        except self.error as error:
            is_memory = "not enough memory" in error.message
            self.outcomes["too large" if is_memory else type(error).__name__] += 1
            assert str(self.path) in error.message, error.message
        else:
            self.outcomes["read"] += 1
            if self.outcomes["read"] % self.every_command == 0:
                self._run_command(COMMANDS[self.outcomes["command"] % len(COMMANDS)])
        took = time.process_time() - started
        self.slowest = max(self.slowest, took)
        assert took < SLOW_SECONDS, "too slow"
        assert peak_bytes() < self.first_peak + MEMORY_BYTES, "too much memory"

    def _run_command(self, command: tuple[str, ...]) -> None:
        result = self.runner.invoke(self.app, list(command), prog_name="heapsnap")
        self.outcomes["command"] += 1
        self.outcomes[f"exit {result.exit_code}"] += 1
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in {0, 1, 2, 3}, result.exit_code
        harmful = HARMFUL.intersection(result.output)
        assert not harmful, f"{command} sent {harmful!r}"
        if self.outcomes["command"] % len(COMMANDS) == 0:
            shutil.rmtree(self.cache, ignore_errors=True)


def seeds(folder: Path) -> list[bytes]:
    """A drawn heap, often, and two of the story's kind."""
    from tests.cli.heaps_of_the_story import write_cursors
    from tests.documents import write_document
    from tests.heaps import draw

    drawn = draw(
        "root -.cache-> cache -['k']-> cursor:DictCursor -.text-> text:str",
        "cache -['l']-> other:DictCursor -.cache-> cache",
        threads={"MainThread": ["main (app.py:3) c=cursor"]},
        rows_per_chunk=2,
    )
    small = write_document(folder / SOUND, **drawn).read_bytes()
    story = [write_cursors(folder / f"{count}.json", count) for count in (12, 90)]
    return [small] * 6 + [path.read_bytes() for path in story]


def peak_bytes() -> int:
    """The most that was resident at any time so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_memory() -> None:
    """Leave so much address space above what is used now, and no more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + ADDRESSES_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def working_folder() -> Path:
    """A new one, in memory where that can be."""
    place = MEMORY_FOLDER if os.access(MEMORY_FOLDER, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="heapsnap-fuzz-", dir=place))


def run(count: int, seed: int, *, every_command: int = 10) -> Trial:
    """Read ``count`` spoiled files."""
    from tests.fuzz.mutations import spoil

    random = Random(seed)
    folder, before = working_folder(), Path.cwd()
    sound = seeds(folder)
    trial = Trial(folder, every_command=every_command)
    try:
        for number in range(1, count + 1):
            data = spoil(random.choice(sound), random)
            try:
                trial.read(data)
            except BaseException:
                keep(data)
                raise
            if number % TOLD_EVERY == 0:
                print(figures(trial, number, seed), flush=True)
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
    return trial


def warm_up() -> None:
    """Import whatever the commands import: it is no input's fault."""
    folder, before = working_folder(), Path.cwd()
    trial = Trial(folder, every_command=1)
    for _ in COMMANDS:
        trial.read(seeds(folder)[0])
    os.chdir(before)
    shutil.rmtree(folder, ignore_errors=True)


def keep(data: bytes) -> None:
    """Leave the file that did what must not happen, and say where."""
    kept = Path(tempfile.gettempdir()) / f"heapsnap-fuzz-{os.getpid()}.json"
    kept.write_bytes(data)
    print(f"kept {kept}", file=sys.stderr)


def figures(trial: Trial, count: int, seed: int) -> str:
    """What was read so far, in a line."""
    outcomes = dict(sorted(trial.outcomes.items()))
    return (
        f"{count} files, seed {seed}: {outcomes}; slowest {trial.slowest:.2f} s, "
        f"peak {trial.first_peak >> 20} MB before, {peak_bytes() >> 20} MB now"
    )


def run_guided(count: int, seed: int) -> None:
    """The same, guided by which lines of the reader an input reaches."""
    import atheris

    with atheris.instrument_imports(include=["heapsnap.snapshot"]):
        import heapsnap.snapshot.reader  # noqa: F401
    from tests.fuzz.mutations import spoil

    warm_up()
    folder = working_folder()
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

    def read(data: bytes) -> None:
        trial.read(data)
        done = trial.outcomes["trial"] = trial.outcomes["trial"] + 1
        if done % TOLD_EVERY == 0 or done == count:
            print(figures(trial, done, seed), flush=True)

    options = [
        sys.argv[0], f"-runs={count}", f"-seed={seed}", "-max_len=65536", "-rss_limit_mb=2000",
        f"-artifact_prefix={tempfile.gettempdir()}/heapsnap-fuzz-", str(corpus),
    ]  # fmt: skip
    atheris.Setup(options, read, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> int:
    """Read what is asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    options = parser.parse_args()
    if options.guided:
        run_guided(options.count, options.seed)
        return 0
    started = time.monotonic()
    warm_up()
    limit_memory()
    try:
        trial = run(options.count, options.seed)
    except BaseException:
        traceback.print_exc()
        return 1
    print(
        f"{figures(trial, options.count, options.seed)}, {time.monotonic() - started:.0f} s in all"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
