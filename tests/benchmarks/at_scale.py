"""Measures everything on every kind of heap, and prints a table of ratios.

    python tests/benchmarks/at_scale.py                    # 200,000 and 2,000,000 objects
    python tests/benchmarks/at_scale.py 200000 10000000 --kinds records chain

Ratios taken in one run against what a user would take instead: one ``gc.collect()`` and one
``os.fork()`` of the same heap, ``orjson.loads`` of the same lines. Seconds drift with the machine;
they are printed where a promise is in seconds, with the processor time behind them. ``peers.py`` measures the other tools.
"""

import argparse
import gc
import math
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

from measured import fork_seconds, header_and_end, median_seconds, orjson_seconds

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
LEAK = 0.01
REPEATS = 3
COLUMNS = (
    "objects", "pause / collect", "pause / fork", "dump / collect", "file B/object",
    "load / orjson", "first diff / orjson", "first diff s", "second diff s", "why s",
    "second why s", "retained s", "second retained s", "peak B/object",
)  # fmt: skip
TYPES = {
    "records": "User", "modules": "User", "slots": "Node", "chain": "Link", "fan": "int",
    "strings": "str",
}  # fmt: skip


def observed(folder, kind, count):
    """The process that is observed: prints the seconds of one collection and of one bare fork."""
    import heapsnap
    from tests.benchmarks.kinds import KINDS

    gc.disable()
    KINDS[kind](count)
    gc.enable()
    print(median_seconds(gc.collect, REPEATS), fork_seconds(REPEATS))
    for name in ("a", "b"):
        heapsnap.dump(f"{folder}/{name}.json")
        KINDS[kind](int(count * LEAK))


def load_seconds(folder):
    from heapsnap.snapshot.reader import load

    started = time.perf_counter()
    for name in ("a", "b"):
        load(f"{folder}/{name}.json")
    return time.perf_counter() - started


def environment(folder):
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    cache = {"XDG_CACHE_HOME": f"{folder}/cache", "HEAPSNAP_INDEX": "on"}
    environment = {**os.environ, **cache, "PYTHONPATH": path}
    # A user's Python compiles each module once, not at every start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def step(folder, *arguments):
    command = [sys.executable, __file__, "--step", *map(str, arguments)]
    result = subprocess.run(command, env=environment(folder), stdout=subprocess.PIPE, check=True)
    return [float(word) for word in result.stdout.split()]


class Peak:
    """The most memory that a command and its children had together, looked at 20 times a second."""

    def __init__(self, pid):
        self.pid, self.bytes = pid, 0

    def look(self):
        total = 0
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                words = dict(
                    line.split(":", 1) for line in status.read_text().splitlines() if ":" in line
                )
                if int(status.parent.name) == self.pid or int(words["PPid"]) == self.pid:
                    total += int(words["RssAnon"].split()[0]) * 1024
            except (OSError, KeyError, ValueError):
                continue
        self.bytes = max(self.bytes, total)


def command(folder, *arguments):
    """Seconds, seconds of processor time of all its processes, and peak memory of a command.

    The start of the interpreter is included. Processor time is what to compare on a busy machine.
    """
    before = os.times()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "heapsnap", *arguments],
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = Peak(process.pid)
    while process.poll() is None:
        peak.look()
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"heapsnap {' '.join(arguments)} ended with {process.returncode}")
    wall, after = time.perf_counter() - started, os.times()
    busy = after.children_user - before.children_user
    busy += after.children_system - before.children_system
    return (wall, busy), peak.bytes


def measure(kind, count):
    """One row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        a, b = f"{folder}/a.json", f"{folder}/b.json"
        collect, fork = step(folder, "observed", folder, kind, count)
        head, end = header_and_end(b)
        (parse,) = step(folder, "orjson", folder)
        (load,) = step(folder, "load", folder)
        diffs = [command(folder, "diff", a, b) for _ in range(2)]
        whys = [command(folder, "why", TYPES[kind], "-s", b, "--since", a) for _ in range(2)]
        kept = [command(folder, "retained", "-s", b) for _ in range(2)]
        peak = max(bytes_ for _, bytes_ in (*diffs, *whys, *kept))
        rows = end["rows"]
        return (
            rows,
            head["pause_seconds"] / collect,
            head["pause_seconds"] / fork,
            end["dump_seconds"] / collect,
            os.path.getsize(b) / rows,
            load / parse,
            diffs[0][0][0] / parse,
            *(seconds for seconds, _ in (*diffs, *whys, *kept)),
            peak / rows / 2,
        )


def text(value):
    return f"{value:.2f}" if isinstance(value, float) else f"{value[0]:.2f} ({value[1]:.2f})"


def machine():
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?"
    )
    memory = int(open("/proc/meminfo").readline().split()[1]) / 1024**2
    load = os.getloadavg()[0]
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}; load {load:.1f} at the start"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[200_000, 2_000_000])
    parser.add_argument("--kinds", nargs="*", default=list(TYPES))
    chosen = parser.parse_args()
    print(machine(), end="\n\n")
    print(f"| heap | {' | '.join(COLUMNS)} |")
    print(f"|---|{'---:|' * len(COLUMNS)}")
    for kind in chosen.kinds:
        rows = []
        for size in sorted(chosen.sizes):
            rows.append(measure(kind, size))
            cells = [f"{rows[-1][0]:,}", *map(text, rows[-1][1:])]
            print(f"| {kind} | {' | '.join(cells)} |", flush=True)
        if len(rows) > 1 and rows[-1][0] > rows[0][0]:
            more = math.log(rows[-1][0] / rows[0][0])
            grown = {
                COLUMNS[place]: math.log(rows[-1][place][1] / rows[0][place][1]) / more
                for place in range(7, 13)
            }
            words = ", ".join(f"{name[:-2]} {value:.2f}" for name, value in grown.items())
            print(f"| {kind}, growth exponents of processor time | {words} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        name, folder, *rest = sys.argv[2:]
        if name == "observed":
            observed(folder, rest[0], int(rest[1]))
        else:
            print(orjson_seconds(folder, REPEATS) if name == "orjson" else load_seconds(folder))
    else:
        main()
