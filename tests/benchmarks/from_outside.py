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
import statistics
import subprocess
import sys
import tempfile
import time

from measured import median_seconds

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
OBJECTS_PER_RECORD = 7
REPEATS = 5
CHILD_SECONDS = 0.3


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
            print(json.dumps([median_seconds(gc.collect, REPEATS), len(records)]), flush=True)
        elif order == "fork":
            last = time.perf_counter()
            print(bare_fork(), flush=True)
            longest = max(longest, time.perf_counter() - last)
            last = time.perf_counter()
            continue
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
        self.collect, _ = json.loads(self.ask("measure"))
        self.ask("longest")
        forks = [self.fork_among_others() for _ in range(REPEATS)]
        self.fork, self.fork_gap = (statistics.median(column) for column in zip(*forks))

    def ask(self, order):
        print(order, file=self.process.stdin, flush=True)
        return self.process.stdout.readline()

    def fork_among_others(self):
        """One bare fork under the circumstances of a dump: another process has just been at work.

        The next one at once would take half as long, its page tables being in the caches still.

        Returns:
            Seconds that it took, and the longest gap of the loop with it.
        """
        subprocess.run([sys.executable, "-m", "heapsnap", "ps"], capture_output=True, cwd=CHECKOUT)
        taken = float(self.ask("fork"))
        time.sleep(2 * CHILD_SECONDS)
        return taken, float(self.ask("longest"))

    def dump(self, *options):
        command = [sys.executable, "-m", "heapsnap", "dump", *options, "--json"]
        command += ["--timeout", "120", str(self.process.pid)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)
        assert done.returncode == 0, done.stderr
        (snapshot,) = json.loads(done.stdout)["snapshots"]
        os.unlink(snapshot["file"])
        return snapshot

    def report(self, what, snapshot, longest=None):
        pause = snapshot["pause_seconds"]
        told = f"{what:34} {snapshot['way']:28} pause {pause * 1e3:6.1f} ms"
        told += f"  /collect {pause / self.collect:5.2f}  /fork {pause / self.fork:5.2f}"
        if snapshot["held_seconds"]:
            told += f"  held by gdb {snapshot['held_seconds'] * 1e3:.0f} ms"
        if longest is not None:
            told += f"  longest gap of its loop {longest * 1e3:.0f} ms"
        print(told)

    def end(self):
        self.process.communicate("end\n")


def measure(python, objects, folder):
    asked, entered = Observed(python, objects, folder), Observed(python, objects)
    version = subprocess.check_output([python, "-V"], text=True).strip()
    print(
        f"{version}, {objects:,} objects: gc.collect() {asked.collect * 1e3:.0f} ms, "
        f"os.fork() {asked.fork * 1e3:.1f} ms, longest gap of its loop {asked.fork_gap * 1e3:.0f} ms"
    )
    for _ in range(2):
        asked.ask("longest")
        snapshot = asked.dump("--directory", folder)
        asked.report("dump PID, busy", snapshot, float(asked.ask("longest")))
    asked.end()
    for _ in range(2):
        entered.ask("longest")
        snapshot = entered.dump("--attach", "--directory", folder)
        entered.report("dump --attach PID, busy", snapshot, float(entered.ask("longest")))
    for _ in range(2):
        entered.ask("idle")
        snapshot = entered.dump("--attach", "--directory", folder)
        entered.report("dump --attach PID, idle", snapshot)
        entered.ask("")
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
