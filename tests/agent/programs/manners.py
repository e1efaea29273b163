"""A service that looks at itself before and after its snapshots.

Arguments: FOLDER SCENARIO. Tells what the scenario, a function of this file, returns.
"""

import contextvars
import ctypes
import gc
import os
import select
import signal
import sys
import threading
import time

from telling import tell

import heapsnap

FOLDER = sys.argv[1]
PATIENCE_SECONDS = 30


def look():
    """Everything that a snapshot must leave as it was."""
    return {
        "collector": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug()],
        "callbacks": len(gc.callbacks),
        "files": sorted(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "python_threads": len(sys._current_frames()),
        "mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
        "handlers": [repr(signal.getsignal(n)) for n in sorted(signal.valid_signals())],
        "wakeup": signal.set_wakeup_fd(-1),
        "modules": sorted(sys.modules),
        "niceness": os.nice(0),
        "oom": read("/proc/self/oom_score_adj"),
        "tracing": [repr(sys.gettrace()), repr(sys.getprofile()), repr(sys.unraisablehook)],
        "folder": os.getcwd(),
    }


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def snapshots():
    return [name for name in os.listdir(FOLDER) if name.endswith(".json")]


def until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def take_by_signal():
    known = len(snapshots())
    tasks = len(os.listdir("/proc/self/task"))
    os.kill(os.getpid(), signal.SIGUSR1)
    until(lambda: len(snapshots()) > known)
    # The thread that waits for the child goes when the child has gone.
    until(lambda: len(os.listdir("/proc/self/task")) == tasks)


def children():
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return "none"


def compare(take):
    heapsnap.install(directory=FOLDER)
    look()  # looking may import something, once
    before = look()
    take()
    after = look()
    return {
        "changed": {key: [before[key], after[key]] for key in before if before[key] != after[key]},
        "children": children(),
    }


def signalled():
    return compare(take_by_signal)


def dumped():
    return compare(heapsnap.dump)


def first_dump_imports_nothing():
    heapsnap.install(directory=FOLDER)
    before = set(sys.modules)
    heapsnap.dump()
    return {"imported": sorted(set(sys.modules) - before)}


def frozen():
    gc.freeze()
    gc.set_threshold(500, 5, 5)
    return compare(heapsnap.dump)


def counts_stay():
    heapsnap.dump()
    gc.disable()
    gc.collect()
    kept = [[] for _ in range(300)]
    before = gc.get_count()
    heapsnap.dump()
    after = gc.get_count()
    del kept
    stats = gc.get_stats()
    return {
        "before": before,
        "after": after,
        "enabled": gc.isenabled(),
        "collections": stats[2]["collections"],
    }


def with_disabled_collector():
    gc.disable()
    return compare(heapsnap.dump)


def warnings_are_errors():
    ready = threading.Event()
    threading.Thread(target=lambda: (ready.set(), time.sleep(100)), daemon=True).start()
    ready.wait()
    heapsnap.install(directory=FOLDER)
    path = heapsnap.dump()
    take_by_signal()
    return {"path": path, "count": len(snapshots())}


def sleeping():
    heapsnap.install(directory=FOLDER)
    signal_soon()
    started = time.monotonic()
    time.sleep(0.5)
    return {"slept": time.monotonic() - started}


def selecting():
    heapsnap.install(directory=FOLDER)
    reading, writing = os.pipe()
    signal_soon()
    started = time.monotonic()
    ready = select.select([reading], [], [], 0.5)[0]
    waited = time.monotonic() - started
    threading.Timer(0.2, os.write, (writing, b"x")).start()
    signal_soon()
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    return {"ready": ready, "waited": waited, "polled": len(poll.poll(20_000))}


def signal_soon():
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()


def waiting_for_children():
    """One thread waits for any child whatever, another for one of its own."""
    heapsnap.install(directory=FOLDER)
    seen = []
    pid = os.fork()
    if pid == 0:
        time.sleep(1)
        os._exit(7)

    def wait():
        while True:
            gone, status = os.wait()
            seen.append([gone == pid, os.waitstatus_to_exitcode(status)])
            if gone == pid:
                return

    waiter = threading.Thread(target=wait)
    waiter.start()
    path = heapsnap.dump()
    waiter.join(PATIENCE_SECONDS)
    return {
        "path": path,
        "seen": seen[-1],
        "is_over": not waiter.is_alive(),
        "children": children(),
    }


def running_a_program():
    import subprocess

    heapsnap.install(directory=FOLDER)
    signal_soon()
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import time; time.sleep(.5); print(3)"],
        stdout=-1,
        check=False,
    )
    return {"exit_code": done.returncode, "stdout": done.stdout.decode()}


def reaping_on_sigchld():
    """As some servers do: every child that ends is taken at once, whoever started it."""
    reaped = []

    def reap(number, frame):
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            reaped.append(pid)

    signal.signal(signal.SIGCHLD, reap)
    heapsnap.install(directory=FOLDER)
    path = heapsnap.dump()
    take_by_signal()
    return {"path": path, "count": len(snapshots()), "children": children()}


def ignoring_sigchld():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    heapsnap.install(directory=FOLDER)
    path = heapsnap.dump()
    take_by_signal()
    return {"path": path, "count": len(snapshots())}


def connection_ends():
    """A client sees the end of its connection when the service closes it, snapshot or not."""
    reading, writing = os.pipe()
    stall()
    heapsnap.install(directory=FOLDER)
    os.kill(os.getpid(), signal.SIGUSR1)
    until(lambda: any(name.endswith(".part") for name in os.listdir(FOLDER)))
    os.close(writing)
    return {"ended": bool(select.select([reading], [], [], 0.3)[0])}


def stall():
    """Let the walk take a second."""
    from heapsnap.agent.walk import Walker

    chunks = Walker.chunks

    def slow(self, named):
        time.sleep(1)
        yield from chunks(self, named)

    Walker.chunks = slow


def traced():
    """A tracing function of the program sees nothing of what happens in the child."""
    log = os.path.join(FOLDER, "trace")
    parent = os.getpid()

    def trace(frame, event, argument):
        if os.getpid() != parent and frame.f_code.co_name in {"run", "chunks", "_supervise"}:
            with open(log, "a", encoding="utf-8") as file:
                file.write(frame.f_code.co_name + "\n")

    sys.settrace(trace)
    sys.setprofile(trace)
    path = heapsnap.dump(os.path.join(FOLDER, "traced.json"))
    sys.setprofile(None)
    sys.settrace(None)
    return {"path": path, "children": children()}


class InCache:
    """What a fork handler throws away."""


CACHE = {}


def fork_handlers():
    """A library that empties its cache in every child, as fsspec and OpenTelemetry do."""
    log = os.path.join(FOLDER, "forked")

    def forget():
        CACHE.clear()
        with open(log, "w", encoding="utf-8") as file:
            file.write("forked")

    CACHE.update((number, InCache()) for number in range(300))
    os.register_at_fork(after_in_child=forget)
    path = heapsnap.dump(os.path.join(FOLDER, "forked.json"))
    ran_for_us = os.path.exists(log)
    pid = os.fork()
    if not pid:
        os._exit(len(CACHE))
    _, status = os.waitpid(pid, 0)
    return {"path": path, "ran_for_us": ran_for_us, "ran": status == 0 and os.path.exists(log)}


def fork_handlers_of_c():
    """A library that starts its threads anew in every child, by a handler of C's, as gRPC does."""
    libc = ctypes.CDLL(None)
    register = getattr(libc, "__register_atfork", None)
    if register is None or not hasattr(libc, "_Fork"):
        return {"skip": "no handlers that can be registered from here, or no fork without them"}
    log = os.path.join(FOLDER, "forked")

    def note():
        with open(log, "a", encoding="utf-8") as file:
            file.write(".")

    handler = ctypes.CFUNCTYPE(None)(note)
    register(None, None, handler, None)
    path = heapsnap.dump(os.path.join(FOLDER, "forked.json"))
    return {"path": path, "times": os.path.getsize(log)}


class Finalized:
    """Says in a file in which process it was finalized."""

    def __del__(self):
        with open(os.path.join(FOLDER, "finalized"), "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")


def child_that_hangs():
    """A library's handler in C waits in each forked child for what never comes."""
    from heapsnap.agent import messenger

    messenger.MOST_PAUSES = 3
    libc = ctypes.CDLL(None)
    register = getattr(libc, "__register_atfork", None)
    if register is None:
        return {"skip": "no handlers that can be registered from here"}
    register(None, None, ctypes.cast(libc.pause, ctypes.c_void_p), None)
    paths = [heapsnap.dump(os.path.join(FOLDER, "hung.json")) for _ in range(2)]
    return {"paths": paths, "children": children(), "left": os.listdir(FOLDER)}


def finalizers():
    """Objects that live in the state of another thread, which a fork clears in the child."""
    local = threading.local()
    variable = contextvars.ContextVar("variable")
    ready = threading.Event()
    addresses = {}

    def hold():
        variable.set(Finalized())
        addresses["variable"] = id(variable.get())
        local.value = Finalized()
        own = threading.local()
        own.value = Finalized()
        addresses["local"] = id(local.value)
        addresses["own"] = id(own.value)
        try:
            error = ValueError(Finalized())
            addresses["handled"] = id(error.args[0])
            raise error
        except ValueError:
            del error
            ready.set()
            threading.Event().wait()

    threading.Thread(target=hold, daemon=True, name="holder").start()
    ready.wait()
    cycle = Finalized()
    cycle.me = cycle
    addresses["cycle"] = id(cycle)
    del cycle
    path = heapsnap.dump(os.path.join(FOLDER, "finalizers.json"))
    finalized = os.path.exists(os.path.join(FOLDER, "finalized"))
    return {"path": path, "addresses": addresses, "finalized": finalized}


class LastWord:
    """Sends the signal when the interpreter has taken its handlers away."""

    def __init__(self):
        self.kill, self.pid, self.number = os.kill, os.getpid(), signal.SIGUSR1

    def __del__(self):
        self.kill(self.pid, self.number)


def signalled_at_the_end():
    """The last object of the program sends the signal while the interpreter is torn down."""
    sys.modules["last word"] = LastWord()
    heapsnap.install(directory=FOLDER)
    tell(ended=True)
    sys.exit(7)


def busy_threads():
    """Each thread finalizes what is its own, whatever the snapshot holds meanwhile."""
    foreign, stop = [], threading.Event()

    class Bound:
        def __init__(self):
            self.thread = threading.get_ident()

        def __del__(self):
            if threading.get_ident() != self.thread:
                foreign.append(1)

    def work():
        bound = Bound()
        return sum(range(50)), bound.thread

    def run():
        while not stop.is_set():
            work()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    paths = [heapsnap.dump() for _ in range(5)]
    stop.set()
    for thread in threads:
        thread.join()
    return {"count": len(set(paths)), "foreign": len(foreign), "logging": "logging" in sys.modules}


def ending():
    """The process ends while its snapshot is being written."""
    heapsnap.install(directory=FOLDER)
    os.kill(os.getpid(), signal.SIGUSR1)
    tell(ended=True)
    sys.exit(0)


os.chdir(FOLDER)
if sys.argv[2] == "finalizers":
    gc.disable()
tell(**globals()[sys.argv[2]]())
os._exit(0)
