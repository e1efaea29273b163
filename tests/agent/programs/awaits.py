"""Snapshots, one after the other, beside an event loop in another thread.

Arguments: FOLDER MODE [SECONDS]. MODE is `fork`, or `inline` for snapshots in the process itself. Leaves the last
one in FOLDER/last.json; ends with 0 if no await came back with anything but its own result.
"""

import asyncio
import os
import sys
import threading
import time

import heapsnap
from heapsnap.agent import fork

FOLDER, MODE = sys.argv[1:3]
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 0
LEAST = 2
TASKS, AWAITS = 20, 50
wrong, rounds = [], 0
ended = threading.Event()


async def work(number):
    loop = asyncio.get_running_loop()
    for turn in range(AWAITS):
        future = loop.create_future()
        loop.call_soon(future.set_result, (number, turn))
        if await future != (number, turn):
            raise ValueError("another await's result")
        await asyncio.sleep(0)


async def serve():
    global rounds
    while not ended.is_set():
        results = await asyncio.gather(*map(work, range(TASKS)), return_exceptions=True)
        wrong.extend(map(repr, filter(None, results)))
        rounds += 1


fork.can_fork = MODE == "fork"
thread = threading.Thread(target=lambda: asyncio.run(serve()))
thread.start()
until, snapshots = time.monotonic() + SECONDS, 0
path = os.path.join(FOLDER, "last.json")
while snapshots < LEAST or time.monotonic() < until:
    if snapshots:
        os.unlink(path)
    assert heapsnap.dump(path) == path
    snapshots += 1
ended.set()
thread.join(30)
print(f"{snapshots} snapshots, {rounds} rounds, {len(wrong)} wrong {wrong[:3]}")
sys.exit(bool(wrong) or thread.is_alive() or not rounds)
