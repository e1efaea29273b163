"""Measures what a process notices of `heapsnap dump` and `dump --attach`, in one run.

Run it by hand: `python tests/benchmarks/from_outside.py [OBJECTS] [PYTHON ...]` (2,000,000
objects by default, and the Python that runs this). It prints ratios, and asserts nothing.
"""

import contextlib
import gc
import json
import os
import pathlib
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from measured import median_seconds

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
OBJECTS_PER_RECORD = 7
REPEATS = 9
CHILD_SECONDS = 0.3
FORKING_SIGNAL = signal.SIGUSR2
ASKING = """
import os, signal, sys, time
import heapsnap.live.asking
os.kill(int(sys.argv[1]), signal.SIGUSR2)
time.sleep(float(sys.argv[2]))
"""
"""Asks for a bare fork as `heapsnap dump` asks for a snapshot: it has just begun to run, and is still
there. A fork in a process that nobody disturbs takes half as long, its page tables being in the
processor's caches."""


class User:
    def __init__(self, number):
        self.name = f"user {number}"
        self.tags = [number, number + 0.5]


def bare_fork():
    """Seconds that a fork takes whose child works on for a while, as that of a snapshot does."""
    started = time.perf_counter()
    pid = os.fork()
    taken = time.perf_counter() - started
    if pid == 0:
        while time.perf_counter() < started + CHILD_SECONDS:
            pass
        os._exit(0)
    return taken


def reap_children():
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def observed(objects, folder):
    """The process: a heap, and a loop that notes the longest time in which it did not run."""
    if folder:
        import heapsnap

        heapsnap.install(directory=folder)
    forks = []
    signal.signal(FORKING_SIGNAL, lambda number, frame: forks.append(bare_fork()))
    records = [
        {"id": n, "key": f"key {n}", "user": User(n)} for n in range(objects // OBJECTS_PER_RECORD)
    ]
    poll = select.poll()
    poll.register(0, select.POLLIN)
    longest, last = 0.0, time.perf_counter()
    while True:
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if not poll.poll(0):
            continue
        order = sys.stdin.readline().strip()
        if order == "measure":
            print(median_seconds(gc.collect, 1), len(records), flush=True)
        elif order == "fork":
            print(forks.pop(), flush=True)
        elif order == "longest":
            print(longest, flush=True)
            reap_children()
        elif order == "idle":
            print("", flush=True)
            sys.stdin.readline()
            print("", flush=True)
        else:
            return
        longest, last = 0.0, time.perf_counter()


class Observed:
    """The process from outside."""

    def __init__(self, python, objects, folder=""):
        self.process = subprocess.Popen(
            [python, __file__, "observed", str(objects), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        )
        self.collect()

    def ask(self, order):
        print(order, file=self.process.stdin, flush=True)
        return self.process.stdout.readline()

    def collect(self):
        """Seconds of one collection."""
        seconds, _ = self.ask("measure").split()
        return float(seconds)

    def fork(self, *, is_idle):
        """Seconds of one bare fork, under the circumstances of a dump."""
        if is_idle:
            self.ask("idle")
        asking = [sys.executable, "-c", ASKING, str(self.process.pid), str(2 * CHILD_SECONDS)]
        subprocess.run(asking, check=True, cwd=CHECKOUT)
        if is_idle:
            self.ask("")
        return float(self.ask("fork"))

    def dump(self, *options):
        command = [sys.executable, "-m", "heapsnap", "dump", *options, "--json"]
        command += ["--timeout", "120", str(self.process.pid)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)
        assert done.returncode == 0, done.stderr
        (snapshot,) = json.loads(done.stdout)["snapshots"]
        os.unlink(snapshot["file"])
        return snapshot

    def end(self):
        self.process.communicate("end\n")


def measure_pauses(observed, what, *options, is_idle=False):
    """Dumps, bare forks and collections of one process in turn.

    A virtual machine may have two speeds, one of them 1.7 times the other, and change between them
    every few seconds: the least of nine are of the same one.
    """
    pauses, forks, collections, gaps, held = [], [], [], [], []
    for _ in range(REPEATS):
        collections.append(observed.collect())
        forks.append(observed.fork(is_idle=is_idle))
        observed.ask("idle" if is_idle else "longest")
        snapshot = observed.dump(*options)
        pauses.append(snapshot["pause_seconds"])
        held.append(snapshot["held_seconds"])
        said = observed.ask("" if is_idle else "longest")
        gaps.append(0 if is_idle else float(said))
    told = f"{what:24} {snapshot['way']:28} pause {_milliseconds(pauses)}"
    told += f", fork {_milliseconds(forks)}, collection {_milliseconds(collections)}"
    told += f", /collect {_ratio(pauses, collections)}, /fork {_ratio(pauses, forks)}"
    if any(held):
        told += f", held by gdb {_milliseconds(held)}"
    if any(gaps):
        told += f", longest gap of its loop {_milliseconds(gaps)}"
    print(told, flush=True)


def _milliseconds(seconds):
    least, median, most = (f(seconds) * 1e3 for f in (min, statistics.median, max))
    return f"{median:.1f} ({least:.1f} to {most:.1f}) ms"


def _ratio(some, others):
    medians, least = (f(some) / f(others) for f in (statistics.median, min))
    return f"{medians:.3f} (least by least {least:.3f})"


def measure(python, objects, folder):
    version = subprocess.check_output([python, "-V"], text=True).strip()
    asked = Observed(python, objects, folder)
    print(f"{version}, {objects:,} objects")
    measure_pauses(asked, "dump PID, busy", "--directory", folder)
    asked.end()
    entered = Observed(python, objects)
    attach = ("--attach", "--directory", folder)
    measure_pauses(entered, "dump --attach PID, busy", *attach)
    measure_pauses(entered, "dump --attach PID, idle", *attach, is_idle=True)
    entered.end()


def main(arguments):
    objects = int(arguments[0]) if arguments else 2_000_000
    with tempfile.TemporaryDirectory(prefix="heapsnap-bench-") as folder:
        for python in arguments[1:] or [sys.executable]:
            measure(python, objects, folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["observed"]:
        observed(int(sys.argv[2]), sys.argv[3])
    else:
        main(sys.argv[1:])
