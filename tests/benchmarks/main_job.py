"""Measures the main job on one heap, in one run: pause, dump, file, load, diff.

Run it by hand: `python tests/benchmarks/main_job.py [OBJECTS]` (2,000,000 by default). It
prints ratios against what a user would take instead, and asserts nothing: seconds drift
with the machine, ratios taken in one run do not.
"""

import gc
import gzip
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from measured import fork_seconds, header_and_end, median_seconds, orjson_seconds

OBJECTS_PER_RECORD = 7
LEAK = 0.01
REPEATS = 5


class User:
    def __init__(self, number):
        self.name = f"user {number}"
        self.tags = [number, number + 0.5]


RECORDS = []


def grow(count):
    RECORDS.extend({"id": n, "key": f"key {n}", "user": User(n)} for n in range(count))


def observed(folder, objects):
    """The process that is observed: grows a heap, takes two snapshots, measures itself."""
    import heapsnap

    grow(objects // OBJECTS_PER_RECORD)
    gc.collect()
    collect = median_seconds(gc.collect, REPEATS)
    fork = fork_seconds(REPEATS)
    heapsnap.dump(f"{folder}/a.json")
    grow(int(objects * LEAK) // OBJECTS_PER_RECORD)
    heapsnap.dump(f"{folder}/b.json")
    print(collect, fork)


def offline(folder, step):
    """One offline step in a process of its own: seconds of the step, peak memory."""
    from heapsnap.analysis.answers.diff import diff
    from heapsnap.snapshot.reader import load

    if step == "orjson":
        print(orjson_seconds(folder, 3))
        return
    started = time.perf_counter()
    before, after = load(f"{folder}/a.json"), load(f"{folder}/b.json")
    loaded = time.perf_counter()
    result = diff(before=before, after=after)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    first = result.culprits[0]
    print(loaded - started, done - started, peak, after.node_count, first.type, first.growth)


def run(*arguments):
    command = [sys.executable, __file__, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])}
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout.split()


def install_seconds():
    code = (
        "import time; t = time.perf_counter(); import heapsnap; heapsnap.install();"
        "print(time.perf_counter() - t)"
    )
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])}
    taken = [
        float(subprocess.check_output([sys.executable, "-c", code], env=environment))
        for _ in range(2 * REPEATS)
    ]
    return statistics.median(taken)


def main(objects):
    with tempfile.TemporaryDirectory() as folder:
        collect, fork = map(float, run("observed", folder, str(objects)))
        head, end = header_and_end(f"{folder}/b.json")
        count = end["rows"]
        plain = os.path.getsize(f"{folder}/b.json")
        packed = len(gzip.compress(pathlib.Path(folder, "b.json").read_bytes(), 6))
        parse = float(run("offline", folder, "orjson")[0])
        loaded, answered, peak, nodes, kind, growth = run("offline", folder, "diff")
    nodes = int(nodes)
    rows = [
        ("pause / gc.collect()", head["pause_seconds"] / collect, "0.05"),
        ("pause / bare os.fork()", head["pause_seconds"] / fork, "1.5"),
        ("dump / gc.collect()", end["dump_seconds"] / collect, "12"),
        ("file, bytes an object", plain / nodes, ""),
        ("file gzipped, bytes an object", packed / nodes, "12"),
        ("load two / orjson.loads of their lines", float(loaded) / parse, ""),
        ("load and diff two / orjson.loads of their lines", float(answered) / parse, "4"),
        ("peak memory of the diff, bytes an object", float(peak) / nodes / 2, ""),
        ("import and install, milliseconds", install_seconds() * 1e3, "15"),
    ]
    print(f"Python {sys.version.split()[0]}, {nodes:,} objects ({count:,} rows), ", end="")
    print(f"gc.collect() {collect * 1e3:.0f} ms, os.fork() {fork * 1e3:.1f} ms")
    print(f"first culprit: {kind} +{growth}")
    for name, value, limit in rows:
        print(f"{name:50} {value:10.2f}   {'at most ' + limit if limit else ''}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["observed"]:
        observed(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["offline"]:
        offline(sys.argv[2], sys.argv[3])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 2_000_000)
