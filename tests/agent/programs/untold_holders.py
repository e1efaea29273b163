"""Objects that an extension holds without telling; snapshots to the two given paths.

Usage: untold_holders.py BEFORE AFTER, with the folder of the built extension on the path
"""

import sys

import untold

import heapsnap


class InUntold:
    pass


class InCareless:
    pass


class InSubclass:
    pass


class InBuried:
    pass


class InVariable:
    pass


class Derived(untold.Careless):
    def __init__(self, held):
        super().__init__(held)
        self.number = 1


HOLDERS = []


def hold(count):
    for _ in range(count):
        HOLDERS.append(untold.Untold(InUntold()))
        HOLDERS.append(untold.Careless(InCareless()))
        HOLDERS.append(Derived(InSubclass()))
        HOLDERS.append(untold.Buried(InBuried()))


untold.keep(InVariable())
for path, count in zip(sys.argv[1:], (3, 20)):
    hold(count)
    assert heapsnap.dump(path)
