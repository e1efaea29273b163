"""Instances with slots and a dict, with fewer, as many and more entries than slots."""

import sys

from telling import tell

import heapsnap


class Thing:
    pass


class State:
    """As SQLAlchemy's ``InstanceState`` is: the dict is one of the slots."""

    __slots__ = ("__dict__", "__weakref__", "first", "second", "third")


def state_of(entries, *, has_dict):
    state = State()
    state.first, state.second, state.third = Thing(), Thing(), Thing()
    for number in range(entries):
        setattr(state, f"key{number}", Thing())
    if has_dict:
        state.__dict__  # noqa: B018 - from 3.11 on this makes one
    return state


KEPT = [state_of(n, has_dict=has_dict) for n in range(8) for has_dict in (True, False)]
if sys.argv[2] == "inline":
    from heapsnap.agent import fork

    fork.can_fork = False
heapsnap.dump(sys.argv[1])
tell(
    states=[
        [id(state), id(state.first), id(state.third), [id(thing) for thing in vars(state).values()]]
        for state in KEPT
    ]
)
