"""What all benchmarks have in common: what ratios are taken against, and what a snapshot says."""

import os
import pathlib
import statistics
import time

LONGEST_END = 1 << 22
"""The last line of a snapshot is shorter."""


def median_seconds(function, repeats):
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def fork_seconds(repeats):
    """Of one ``os.fork()`` that does nothing else, the median."""
    return statistics.median(_bare_fork() for _ in range(repeats))


def _bare_fork():
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    taken = time.perf_counter() - started
    os.waitpid(pid, 0)
    return taken


def orjson_seconds(folder, repeats):
    """What any reader must do at least: parse the lines that hold chunks, of both files."""
    import orjson

    lines = []
    for name in ("a", "b"):
        rows = pathlib.Path(folder, f"{name}.json").read_bytes().splitlines()
        lines += [row.rstrip(b",") for row in rows if row.startswith(b'{"tracked"')]
    return median_seconds(lambda: [None for line in lines if orjson.loads(line) is None], repeats)


def header_and_end(path):
    import orjson

    with open(path, "rb") as file:
        head = orjson.loads(file.readline().rstrip().rstrip(b",") + b"}")["header"]
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_END))
        end = orjson.loads(b"{" + file.read().splitlines()[-1])["end"]
    return head, end
