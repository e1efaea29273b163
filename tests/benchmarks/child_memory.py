"""Measures the memory that a snapshot's child takes beyond what merely looking at the heap does.

Run it by hand: `python tests/benchmarks/child_memory.py [OBJECTS] [KIND ...]`. A forked child
shares its parent's memory until it writes to it, and reading an object in Python writes its
reference count. So the private memory of the child that walks is compared with that of one which
looks at each object and its referents and does nothing else.
"""

import gc
import os
import pathlib
import sys
import tempfile
import threading

from kinds import KINDS

ALLOWED_BYTES = 64e6
ALLOWED_BYTES_AN_OBJECT = 40
LOOK_SECONDS = 0.01


def private_bytes(pid):
    """What this process shares with nobody; 0 where it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (OSError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def touching_bytes():
    """Private memory of a child that has looked at every object, and keeps nothing of it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        gc.disable()
        for thing in gc.get_objects():
            gc.get_referents(thing)
        os.write(writing, str(private_bytes(os.getpid())).encode())
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 100)
    os.waitpid(pid, 0)
    return int(said)


def descendants():
    """Pids of all processes that came of this one, orphans included."""
    group = os.getpgid(0)
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if os.getpgid(int(entry.name)) == group:
                    yield int(entry.name)
            except ProcessLookupError:
                continue


def walking_bytes(path):
    """The largest private memory of a process of the snapshot, looked at from a thread."""
    import heapsnap

    largest, is_over = [0], threading.Event()

    def look():
        while not is_over.wait(LOOK_SECONDS):
            largest.append(max(map(private_bytes, descendants()), default=0))

    looking = threading.Thread(target=look)
    looking.start()
    heapsnap.dump(path)
    is_over.set()
    looking.join()
    return max(largest)


def main():
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    print(
        "| heap | tracked objects | looking, MB | walking, MB | "
        "beyond both and 64 MB, bytes an object (at most 40) |"
    )
    print("|---|---:|---:|---:|---:|")
    for kind in sys.argv[2:] or ("records", "slots", "chain"):
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            KINDS[kind](objects)
            count = len(gc.get_objects())
            touching = touching_bytes()
            with tempfile.TemporaryDirectory() as folder:
                walking = walking_bytes(f"{folder}/a.json")
            beyond = (walking - touching - ALLOWED_BYTES) / count
            print(
                f"| {kind} | {count} | {touching / 1e6:.0f} | {walking / 1e6:.0f} | {beyond:.1f} |",
                flush=True,
            )
            os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
