"""A pool of workers for each way to start them. Argument: the start method."""

import multiprocessing
import os
import sys
import time


class Row:
    """What a worker keeps."""


KEPT = []


def work(_):
    KEPT.append(Row())
    time.sleep(0.1)
    return os.getpid()


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        while len(pids := set(pool.map(work, range(8), chunksize=1))) < 2:
            pass
        print("workers", *sorted(pids), flush=True)
        sys.stdin = None
        while not os.path.exists("enough"):
            time.sleep(0.05)
        print("still", *sorted(set(pool.map(work, range(8), chunksize=1))), flush=True)
