"""Whether there is memory for a snapshot, asked before: the kernel asks nobody.

A child that counts references touches every object, and each page that it touches is copied. It
offers itself to the kernel as the first to be ended, which costs a snapshot and not the service:
so where it may be too much, the process itself is walked if that surely fits, and else the child
tries. Where a control group ends all its processes at once (``memory.oom.group``, as Kubernetes
sets it), the service would go with it: there a child must surely fit. The figures are upper bounds
of what was measured (``docs/safety.md``).
"""

import sys

from .pressure import MACHINE, SPACE, find_groups, read_available, read_ceilings, read_own

WALK_BYTES = 24 << 20
WALK_BYTES_EACH = 40
"""What the walk itself takes, for each block that Python has allocated."""
COPIED_BYTES_EACH = 448
"""What is copied for each, at most all that is resident. 45 where small objects lie close to each
other, 430 where one of sixteen was kept."""
INLINE_BYTES_EACH = 120
"""In the process itself nothing is copied, and the addresses of all objects are kept."""
LEAST_BLOCK_BYTES = 16


def lacks_for_child():
    """Why there must be no child: words, empty where there may be one.

    A child's address space is its own: where that ends, the child says so and the service goes on.
    Nothing is kept from one time to the next: no object of the agent's is to be in a heap.
    """
    rooms, spaces, ending_all = _rooms()
    # To count the blocks, every page of the heap is looked at: a third of a millisecond for two
    # million objects, while the process stands still. So first as many as there could be.
    own = read_own()
    if own is not None:
        bound = own.private_bytes // LEAST_BLOCK_BYTES
        if not _shortage(rooms, _for_child(bound, own.resident_bytes), ""):
            return ""
    blocks = sys.getallocatedblocks()
    no_walk = _shortage(rooms + spaces, _for_walk(blocks), "")
    risked = ending_all if no_walk else rooms
    needed = _for_child(blocks, 0 if own is None else own.resident_bytes)
    return _shortage(risked, needed, "a child may take")


def lacks_for_walk():
    """Why there must be no walk in the process itself: words, empty where there may be one."""
    rooms, spaces, _ = _rooms()
    needed = _for_walk(sys.getallocatedblocks())
    return _shortage(rooms + spaces, needed, "a walk in the process itself may take")


def _rooms():
    """Bytes left and of what: memory, address space, memory whose end ends all processes."""
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
    return rooms, spaces, ending_all


def _for_child(blocks, resident_bytes):
    return WALK_BYTES + WALK_BYTES_EACH * blocks + min(COPIED_BYTES_EACH * blocks, resident_bytes)


def _for_walk(blocks):
    # The process itself must live on, and go on with its work: a quarter more than the walk takes.
    return (WALK_BYTES + INLINE_BYTES_EACH * blocks) * 5 // 4


def _shortage(rooms, needed, words):
    left, name = min(rooms, default=(needed, ""))
    if left >= needed:
        return ""
    return f"{_megabytes(left)} left of {name}, {words} {_megabytes(needed)}"


def _megabytes(size):
    return f"{max(0, size) / (1 << 20):.0f} MB"
