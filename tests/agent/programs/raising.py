"""A program whose own signal handler raises while a snapshot is taken.

Arguments: FOLDER HOW THREADS ROUNDS. ``HOW`` is ``signal``, ``dump``, ``inline``, or ``nested``: the
handler asks for a snapshot as well, before it raises. In every round an
alarm of the program's comes at a random moment, by chance in the middle of the agent's work, and
its handler raises. Tells how often it did, how often that reached the program, and what is left.
"""

import gc
import os
import random
import signal
import sys
import threading
import time

from telling import tell

import heapsnap
from heapsnap.agent import door, fork

FOLDER, HOW, THREADS, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
AGENT = os.path.dirname(door.__file__)
LONGEST_SECONDS = 0.004 if HOW in ("signal", "nested") else 0.05


class Interrupted(Exception):
    pass


KINDS = (Interrupted, TimeoutError, RuntimeError, ValueError, KeyboardInterrupt, ChildProcessError)
raised = []


class Handler:
    """Raises another kind each time; by a method, as programs have it."""

    def on_alarm(self, number, frame):
        kind = KINDS[len(raised) % len(KINDS)]
        where = frame.f_code.co_filename
        raised.append(where.startswith(AGENT))
        if HOW == "nested":
            heapsnap.dump()
        raise kind("the program's own")


def refuse():
    raise OSError(11, "Resource temporarily unavailable")


def ask():
    if HOW in ("signal", "nested"):
        os.kill(os.getpid(), signal.SIGUSR1)
    else:
        heapsnap.dump()


def go_round():
    """Whether what the handler raised came out of here."""
    count = len(raised)
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00005, LONGEST_SECONDS))
        ask()
        while len(raised) == count:
            time.sleep(0.001)
    except KINDS as problem:
        return str(problem) == "the program's own"
    return False


def settle():
    """Wait until no snapshot is under way; whether that came to pass."""
    patience = time.monotonic() + 30
    while door._taker.is_busy and time.monotonic() < patience:
        time.sleep(0.001)
    return not door._taker.is_busy


def has_children():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def state():
    mask = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    return [gc.isenabled(), gc.get_threshold(), mask, len(os.listdir("/proc/self/fd"))]


def main():
    random.seed(7)
    heapsnap.install(directory=FOLDER)
    signal.signal(signal.SIGALRM, Handler().on_alarm)
    if HOW == "inline":
        fork._fork = refuse
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    before = state()
    reached = settled = 0
    for _ in range(ROUNDS):
        reached += go_round()
        settled += settle()
    while THREADS == 0 and len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.001)
    after = state()
    last = heapsnap.dump(os.path.join(FOLDER, "last.json"))
    stop.set()
    tell(
        raised=len(raised), in_the_agent=sum(raised), reached=reached, settled=settled,
        before=before, after=after, last=last, children=has_children(),
        parts=[name for name in os.listdir(FOLDER) if name.endswith(".part")],
    )  # fmt: skip


main()
