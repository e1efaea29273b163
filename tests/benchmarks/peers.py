"""The other tools on the same heap of records, in the process, as they work: seconds against gc.

    python -m pip install objgraph guppy3 Pympler refcycle
    python tests/benchmarks/peers.py [OBJECTS] [TOOL]...

Each tool answers the question that it is for: what is there (objgraph, guppy3, Pympler), what is
on cycles (refcycle). Each runs in a process of its own; the process stands still for all of it.
"""

import gc
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from tests.benchmarks.kinds import records


def objgraph():
    import objgraph

    return lambda: objgraph.most_common_types(limit=20)


def guppy3():
    from guppy import hpy

    heap = hpy()
    return lambda: str(heap.heap())


def pympler():
    from pympler import muppy, summary

    return lambda: summary.summarize(muppy.get_objects())


def refcycle():
    import refcycle

    return lambda: refcycle.snapshot().strongly_connected_components()


TOOLS = {tool.__name__: tool for tool in (objgraph, guppy3, pympler, refcycle)}


def measure(name, count):
    run = TOOLS[name]()
    gc.disable()
    records(count)
    started = time.perf_counter()
    gc.collect()
    collect = time.perf_counter() - started
    started = time.perf_counter()
    run()
    taken = time.perf_counter() - started
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(f"| {name} | {taken:.2f} | {taken / collect:.1f} | {int(peak) / 1024:.0f} |", flush=True)


def main():
    count = int(sys.argv[1]) if sys.argv[1:] else 200_000
    print(
        f"| {count:,} objects | seconds of standstill | / gc.collect() | peak MB |\n|---|---:|---:|---:|"
    )
    for name in sys.argv[2:] or TOOLS:
        command = [sys.executable, __file__, "--tool", name, str(count)]
        if subprocess.run(command, check=False, timeout=1800, stderr=subprocess.PIPE).returncode:
            print(f"| {name} | not installed, or it failed |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--tool"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main()
