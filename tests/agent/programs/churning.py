"""Sixteen threads that change dicts, lists, sets and classes while snapshots are taken.

Arguments: FOLDER TIMES. Tells the paths, and what went wrong in a thread.
"""

import os
import sys
import threading

from telling import tell

import heapsnap

FOLDER, TIMES = sys.argv[1], int(sys.argv[2])
stop = threading.Event()
failures = []


def churn(number):
    try:
        shared = {}
        while not stop.is_set():
            kind = type(f"Kind{number}", (), {"attribute": [number]})
            instance = kind()
            instance.one, instance.two = [1], {2}
            del instance.one
            shared = {key: [key] * (key % 7) for key in range(50)}
            shared.update({str(key): {key, str(key)} for key in range(50)})
            members = set(shared)
            members.discard(3)
            rows = [instance, shared, members]
            rows.append(rows)
            del rows[:2]
    except BaseException as error:
        failures.append(repr(error))


threads = [threading.Thread(target=churn, args=(number,)) for number in range(16)]
for thread in threads:
    thread.start()
paths = [heapsnap.dump(os.path.join(FOLDER, f"{number}.json")) for number in range(TIMES)]
stop.set()
for thread in threads:
    thread.join()
tell(paths=paths, failures=failures)
os._exit(0)
