"""A service whose snapshots fail, each in its own way.

Arguments: FOLDER SCENARIO. Tells what the scenario, a function of this file, returns: at least
``path``, what ``dump`` returned. That it tells anything shows that the process went on.
"""

import ctypes
import gc
import itertools
import os
import resource
import signal
import sys
import threading
import time

from telling import tell

import heapsnap
from heapsnap.agent import fork, threads
from heapsnap.agent.walk import Walker

FOLDER = sys.argv[1]
TARGET = os.path.join(FOLDER, "target.json")


def instead_of_the_second_chunk(act):
    """Let something happen when a part of the file is written."""
    chunks = Walker.chunks

    def interrupted(self, named):
        walk = chunks(self, named)
        yield next(walk)
        yield next(walk)
        act()

    Walker.chunks = interrupted


def folder_is_missing():
    return {"path": heapsnap.dump(os.path.join(FOLDER, "none", "here.json"))}


def folder_is_a_file():
    with open(os.path.join(FOLDER, "file"), "w"):
        pass
    return {"path": heapsnap.dump(os.path.join(FOLDER, "file", "here.json"))}


def folder_is_read_only():
    os.mkdir(os.path.join(FOLDER, "closed"), 0o500)
    return {"path": heapsnap.dump(os.path.join(FOLDER, "closed", "here.json"))}


def target_exists():
    with open(TARGET, "w") as file:
        file.write("precious")
    return {"path": heapsnap.dump(TARGET)}


def target_is_a_dangling_link():
    os.symlink(os.path.join(FOLDER, "elsewhere"), TARGET)
    return {"path": heapsnap.dump(TARGET)}


def part_is_a_link():
    os.symlink(os.path.join(FOLDER, "elsewhere"), TARGET + ".part")
    return {"path": heapsnap.dump(TARGET)}


def target_appears_meanwhile():
    def appear():
        with open(TARGET, "w") as file:
            file.write("precious")

    instead_of_the_second_chunk(appear)
    return {"path": heapsnap.dump(TARGET)}


def disk_is_full():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    return {"path": heapsnap.dump(TARGET)}


def disk_is_full_for_a_signal():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    heapsnap.install(directory=FOLDER)
    os.kill(os.getpid(), signal.SIGUSR1)
    threads = len(os.listdir("/proc/self/task"))
    while len(os.listdir("/proc/self/task")) >= threads > 1:
        time.sleep(0.01)
    return {"path": None}


def descriptors_are_used_up():
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, 64))
    path = heapsnap.dump(TARGET)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    return {"path": path, "second": heapsnap.dump()}


def refuse():
    raise OSError(11, "Resource temporarily unavailable")


def fork_fails():
    fork._fork = refuse
    gc.freeze()
    return {
        "path": heapsnap.dump(TARGET),
        "enabled": gc.isenabled(),
        "frozen": gc.get_freeze_count(),
    }


def inline_disk_is_full():
    fork._fork = refuse
    return disk_is_full()


def inline_is_interrupted():
    """Ctrl-C during a walk in the process itself is the program's own business."""
    fork._fork = refuse

    def interrupt():
        raise KeyboardInterrupt

    instead_of_the_second_chunk(interrupt)
    try:
        heapsnap.dump(TARGET)
    except KeyboardInterrupt:
        return {"path": "interrupted", "enabled": gc.isenabled()}


def walker_is_killed():
    instead_of_the_second_chunk(lambda: os.kill(os.getpid(), signal.SIGKILL))
    return {"path": heapsnap.dump(TARGET)}


def walker_crashes():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    instead_of_the_second_chunk(lambda: ctypes.string_at(0))
    return {"path": heapsnap.dump(TARGET)}


def walker_exits():
    instead_of_the_second_chunk(lambda: os._exit(9))
    return {"path": heapsnap.dump(TARGET)}


def walk_raises():
    def fail():
        raise LookupError("a bug of ours")

    instead_of_the_second_chunk(fail)
    return {"path": heapsnap.dump(TARGET)}


def memory_is_short():
    def fail():
        raise MemoryError

    instead_of_the_second_chunk(fail)
    return {"path": heapsnap.dump(TARGET)}


def family():
    """Processes of this one's group, without it: pid → parent's pid."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == os.getpgrp() and int(name) != os.getpid() and fields[0] != "Z":
            found[int(name)] = int(fields[1])
    return found


def walker_is_killed_from_outside():
    """The one whose parent is of the family too is the walker; its parent cleans up."""
    os.setpgid(0, 0)
    instead_of_the_second_chunk(lambda: time.sleep(60))
    heapsnap.install(directory=FOLDER)
    os.kill(os.getpid(), signal.SIGUSR1)
    while not any(name.endswith(".part") for name in os.listdir(FOLDER)):
        time.sleep(0.01)
    # Terminating the whole family, as some do, kills the walker too.
    walkers = [pid for pid, parent in family().items() if parent in family()]
    os.kill(walkers[0], signal.SIGKILL)
    while family():
        time.sleep(0.01)
    while len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.01)
    return {"path": None, "walkers": len(walkers)}


def second_is_dropped():
    instead_of_the_second_chunk(lambda: time.sleep(1))
    heapsnap.install(directory=FOLDER)
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    path = heapsnap.dump()
    while len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.01)
    return {"path": path}


def signal_storm():
    kept = [[n] for n in range(50_000)]
    heapsnap.install(directory=FOLDER)
    for _ in range(50):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.02)
    while len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.01)
    del kept
    return {"path": None}


def stderr_is_closed():
    os.close(2)
    return {"path": heapsnap.dump(TARGET)}


def all_streams_are_closed():
    out = os.dup(1)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    path = heapsnap.dump(TARGET)
    failed = heapsnap.dump(TARGET)
    left = sorted(os.listdir("/proc/self/fd"))
    os.dup2(out, 1)
    return {"path": path, "failed": failed, "left": left[:3]}


def stderr_is_a_full_pipe():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    os.dup2(writing, 2)
    heapsnap.install(directory=os.path.join(FOLDER, "none"))
    return {"path": heapsnap.dump(TARGET), "reading": reading}


def threads_cannot_be_had():
    def no_thread(*arguments):
        raise RuntimeError("can't start new thread")

    heapsnap.install(directory=FOLDER)
    threads._begin = no_thread
    os.kill(os.getpid(), signal.SIGUSR1)
    return {"path": next(name for name in os.listdir(FOLDER) if name.endswith(".json"))}


def in_threads_inline():
    fork._fork = refuse
    return in_threads()


def in_threads():
    """Threads change the heap while it is walked."""
    paths, stop = [], threading.Event()

    def churn(number):
        for turn in itertools.count():
            if stop.is_set():
                return
            data = {key: [key] * 10 for key in range(turn % 100)}
            data.clear()

    threads = [threading.Thread(target=churn, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        paths.append(heapsnap.dump())
    stop.set()
    for thread in threads:
        thread.join()
    return {"path": paths}


os.environ["HEAPSNAP_DIR"] = FOLDER
tell(**globals()[sys.argv[2]]())
os._exit(0)
