"""A heap with a secret in every place where a name or a value can stand.

Arguments: FOLDER MODE [redact | key | open] and a secret on the command line. MODE: fork, inline,
gzip or signal. Takes two snapshots and tells their paths and the addresses of what holds secrets.
"""

import collections
import contextvars
import os
import signal
import sys
import threading
import time
import types

from telling import tell

import heapsnap
from heapsnap.agent import fork

FOLDER, MODE, HIDING = sys.argv[1:4]
secretglobal = 1


class Slotted:
    __slots__ = ("secretslot",)


class Plain:
    def __init__(self):
        self.secretattribute = [1]


class Table(dict):
    pass


def refuse():
    raise OSError(11, "no process for you")


def plant():
    kept = ["secretvalue", b"secretbytes", ["secretitem"], {"secretmember"}]
    mixed = {"secretkey": [1], b"secretbyteskey": [2], 73117311: [3], ("secretintuple", 1): [4]}
    mixed[7.3117311] = [5]
    kept += [mixed, {"secretonly": [6]}, Plain(), Table(secretintable=[7])]
    kept.append(collections.OrderedDict(secretordered=[8]))
    kept.append(collections.defaultdict(list, secretdefault=[9]))
    kept.append({f"secretlarge{n}": [n] for n in range(1500)})
    slotted = Slotted()
    slotted.secretslot = [10]
    kept += [slotted, types.SimpleNamespace(secretnamespace=[11])]
    kept.append(contextvars.ContextVar("secretcontext"))
    kept.append(type("Dynamic", (), {"secretclassattribute": [12]}))
    twin = Plain()
    setattr(twin, "secret name with spaces", [13])
    kept += [twin, {"secretkey": [14]}]
    return kept


def generate():
    secretgenerated = [15]
    yield secretgenerated


def close_over():
    secretcell = [16]
    return lambda: secretcell


def wait_in_thread(ready):
    secretlocal = [17]
    ready.set()
    threading.Event().wait()
    return secretlocal


def take(name):
    if MODE != "signal":
        return heapsnap.dump(
            os.path.join(FOLDER, name + (".json.gz" if MODE == "gzip" else ".json"))
        )
    known = set(os.listdir(FOLDER))
    os.kill(os.getpid(), signal.SIGUSR1)
    while True:
        new = [n for n in set(os.listdir(FOLDER)) - known if n.endswith(".json")]
        if new and len(os.listdir("/proc/self/task")) == 2:
            return os.path.join(FOLDER, new[0])
        time.sleep(0.01)


def main():
    if MODE == "inline":
        fork._fork = refuse
    hiding = {"redact": True, "key": "a key of more than sixteen characters", "open": None}[HIDING]
    heapsnap.install(directory=FOLDER, redact=hiding)
    kept = plant()
    generator = generate()
    next(generator)
    closure = close_over()
    ready = threading.Event()
    thread = threading.Thread(
        target=wait_in_thread, args=(ready,), name="secretthread", daemon=True
    )
    thread.start()
    ready.wait()
    secretmain = [kept, generator, closure]
    paths = [take("first"), take("second")]
    tell(paths=paths, twins=[id(kept[4]), id(kept[-1])], kept=len(secretmain))
    os._exit(0)


main()
