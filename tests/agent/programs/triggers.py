"""A program whose snapshots are taken without anybody asking, or in unusual ways.

Arguments: FOLDER SCENARIO. Tells what the scenario, a function of this file, returns.
"""

import ctypes
import faulthandler
import gc
import os
import resource
import signal
import sys
import threading
import time

from telling import tell

import heapsnap

FOLDER = sys.argv[1]
PATIENCE_SECONDS = 50


def snapshots():
    return sorted(name for name in os.listdir(FOLDER) if name.endswith((".json", ".json.gz")))


def until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def quiet():
    """Wait until no thread of the agent's that waits for a snapshot is left."""
    until(lambda: not any(name.endswith(".part") for name in os.listdir(FOLDER)))


def install(**given):
    heapsnap.install(**{"directory": FOLDER, "poll": 0.05, "cooldown": 0.01, **given})


def fill(megabytes):
    """So much resident memory, and not more on the way to it."""
    block = bytearray(megabytes << 20)
    block[::4096] = b"x" * len(range(0, len(block), 4096))
    return block


def threshold():
    install(threshold="120M")
    kept = fill(130)
    until(snapshots)
    return {"kept": len(kept)}


def growth_and_signal():
    """Growth counts from a snapshot that somebody asked for as well."""
    install(growth="40M")
    kept = fill(30)
    heapsnap.dump()
    more = fill(30)
    time.sleep(0.5)
    between = len(snapshots())
    most = fill(30)
    until(lambda: len(snapshots()) > between)
    return {"between": between, "kept": [len(kept), len(more), len(most)]}


def every_and_limit():
    install(every="0.1s", limit=2, name="%r-%n")
    until(lambda: len(snapshots()) >= 2)
    time.sleep(1)
    return {"names": snapshots()}


def threshold_while_a_file_stands_there():
    """What could not be written is tried again, and only what was written counts."""
    from heapsnap.agent import rules

    rules.RETRIED_AFTER_SECONDS = 1
    folder = os.path.join(FOLDER, "mounted")
    os.mkdir(folder)
    install(directory=folder, threshold="120M", limit=1, name="%r-%n")
    os.rmdir(folder)
    os.close(os.open(folder, os.O_CREAT))
    kept = fill(130)
    time.sleep(0.8)
    os.unlink(folder)
    os.mkdir(folder)
    until(lambda: any(name.endswith(".json") for name in os.listdir(folder)))
    time.sleep(2.5)
    return {"kept": len(kept), "found": os.listdir(folder)}


def every_leaves_the_rest_to_others():
    install(every="0.1s", threshold="120M", limit=1, name="%r-%n")
    until(snapshots)
    time.sleep(0.5)
    kept = fill(130)
    until(lambda: len(snapshots()) >= 2)
    return {"kept": len(kept)}


def cooldown():
    install(every="0.1s", limit=3, cooldown="1h")
    until(snapshots)
    time.sleep(1)
    return {"names": snapshots()}


def rules_end_with_uninstall():
    install(every="0.2s")
    heapsnap.uninstall()
    time.sleep(1)
    return {"names": snapshots(), "threads": len(os.listdir("/proc/self/task"))}


def in_workers():
    """A forked worker follows the rules itself, with a count and names of its own."""
    install(every="0.3s", limit=1, name="%p-%n")
    pid = os.fork()
    if pid == 0:
        until(lambda: f"{os.getpid()}-1.json" in snapshots())
        os._exit(0)
    until(lambda: f"{os.getpid()}-1.json" in snapshots())
    _, status = os.waitpid(pid, 0)
    return {
        "names": snapshots(),
        "expected": [f"{os.getpid()}-1.json", f"{pid}-1.json"],
        "status": status,
    }


def fork_twice():
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


def forks_without_threads():
    install(every="1h")
    until(lambda: len(os.listdir("/proc/self/task")) == 2)
    fork_twice()
    return {"forked": True}


def forks_with_threads():
    install(every="1h")
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
    until(lambda: len(os.listdir("/proc/self/task")) == 3)
    fork_twice()
    return {"forked": True}


class Batch:
    """What fills the memory."""


def run_out_of_memory():
    batch = Batch()
    batch.rows = []
    while True:
        batch.rows.append(bytearray(32 << 20))


def limit_memory():
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (400 << 20), resource.RLIM_INFINITY))


def memory_error_in_a_thread():
    before = []
    threading.excepthook = lambda arguments: before.append(arguments.exc_type.__name__)
    install(on_memory_error=True)
    limit_memory()
    thread = threading.Thread(target=run_out_of_memory, name="filler")
    thread.start()
    thread.join()
    other = threading.Thread(target=lambda: 1 / 0)
    other.start()
    other.join()
    heapsnap.uninstall()
    return {"names": snapshots(), "before": before, "restored": threading.excepthook.__name__}


def memory_error_in_the_main_thread():
    """Ends with a traceback, as without."""
    install(on_memory_error="32M")
    limit_memory()
    run_out_of_memory()


def other_errors_are_left_alone():
    install(on_memory_error=True)
    raise KeyError("not ours")


def at_exit():
    install(at_exit=True, name="%r-%n")
    tell(ended=True)
    sys.exit(3)


def finish(number):
    return number * 2


def at_exit_in_pool():
    """Workers of a pool end without what ``atexit`` knows."""
    import multiprocessing

    install(at_exit=True, name="%p-%r")
    pools = {}
    for method in ("fork", "forkserver", "spawn"):
        with multiprocessing.get_context(method).Pool(1, maxtasksperchild=1) as pool:
            pools[method] = pool.map(finish, [1, 2], chunksize=1)
            pool.close()
            pool.join()
    return {"pools": pools}


def hook():
    """The command sees the file, and the program never sees the command."""
    script = os.path.join(FOLDER, "hook.py")
    with open(script, "w") as file:
        file.write(
            "import os, sys, time\n"
            "time.sleep(0.5)\n"
            "open(sys.argv[1] + '.seen', 'w').write(repr((sys.argv[1:], os.environ['HEAPSNAP_FILE'],"
            " os.getppid(), [k for k in os.environ if k.startswith('HEAPSNAP_')], os.path.getsize(sys.argv[1]))))\n"
        )
    os.environ["HEAPSNAP_INSTALL"] = "1"
    install(hook=[sys.executable, "-S", script, "%f", "$HOME; 100%"])
    path = heapsnap.dump()
    children = []
    while not os.path.exists(path + ".seen"):
        try:
            children.append(os.waitpid(-1, os.WNOHANG))
        except ChildProcessError:
            children.append("none")
        time.sleep(0.01)
    until(lambda: os.path.getsize(path + ".seen"))
    with open(path + ".seen") as file:
        return {
            "path": path,
            "seen": eval(file.read()),
            "children": sorted(set(children)),
            "pid": os.getpid(),
        }


def hook_that_fails():
    install(hook=f"{sys.executable} -S -c 'import sys; sys.exit(7)'")
    return {"path": heapsnap.dump()}


def hook_that_fails_where_the_kernel_reaps():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return hook_that_fails()


def hook_that_is_killed():
    install(hook=f"{sys.executable} -S -c 'import os; os.kill(os.getpid(), 9)'")
    return {"path": heapsnap.dump()}


def hook_that_is_not_there():
    install(hook="/nowhere/upload %f")
    return {"path": heapsnap.dump()}


def keeping():
    """The oldest of the template's go; what only looks like one stays."""
    for name in ("other.json", "heapsnap-99.json", "report.txt"):
        with open(os.path.join(FOLDER, name), "w") as file:
            file.write("{}")
    install(keep=2, name="heapsnap-%n")
    for _ in range(4):
        heapsnap.dump()
    return {"names": sorted(os.listdir(FOLDER))}


def no_room():
    about = os.statvfs(FOLDER)
    install(min_free=about.f_bavail * about.f_frsize * 2)
    return {"path": heapsnap.dump(), "names": os.listdir(FOLDER)}


def room_ends_meanwhile():
    """The disk fills while the snapshot is being written."""
    from heapsnap.agent import document
    from heapsnap.agent.destination import Destination

    document._CHECKED_EVERY_BYTES = 100_000
    asked = []

    def check(self, path):
        asked.append(path)
        if len(asked) > 3:
            raise OSError(28, "1 MB are free on the disk, 2 MB are to stay free")

    Destination.check_room = check
    install()
    return {"path": heapsnap.dump(), "names": os.listdir(FOLDER)}


def handled_in_c():
    """faulthandler's handler is none of Python's, and is not replaced silently either."""
    faulthandler.register(signal.SIGUSR1, file=sys.stderr)
    try:
        install()
    except ValueError as error:
        refused = str(error)
    os.kill(os.getpid(), signal.SIGUSR1)
    faulthandler.unregister(signal.SIGUSR1)
    return {"refused": refused, "names": snapshots()}


def chained():
    heard = []
    signal.signal(signal.SIGUSR1, lambda number, frame: heard.append([number, frame is not None]))
    install(chain=True)
    os.kill(os.getpid(), signal.SIGUSR1)
    until(snapshots)
    heapsnap.uninstall()
    os.kill(os.getpid(), signal.SIGUSR1)
    return {"heard": heard}


def stand_in():
    """The main thread is away in C; later it comes back to the handler."""
    install(stand_in=0.2)
    reading, writing = os.pipe()
    during = []

    def look():
        os.kill(os.getpid(), signal.SIGUSR1)
        until(snapshots)
        during.append(snapshots())
        os.write(writing, b"x")

    watcher = threading.Timer(0.3, look)
    watcher.start()
    # Called as a C library calls it: no handler of Python's runs before it returns.
    ctypes.CDLL(None).read(reading, ctypes.create_string_buffer(1), 1)
    watcher.join()
    time.sleep(1)
    names = snapshots()
    os.kill(os.getpid(), signal.SIGUSR1)
    until(lambda: len(snapshots()) > len(names))
    time.sleep(1)
    return {"during": len(during), "names": len(names), "after": len(snapshots())}


def stand_in_in_a_worker():
    """A worker's signal is the worker's alone."""
    install(stand_in=0.2, name="%p-%n")
    pid = os.fork()
    if pid == 0:
        until(lambda: os.path.exists(os.path.join(FOLDER, f"{os.getpid()}-1.json")))
        time.sleep(1)
        os._exit(0)
    time.sleep(0.3)
    os.kill(pid, signal.SIGUSR1)
    os.waitpid(pid, 0)
    return {"names": snapshots(), "expected": f"{pid}-1.json"}


def stand_in_stays_away():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    install(stand_in=0.2)
    os.kill(os.getpid(), signal.SIGUSR1)
    until(snapshots)
    return {"heard": list(os.read(reading, 10)), "kept": signal.set_wakeup_fd(-1) == writing}


def stand_in_of_a_daemon():
    """Who closes every descriptor and opens files gets no byte of ours into them."""
    install(stand_in=0.1)
    os.closerange(3, 4096)
    files = [open(os.path.join(FOLDER, "data"), "wb") for _ in range(10)]
    os.kill(os.getpid(), signal.SIGUSR1)
    until(snapshots)
    time.sleep(0.5)
    return {"size": os.path.getsize(os.path.join(FOLDER, "data")), "open": len(files)}


def uninstalled_stand_in():
    descriptors = len(os.listdir("/proc/self/fd"))
    install(stand_in=0.1)
    heapsnap.uninstall()
    until(lambda: len(os.listdir("/proc/self/task")) == 1)
    return {
        "wakeup": signal.set_wakeup_fd(-1),
        "more": len(os.listdir("/proc/self/fd")) - descriptors,
    }


def blocked(wait, wake):
    """The main thread is in a system call, and would stay there."""
    install()
    seen = []

    def ask():
        os.kill(os.getpid(), signal.SIGUSR1)
        until(snapshots)
        seen.append(True)
        wake()

    threading.Timer(0.3, ask).start()
    wait()
    return {"seen": seen}


def in_a_read():
    reading, writing = os.pipe()
    return blocked(lambda: os.read(reading, 1), lambda: os.write(writing, b"x"))


def in_a_lock():
    lock = threading.Lock()
    lock.acquire()
    return blocked(lock.acquire, lock.release)


def in_a_semaphore():
    """As a worker of a pool waits for its turn."""
    import multiprocessing

    lock = multiprocessing.get_context("fork").Lock()
    lock.acquire()
    return blocked(lock.acquire, lock.release)


def in_a_connection():
    import socket

    one, other = socket.socketpair()
    return blocked(lambda: one.recv(1), lambda: other.send(b"x"))


def by_variables():
    """Wrong ones are left out, and the program goes on."""
    heapsnap.install()
    os.kill(os.getpid(), signal.SIGUSR2)
    until(snapshots)
    return {"names": snapshots()}


if __name__ == "__main__":
    gc.disable()
    told = globals()[sys.argv[2]]()
    if told is not None:
        quiet()
        tell(**told)
        sys.stdout.flush()
        if "pool" not in sys.argv[2]:
            os._exit(0)
