"""Containers of so many entries that none of them fits into one chunk of a snapshot.

Arguments: FILE, MODE (fork, inline). Takes a snapshot there and tells the addresses of the containers, and of some of
their items by position or key.
"""

import sys

from telling import tell

import heapsnap
from heapsnap.agent import fork

ENTRIES = 135_000


class Plain:
    pass


KEPT = Plain()
ROWS = [KEPT, *range(1000, 1000 + ENTRIES), KEPT]
PAIRS = tuple(ROWS)
TABLE = {**{f"key {n}": n for n in range(ENTRIES)}, "last": KEPT}
ODD = dict.fromkeys(range(ENTRIES), KEPT)
MEMBERS = set(range(2000, 2000 + ENTRIES)) | {KEPT}
LISTS = [[n] * 1000 for n in range(300)]


def main(path, mode):
    if mode == "inline":
        fork.can_fork = False
    heapsnap.dump(path)
    holders = {"ROWS": ROWS, "PAIRS": PAIRS, "TABLE": TABLE, "ODD": ODD, "MEMBERS": MEMBERS}
    tell(
        entries={name: len(held) for name, held in holders.items()},
        addresses={name: id(held) for name, held in holders.items()},
        kept=id(KEPT),
        keys=[id(next(iter(TABLE))), id(next(reversed(TABLE)))],
    )


main(*sys.argv[1:])
