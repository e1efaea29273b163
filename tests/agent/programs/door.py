"""A program that installs the agent in every way there is.

Arguments: FOLDER SCENARIO. Tells what the scenario, a function of this file, returns.
"""

import os
import signal
import sys
import threading
import time

from telling import tell

import heapsnap

FOLDER = sys.argv[1]


def handler_of(number=signal.SIGUSR1):
    handler = signal.getsignal(number)
    return getattr(handler, "__module__", None) or str(handler)


def snapshots(folder=FOLDER):
    return sorted(name for name in os.listdir(folder) if not name.endswith(".part"))


def send_and_wait(number):
    known = len(snapshots())
    os.kill(os.getpid(), number)
    while len(snapshots()) == known or len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.01)


def own_handler(number, frame):
    """Somebody's handler."""


def error_of(call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except ValueError as error:
        return str(error)
    return None


def by_name_and_number():
    heapsnap.install(directory=FOLDER)
    send_and_wait(signal.SIGUSR1)
    heapsnap.install("SIGUSR2", FOLDER)
    one_is_free = signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL
    send_and_wait(signal.SIGUSR2)
    heapsnap.install(int(signal.SIGPROF), FOLDER)
    send_and_wait(signal.SIGPROF)
    return {"names": snapshots(), "one_is_free": one_is_free, "pid": os.getpid()}


def wrong_signals():
    return {
        "name": error_of(heapsnap.install, "NONE"),
        "kill": error_of(heapsnap.install, "BLOCK"),
        "handler": handler_of(),
    }


def handled_already():
    signal.signal(signal.SIGUSR1, own_handler)
    refused = error_of(heapsnap.install, directory=FOLDER)
    kept = handler_of()
    heapsnap.install(directory=FOLDER, replace=True)
    replaced = handler_of()
    heapsnap.install(directory=FOLDER)
    heapsnap.uninstall()
    return {"refused": refused, "kept": kept, "replaced": replaced, "restored": handler_of()}


def ignored_before():
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    heapsnap.install(directory=FOLDER)
    heapsnap.uninstall()
    heapsnap.uninstall()
    return {"ignored": signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN}


def taken_over_later():
    heapsnap.install(directory=FOLDER)
    signal.signal(signal.SIGUSR1, own_handler)
    heapsnap.uninstall()
    return {"kept": handler_of()}


def from_another_thread():
    errors = []
    thread = threading.Thread(target=lambda: errors.append(error_of(heapsnap.install)))
    thread.start()
    thread.join()
    return {"error": errors[0], "handler": handler_of()}


def directory_from_the_environment():
    path = heapsnap.dump()
    return {"path": path}


def current_directory():
    del os.environ["HEAPSNAP_DIR"]
    os.chdir(FOLDER)
    heapsnap.install()
    os.chdir("/")
    return {"path": heapsnap.dump(), "expected": os.path.realpath(FOLDER)}


def paths():
    os.chdir(FOLDER)
    from pathlib import Path

    return {
        "relative": heapsnap.dump("relative.json"),
        "object": heapsnap.dump(Path(FOLDER, "object.json")),
        "zipped": heapsnap.dump("zipped.json.gz"),
        "again": heapsnap.dump("relative.json"),
        "odd": heapsnap.dump("odd \udcff\n name.json") is not None,
        "modes": sorted({oct(os.stat(name).st_mode & 0o777) for name in os.listdir(FOLDER)}),
    }


def gzipped():
    os.umask(0)
    heapsnap.install(directory=FOLDER, gzip=True)
    send_and_wait(signal.SIGUSR1)
    return {"names": snapshots()}


def dump_in_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(heapsnap.dump()), name="dumper")
    thread.start()
    thread.join()
    return {"path": found[0]}


def shared_library_functions():
    """What the program says of the C API's functions is its own business, and the other way round."""
    import ctypes

    api = ctypes.pythonapi
    before = [api.Py_NewRef.restype is ctypes.c_int, api.PyThreadState_Next.argtypes]
    for name in ("Py_NewRef", "PyThreadState_Next", "PyInterpreterState_ThreadHead", "fork"):
        getattr(api, name).argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    ready = threading.Event()
    threading.Thread(target=lambda: (ready.set(), time.sleep(100)), daemon=True).start()
    ready.wait()
    return {"before": before, "path": heapsnap.dump()}


def work(queue):
    queue.put([heapsnap.dump(), heapsnap.dump(), os.getpid(), handler_of()])
    queue.close()
    queue.join_thread()


def in_a_worker():
    heapsnap.install(directory=FOLDER)
    first = heapsnap.dump()
    import multiprocessing

    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    worker = context.Process(target=work, args=(queue,))
    worker.start()
    told = queue.get(timeout=30)
    worker.join(30)
    return {"first": first, "worker": told, "exit_code": worker.exitcode, "second": heapsnap.dump()}


def forked_during_a_snapshot():
    """A worker that is forked while a snapshot is under way can take its own."""
    from heapsnap.agent.walk import Walker

    chunks = Walker.chunks

    def slow(self, named):
        time.sleep(0.5)
        yield from chunks(self, named)

    Walker.chunks = slow
    heapsnap.install(directory=FOLDER)
    os.kill(os.getpid(), signal.SIGUSR1)
    import multiprocessing

    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    worker = context.Process(target=work, args=(queue,))
    worker.start()
    told = queue.get(timeout=30)
    worker.join(30)
    return {"worker": told}


os.environ["HEAPSNAP_DIR"] = FOLDER
tell(**globals()[sys.argv[2]]())
sys.stdout.flush()
os._exit(0)
