"""Takes three snapshots while nothing happens, and tells what the agent leaves in the process.

Arguments: FOLDER [inline].
"""

import gc
import os
import sys
import threading
import time

from telling import tell

import heapsnap
from heapsnap.agent import fork


def refuse():
    raise OSError(11, "no process for you")


def sleep_with_data(local, ready):
    local.rows = [1, 2, 3]
    ready.wait()
    time.sleep(1000)


def main(folder, mode="fork"):
    if mode == "inline":
        fork._fork = refuse
    ready = threading.Barrier(2)
    local = threading.local()
    local.rows = [1, 2, 3]
    threading.Thread(target=sleep_with_data, args=(local, ready), daemon=True).start()
    ready.wait()
    time.sleep(0.3)  # the other thread has yet to leave the barrier
    gc.collect()
    gc.disable()
    for name in ("first", "second", "third"):
        heapsnap.dump(f"{folder}/{name}.json")
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    garbage = [type(item).__name__ for item in gc.garbage]
    kinds = [f"{type(item).__module__}.{type(item).__qualname__}" for item in gc.get_objects()]
    agent = "heapsnap.agent."
    own = [kind[len(agent) :] for kind in kinds if kind.startswith(agent)]
    tell(garbage=garbage, own=sorted(own))
    os._exit(0)


main(*sys.argv[1:])
