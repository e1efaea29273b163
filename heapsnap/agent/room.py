"""Whether there is memory for a snapshot, asked before: the kernel asks nobody.

A child that counts references touches every object, and each page that it touches is copied. It
offers itself to the kernel as the first to be ended, which costs a snapshot and not the service:
so where it may be too much, the process itself is walked if that surely fits, and else the child
tries. Where a control group ends all its processes at once (``memory.oom.group``, as Kubernetes
sets it), the service would go with it: there a child must surely fit. The figures are upper bounds
of what was measured (``docs/safety.md``).
"""

import sys

from .pressure import MACHINE, SPACE, find_groups, read_available, read_ceilings, read_rss

WALK_BYTES = 24 << 20
WALK_BYTES_EACH = 40
"""What the walk itself takes, for each block that Python has allocated."""
COPIED_BYTES_EACH = 448
"""What is copied for each, at most all that is resident. 45 where small objects lie close to each
other, 430 where one of sixteen was kept."""
INLINE_BYTES_EACH = 120
"""In the process itself nothing is copied, and the addresses of all objects are kept."""


def look():
    """Why there must be no child, and why no walk in the process: words, empty where it may be.

    A child's address space is its own: where that ends, the child says so and the service goes on.
    Nothing is kept from one time to the next: no object of the agent's is to be in a heap.
    """
    blocks = sys.getallocatedblocks()
    rooms, spaces, ending_all = [], [], []
    for ceiling in read_ceilings(find_groups()):
        room = (ceiling.allowed_bytes - ceiling.used_bytes, ceiling.name)
        if ceiling.name == SPACE:
            spaces.append(room)
        elif ceiling.name != MACHINE:
            rooms.append(room)
            if ceiling.ends_all:
                ending_all.append(room)
    available = read_available()
    if available is not None:
        rooms.append((available, MACHINE))
    copied = min(COPIED_BYTES_EACH * blocks, read_rss() or 0)
    forked = WALK_BYTES + WALK_BYTES_EACH * blocks + copied
    # The process itself must live on, and go on with its work: a quarter more than the walk takes.
    inline = (WALK_BYTES + INLINE_BYTES_EACH * blocks) * 5 // 4
    no_walk = _shortage(rooms + spaces, inline, "a walk in the process itself may take")
    risked = ending_all if no_walk else rooms
    return _shortage(risked, forked, "a child may take"), no_walk


def _shortage(rooms, needed, words):
    left, name = min(rooms, default=(needed, ""))
    if left >= needed:
        return ""
    return f"{_megabytes(left)} left of {name}, {words} {_megabytes(needed)}"


def _megabytes(size):
    return f"{max(0, size) / (1 << 20):.0f} MB"
