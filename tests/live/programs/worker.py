"""A process that does one thing until it is killed; says `ready` when it does it.

usage: worker.py WHAT [FOLDER]      with a folder: heapsnap is installed, snapshots go there
"""

import gc
import os
import re
import resource
import select
import signal
import socket
import sys
import threading
import time


def say_ready():
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def sleeping():
    say_ready()
    while True:
        time.sleep(3600)


def polling():
    poll = select.epoll()
    ours, other = socket.socketpair()
    poll.register(ours, select.EPOLLIN)
    say_ready()
    while True:
        poll.poll()


def reading():
    say_ready()
    sys.stdin.read()
    sys.stdout.write("read to the end\n")


def locked():
    lock = threading.Lock()
    lock.acquire()
    say_ready()
    lock.acquire()


def joining():
    def spin():
        while True:
            sum(range(1000))

    threads = [threading.Thread(target=spin, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    say_ready()
    threads[0].join()


def looping():
    say_ready()
    number = 0
    while True:
        number += 1


def in_c():
    say_ready()
    # Exponential: longer than any test waits, and not a bytecode is run meanwhile.
    re.match(r"(a|a)*b", "a" * 60)


def in_a_regular_expression():
    say_ready()
    # Exponential as well, but signals are looked for meanwhile.
    re.match(r"(a+)+$", "a" * 60 + "b")


def seconds_in_c():
    say_ready()
    sum(range(300_000_000))  # longer than a request waits, on a fast machine too
    sys.stdout.write("done\n")


def napping():
    say_ready()
    began = time.monotonic()
    time.sleep(3)
    sys.stdout.write(f"{time.monotonic() - began}\n")


def keeping_the_gil():
    import ctypes

    say_ready()
    ctypes.PyDLL(None).sleep(3600)


def mutex():
    import ctypes

    library, memory = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    library.pthread_mutex_lock(memory)
    say_ready()
    library.pthread_mutex_lock(memory)


def uncollected():
    gc.disable()
    say_ready()
    while True:
        pass


def beside_a_subinterpreter():
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    kept = interpreters.create()  # up to 3.12 it ends with its number
    looping()
    interpreters.destroy(kept)


def without_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    try:
        while True:
            os.dup(0)
    except OSError:
        looping()


def tree():
    for what in ("sleeping", "looping"):
        if os.fork() == 0:
            globals()[what]()
    time.sleep(0.2)
    say_ready()
    sleeping()


def tree_with_silence():
    """Of three workers the second never answers; and a tracker of resources, and one more."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()
    for what in ("sleeping", "own_handler", "sleeping"):
        if os.fork() == 0:
            globals()[what]()
    time.sleep(0.2)
    say_ready()
    sleeping()


def own_handler():
    signal.signal(signal.SIGUSR1, lambda *_: None)
    sleeping()


def given_up():
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    sleeping()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        import heapsnap

        heapsnap.install(directory=sys.argv[2])
    globals()[sys.argv[1]]()
