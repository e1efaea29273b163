"""Objects that are held in one way each, every one of a class of its own.

Arguments: FILE. Takes a snapshot there and tells the addresses of the objects.
"""

import ctypes
import gc
import os
import sys
import threading
import time
import types

from telling import tell

import heapsnap


class Held:
    pass


class InLocal(Held):
    pass


class InGenerator(Held):
    pass


class InCell(Held):
    pass


class InC(Held):
    pass


class InThreadLocal(Held):
    pass


class InSharedLocal(Held):
    pass


class InCoroutine(Held):
    pass


class InModule(Held):
    pass


class InCaller(Held):
    pass


class InException(Held):
    pass


class Nowhere(Held):
    pass


LOCAL = threading.local()
READY = threading.Barrier(3)
FOREVER = threading.Event()
ADDRESSES = {}
CACHE = {"first": InModule()}


def remember(held):
    ADDRESSES[type(held).__name__] = id(held)
    return held


def hold_in_local():
    secret = remember(InLocal())
    LOCAL.value = remember(InSharedLocal())
    own = threading.local()
    own.value = remember(InThreadLocal())
    READY.wait()
    FOREVER.wait()  # the worker stands here
    return secret, own


def hold_in_exception():
    try:
        raise LookupError(remember(InException()))
    except LookupError:
        READY.wait()
        FOREVER.wait()


def generate():
    current = remember(InGenerator())
    yield 1
    del current


@types.coroutine
def pause():
    yield


async def wait_for_it():
    awaited = remember(InCoroutine())
    await pause()
    return awaited


def close_over():
    captured = remember(InCell())

    def callback():
        return captured

    return callback


def hold_in_c():
    held = remember(InC())
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def plant_cycle():
    owner = remember(Nowhere())
    owner.myself = owner


GENERATOR = generate()
next(GENERATOR)
COROUTINE = wait_for_it()
COROUTINE.send(None)
CALLBACK = close_over()


def take(path):
    argument = remember(InCaller())
    heapsnap.dump(path)  # the main thread stands here
    return argument


def main(path):
    hold_in_c()
    plant_cycle()
    remember(CACHE["first"])
    threading.Thread(target=hold_in_local, name="worker-1", daemon=True).start()
    threading.Thread(target=hold_in_exception, name="worker-2", daemon=True).start()
    READY.wait()
    time.sleep(0.2)  # the others have yet to leave the barrier
    take(path)
    tell(addresses=ADDRESSES)
    os._exit(0)


gc.disable()
main(sys.argv[1])
