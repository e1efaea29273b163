"""One heap walked twice at the same moment: in Python, and by the chunk in C where that is built.

Arguments: FOLDER, then a program of this folder, with its own arguments, whose heap it is. Forks when that program asks
for its first snapshot; both processes write one, FOLDER/quick/walked.json and FOLDER/pure/walked.json, and end.
"""

import gc
import os
import runpy
import sys
import time

from heapsnap.agent import door, fork, header, quick
from heapsnap.agent.job import Job

NOT_BUILT = 3


class Here:
    """A destination that minds nothing."""

    is_quiet = True
    hook = None

    def check_room(self, path):
        return None

    def remove_oldest(self):
        return None


WAYS = ("quick", "pure")


def walk(job):
    # Two processes from one moment: all that differs is what fork returns. The C library's own, since
    # hooks of the library's make locks anew after os.fork().
    job.take_hold()
    job.hold_hooks()
    if os.fork():
        # This process has threads that go on; its child has none.
        os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
    quick.is_pure[0] = fork.fork_plainly() == 0
    os.chdir(WAYS[quick.is_pure[0]])
    done = job.run()
    if not quick.is_pure[0]:
        done = os.wait()[1] == 0 and done
    os._exit(0 if done else 1)


def walk_twice(*_, **__):
    gc.disable()
    os.chdir(FOLDER)
    for way in WAYS:
        os.mkdir(way)
    facts = header.describe_process("test", 1, "0")
    walk(Job("walked.json", 0, facts, time.perf_counter(), Here(), in_child=True))


if quick._quick is None:
    sys.exit(NOT_BUILT)
FOLDER, *sys.argv = sys.argv[1:]
door.dump = walk_twice
import heapsnap  # noqa: E402

heapsnap.dump = door.dump
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
runpy.run_path(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), sys.argv[0]), run_name="__main__"
)
sys.exit("the program asked for no snapshot")
