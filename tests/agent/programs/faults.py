"""A service whose world breaks under it in earnest: disks, limits, kills, locks, its own end.

Arguments: FOLDER SCENARIO. Tells what the scenario, a function of this file, returns. That it tells
anything shows that the process went on.
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
from heapsnap.agent import fork, pressure
from heapsnap.agent.walk import Walker

FOLDER = sys.argv[1]
TARGET = os.path.join(FOLDER, "target.json")
PATIENCE_SECONDS = 40


def until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def tasks():
    return len(os.listdir("/proc/self/task"))


def zombies():
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None


def heap():
    return [[n, str(n)] for n in range(20_000)]


def relatives():
    """Pids of the other living processes of this one's group."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == os.getpgrp() and int(name) != os.getpid() and fields[0] != "Z":
            found.append(int(name))
    return found


def family_is_killed_at_any_moment():
    """All that the snapshot consists of is killed, a little later each time."""
    os.setpgid(0, 0)
    kept = heap()
    heapsnap.install(directory=FOLDER)
    killed = 0
    for turn in range(12):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.004 * turn)
        for pid in sorted(relatives(), reverse=turn % 2 == 0):
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
        until(lambda: not relatives() and tasks() == 1)
    del kept
    left = [name for name in os.listdir(FOLDER) if name.endswith(".part")]
    return {"killed": killed, "left": left, "zombies": zombies(), "path": heapsnap.dump()}


def disk_is_full():
    """FOLDER/small is a file system of a few hundred kilobytes."""
    kept = heap()
    path = heapsnap.dump(os.path.join(FOLDER, "small", "here.json"))
    left = os.listdir(os.path.join(FOLDER, "small"))
    fork._fork = refuse
    inline = heapsnap.dump(os.path.join(FOLDER, "small", "here.json"))
    left += os.listdir(os.path.join(FOLDER, "small"))
    del kept
    return {"path": path, "inline": inline, "left": left, "zombies": zombies()}


def disk_is_read_only():
    """FOLDER/small is a file system that is mounted read-only."""
    return {"path": heapsnap.dump(os.path.join(FOLDER, "small", "here.json"))}


def folder_is_removed():
    """While the file is being written."""
    place = os.path.join(FOLDER, "place")
    os.mkdir(place)

    def remove():
        os.unlink(os.path.join(place, "here.json.part"))
        os.rmdir(place)

    at_the_second_chunk(remove)
    return {"path": heapsnap.dump(os.path.join(place, "here.json")), "zombies": zombies()}


def folder_is_a_link_of_somebody_else():
    os.mkdir(os.path.join(FOLDER, "real"))
    os.symlink(os.path.join(FOLDER, "real", "target.json"), TARGET)
    os.symlink(os.path.join(FOLDER, "real", "part"), TARGET + ".part")
    return {"path": heapsnap.dump(TARGET), "left": os.listdir(os.path.join(FOLDER, "real"))}


def no_process_can_be_had():
    """As a user who has as many as he may."""
    import json  # the standard library may be in a folder of root's

    assert json
    os.chmod(FOLDER, 0o777)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return {"path": heapsnap.dump(TARGET), "enabled": gc.isenabled(), "zombies": zombies()}


def memory_ends_in_the_child():
    """The address space is limited to what the process has, and a little."""
    kept = [[n] for n in range(200_000)]
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + (2 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    path = heapsnap.dump(TARGET)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return {"path": path, "kept": len(kept), "zombies": zombies()}


def memory_is_short():
    """FOLDER/group is a control group whose limit leaves too little, some, and enough.

    Where the kernel knows how, all its processes would end together.
    """
    group = os.path.join(FOLDER, "group")
    second = os.path.exists(os.path.join(group, "memory.max"))
    limit, usage = (
        ("memory.max", "memory.current")
        if second
        else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    )

    def put(name, value):
        with open(os.path.join(group, name), "w", encoding="ascii") as file:
            file.write(str(value))

    put("cgroup.procs", os.getpid())
    ends_all = os.path.exists(os.path.join(group, "memory.oom.group"))
    if ends_all:
        put("memory.oom.group", 1)
    # What was allocated before stays on the account of the group that it came from.
    kept = [str(n) * 30 for n in range(200_000)]
    blocks = sys.getallocatedblocks()
    walk = ((24 << 20) + 120 * blocks) * 5 // 4
    child = (24 << 20) + 40 * blocks + (pressure.read_rss() or 0)
    margin = 8 << 20
    taken = []
    for room in (2 << 20, walk - margin, walk + margin, child - margin, child + 8 * margin):
        with open(os.path.join(group, usage), encoding="ascii") as file:
            used = int(file.read())
        put(limit, used + room)
        taken.append(heapsnap.dump(os.path.join(FOLDER, f"{len(taken)}.json")))
    return {"paths": taken, "ends_all": ends_all, "kept": len(kept), "zombies": zombies()}


def address_space_is_short():
    """No child can be had, and the process's own address space leaves too little, then enough."""
    kept = [[n] for n in range(200_000)]
    fork._fork = refuse
    needed = ((24 << 20) + 120 * sys.getallocatedblocks()) * 5 // 4
    taken = []
    for room in (needed - (8 << 20), needed + (8 << 20)):
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
        taken.append(heapsnap.dump(os.path.join(FOLDER, f"{len(taken)}.json")))
        made = [bytearray(1 << 20) for _ in range(4)]
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return {"paths": taken, "kept": len(kept), "made": len(made)}


def logging_is_locked_and_stderr_is_full():
    """The handler interrupts whoever holds the lock that every log line needs."""
    import logging

    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    error = os.dup(2)
    os.dup2(writing, 2)
    heapsnap.install(directory=FOLDER)
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    handler.acquire()
    logging._lock.acquire()
    os.kill(os.getpid(), signal.SIGUSR1)
    until(lambda: snapshots() and tasks() == 1)
    logging._lock.release()
    handler.release()
    os.dup2(error, 2)
    return {"count": len(snapshots()), "reading": reading}


def snapshots():
    return [name for name in os.listdir(FOLDER) if name.endswith(".json")]


def within_a_finalizer():
    class Last:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGUSR1)
            for _ in range(10):
                pass

    heapsnap.install(directory=FOLDER)
    last = Last()
    last.me = last
    del last
    gc.collect()
    until(lambda: snapshots() and tasks() == 1)
    return {"count": len(snapshots()), "zombies": zombies()}


def within_an_import():
    with open(os.path.join(FOLDER, "imported_module.py"), "w", encoding="utf-8") as file:
        file.write("import os, signal\nos.kill(os.getpid(), signal.SIGUSR1)\nfor _ in '12': pass\n")
    heapsnap.install(directory=FOLDER)
    sys.path.insert(0, FOLDER)
    import imported_module

    until(lambda: snapshots() and tasks() == 1)
    return {"count": len(snapshots()), "module": imported_module.__name__}


def within_another_handler():
    heapsnap.install(directory=FOLDER)
    seen = []

    def handler(number, frame):
        os.kill(os.getpid(), signal.SIGUSR1)
        seen.append(number)

    signal.signal(signal.SIGUSR2, handler)
    os.kill(os.getpid(), signal.SIGUSR2)
    until(lambda: snapshots() and tasks() == 1)
    return {"count": len(snapshots()), "seen": len(seen)}


def while_the_interpreter_ends():
    """By threads that outlive the main thread, and by atexit."""
    import atexit

    heapsnap.install(directory=FOLDER)
    atexit.register(lambda: heapsnap.dump(os.path.join(FOLDER, "late.json")))
    atexit.register(os.kill, os.getpid(), signal.SIGUSR1)
    threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGUSR1))).start()
    tell(ended=True)
    sys.exit(5)


class LateDumper:
    """Asks for a snapshot when hardly anything is left to take one with."""

    def __init__(self):
        self.dump, self.path = heapsnap.dump, os.path.join(FOLDER, "too late.json")

    def __del__(self):
        self.dump(self.path)


def after_the_interpreter_has_ended():
    sys.modules["late"] = LateDumper()
    tell(ended=True)
    sys.exit(6)


def broken_traverse():
    """An extension whose ``tp_traverse`` crashes; only whoever walks the heap calls it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    sys.path.insert(0, os.path.dirname(__file__))
    import rows_of_c

    @rows_of_c.VISIT
    def crash(instance, visit, argument):
        ctypes.string_at(0)
        return 0

    address = ctypes.cast(crash, ctypes.c_void_p).value
    have_gc = rows_of_c.DEFAULT_FLAGS | rows_of_c.HAVE_GC
    delete = ctypes.cast(ctypes.pythonapi.PyObject_GC_Del, ctypes.c_void_p).value
    slots = [rows_of_c.Slot(71, address), rows_of_c.Slot(74, delete)]
    instance = rows_of_c.heap_type(b"extension.Broken", 32, have_gc, slots)()
    path = heapsnap.dump(TARGET)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(instance))
    return {"path": path, "tracked": gc.is_tracked(instance), "zombies": zombies()}


def subinterpreters():
    """The interpreter's own module of them."""
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            return __import__(name)
        except ImportError:
            continue
    return None


def beside_a_subinterpreter():
    """By ``dump()``, a signal and a rule while another interpreter lives; and once it is gone."""
    os.setpgid(0, 0)  # so that whoever is of its group is its child's child
    interpreters = subinterpreters()
    heapsnap.install(directory=FOLDER, every="0.1s", poll=0.05, limit=1, name="%r-%n")
    number = interpreters.create()
    refused = heapsnap.dump(TARGET)
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(1)
    alive = relatives()
    interpreters.destroy(number)
    return {
        "refused": refused,
        "alive": alive,
        "zombies": zombies(),
        "names": os.listdir(FOLDER),
        "path": heapsnap.dump(TARGET),
    }


def beside_a_subinterpreter_without_ctypes():
    for name in [name for name in sys.modules if name.startswith(("heapsnap", "ctypes"))]:
        del sys.modules[name]
    sys.modules["ctypes"] = None
    import heapsnap

    interpreters = subinterpreters()
    number = interpreters.create()
    refused = heapsnap.dump(TARGET)
    interpreters.destroy(number)
    return {"refused": refused, "path": heapsnap.dump(TARGET)}


def in_a_subinterpreter():
    interpreters = subinterpreters()
    if interpreters is None:
        return {"path": "not here"}
    source = f"import sys; sys.path[:] = {sys.path!r}\nimport heapsnap\nheapsnap.dump({TARGET!r})\n"
    number = interpreters.create()
    try:
        interpreters.run_string(number, source)
    except Exception as error:
        return {"path": None, "error": repr(error)}
    return {"path": TARGET if os.path.exists(TARGET) else None}


def on_a_build_without_the_gil():
    # No such build is at hand: the agent is loaded once more under the flag of one.
    for name in [name for name in sys.modules if name.startswith("heapsnap")]:
        del sys.modules[name]
    sys.abiflags += "t"
    import heapsnap

    return {"path": heapsnap.dump(TARGET), "exists": os.path.exists(TARGET)}


def nothing_is_left_after_many():
    """Memory, descriptors and threads after a hundred snapshots, against those after ten."""
    times_in_all = 100 if os.environ.get("HEAPSNAP_LONG") else 20
    heapsnap.install(directory=FOLDER)

    def take(times):
        for number in range(times):
            os.unlink(heapsnap.dump(os.path.join(FOLDER, f"{number}.json")))
        return {
            "blocks": sys.getallocatedblocks(),
            "files": len(os.listdir("/proc/self/fd")),
            "threads": tasks(),
            "objects": len(gc.get_objects()),
        }

    before = take(10)
    after = take(times_in_all)
    return {"before": before, "after": after, "zombies": zombies()}


def million_objects_come_and_go():
    """While the heap is walked, in the child and in the process itself."""
    stop = threading.Event()
    made = [0]

    def churn():
        while not stop.is_set():
            batch = [[n] for n in range(10_000)]
            made[0] += len(batch)

    thread = threading.Thread(target=churn)
    kept = heap()
    thread.start()
    paths = []
    for number in itertools.count():
        paths.append(heapsnap.dump(os.path.join(FOLDER, f"{number}.json")))
        fork._fork = refuse
        if made[0] >= 1_000_000 and number >= 1:  # at least one of each kind
            break
    stop.set()
    thread.join()
    del kept
    return {"paths": paths, "made": made[0]}


def at_the_second_chunk(act):
    chunks = Walker.chunks

    def interrupted(self, named):
        walk = chunks(self, named)
        yield next(walk)
        act()
        yield from walk

    Walker.chunks = interrupted


def refuse():
    raise OSError(11, "no process for you")


os.environ["HEAPSNAP_DIR"] = FOLDER
tell(**globals()[sys.argv[2]]())
os._exit(0)
