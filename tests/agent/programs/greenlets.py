"""Greenlets that are suspended with objects in their variables; a snapshot to the given path.

Arguments: FILE. Tells the line at which the inner function waits.
"""

import gc
import sys

import greenlet
from telling import tell

import heapsnap


class InInner:
    pass


class InOuter:
    pass


class InCell:
    pass


class InGarbage:
    pass


class InTuple:
    pass


def inner(held):
    pair = (InTuple(), 1)
    greenlet.getcurrent().parent.switch()  # waits here
    return held, pair


def outer():
    seen = [InOuter() for _ in range(3)]
    shared = InCell()
    inner(InInner())
    return lambda: (seen, shared)


class Knot:
    pass


def wait_in_a_knot(knot):
    own = InGarbage()
    greenlet.getcurrent().parent.switch()
    return knot, own


class Worker(greenlet.greenlet):
    pass


WORKER = Worker(outer)
WORKER.switch()

# Nothing but its own variable leads to it: the collector does not free it, as it does not see that.
gc.collect()
gc.disable()
knot = Knot()
knot.greenlet = greenlet.greenlet(wait_in_a_knot)
knot.greenlet.switch(knot)
del knot

assert heapsnap.dump(sys.argv[1])
tell(collected=gc.collect(), alive=sum(type(item) is InGarbage for item in gc.get_objects()))
WORKER.switch()
