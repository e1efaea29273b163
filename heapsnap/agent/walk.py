"""The pass over the heap: from live objects to chunks of columns.

Speed comes from iteration in C over batches: `map(id, ...)`, `map(type, ...)`,
`map(gc.get_referents, ...)`. Memory stays bounded: nothing is kept per object but the list that
the collector gives and one machine word for its reference count. No code of the program
runs: only exact C getters are called, and the classes of objects are compared by `is`.

Owns what a row and a reference are; names come from ``plans``, bytes go to ``document``.
"""

import gc
import sys
from itertools import chain, compress, count, repeat
from operator import sub

from .identity import FOLDER, text
from .jsontext import dumps
from .plans import Planner
from .shapes import ShapeTable

BATCH = 1024
"""Containers in a chunk. What a chunk touches should fit a core's cache: 8192 took 1.4 times as
long (measured on 1.8 M objects, 1 MB of L2 cache)."""

REMEMBERED_LEAVES = 16_384
"""Leaves whose rows are not written again; when there are more, all are forgotten, and the popular
ones return at once. A set of all addresses would cost more memory than all else, and a cache
miss for every look-up (measured: a quarter of the whole walk). The reader removes repeats."""

MEANINGLESS_COUNT = 1 << 30
"""Reference counts from here on are those of immortal objects, Include/refcount.h (PEP 683)."""

NO_COUNT = -1


class Heap:
    """All that the collector tracks at one moment, with the reference counts of that moment.

    Attributes:
        objects: The list that the collector gives. Nothing made later is in it.
        refcounts: What ``sys.getrefcount`` says of each, taken in one C loop.
        surplus: How much it says above the truth, measured the same way on fresh objects.
        own: Addresses of the agent's own temporary objects, which are in no snapshot.
        held: Address → references that the agent itself holds on objects of the process.
    """

    def __init__(self, job):
        # The first repr of a container makes a list that stays in the thread's dict. Chunks are
        # written with repr: so that list had better be there when the heap is listed.
        repr([None])
        self.objects = gc.get_objects()
        self.refcounts = list(map(sys.getrefcount, self.objects))
        probes = [object() for _ in range(8)]
        # Like the objects, the probes are in one list and nowhere else; that one is no surplus
        # of the measure, but it is a reference that the agent holds.
        self.surplus = min(map(sys.getrefcount, probes))
        self.own = {id(self)} | _agent_frames() | job.own()
        # None would be among them where the program has no threads to capture.
        self.own.discard(id(None))
        self.held = job.capture.held()


def _agent_frames():
    """Addresses of the frames of the agent's own functions that are running now."""
    own = set()
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(FOLDER):
        own.add(id(frame))
        frame = frame.f_back
    return own


class Walker:
    """Turns a heap into chunks, one at a time.

    Args:
        heap: What to walk.
        may_materialize: See ``Planner``.
        prefetched: Address → referents that were read before the agent touched the object.

    Attributes:
        listed: Addresses of all that is on the heap's list, in the process itself; None in the
            child, where whatever the collector tracks is on it. In the process frozen objects
            are not, nor what other threads make during the walk.
    """

    def __init__(self, heap, *, may_materialize, prefetched=()):
        self.shapes = ShapeTable()
        self.planner = Planner(self.shapes, may_materialize=may_materialize)
        self.heap = heap
        self.prefetched = dict(prefetched)
        self.rows = 0
        self.references = 0
        self.listed = None if may_materialize else set(map(id, heap.objects))
        self.pending = []
        self._seen_pending = set()
        self._recent_leaves = set()

    def chunks(self, named):
        """Yield the JSON text of every chunk.

        Args:
            named: Objects that the roots name. Those that the collector does not track may be
                referred to by nothing else.
        """
        yield self._chunk([], (), is_tracked=True, also=named)
        objects, refcounts = self.heap.objects, self.heap.refcounts
        for start in range(0, len(objects), BATCH):
            stop = start + BATCH
            yield self._chunk(objects[start:stop], refcounts[start:stop], is_tracked=True)
        while self.pending:
            objects, self.pending = self.pending, []
            for start in range(0, len(objects), BATCH):
                batch = objects[start : start + BATCH]
                # Held by ``objects`` and ``batch``: one more than the tracked ones were.
                refcounts = list(map(sys.getrefcount, batch))
                yield self._chunk(batch, refcounts, is_tracked=False)

    def release(self):
        """Break the cycles that would stay in the process: plans know their planner, and the
        list of all objects has its own holder in it.
        """
        self.planner.plans.clear()
        self.heap.objects.clear()

    def _chunk(self, batch, refcounts, *, is_tracked, also=()):
        surplus = self.heap.surplus + (0 if is_tracked else 1)
        addresses = list(map(id, batch))
        referents = list(map(gc.get_referents, batch))
        position = dict(zip(addresses, count()))
        counts = list(map(sub, refcounts, repeat(surplus)))
        if max(counts, default=0) >= MEANINGLESS_COUNT:
            counts = [value if value < MEANINGLESS_COUNT else NO_COUNT for value in counts]
        self._mend(batch, addresses, referents, counts, position)
        kinds = self._kinds(batch)
        shapes = list(map(self.planner.shape_by_class.__getitem__, kinds))
        plans = self.planner.plans
        for row in [row for row, shape in enumerate(shapes) if shape < 0]:
            describe = plans[kinds[row]].describe
            referents[row], shapes[row] = describe(batch[row], referents[row])
        flat = list(chain.from_iterable(referents))
        targets = list(map(id, flat))
        unique = dict(zip(targets, flat))
        if not self.heap.own.isdisjoint(unique):
            self._leave_out_own(referents, shapes)
            flat = list(chain.from_iterable(referents))
            targets = list(map(id, flat))
            unique = dict(zip(targets, flat))
        for item in also:
            unique[id(item)] = item
        leaves, foreign = self._sort_referents(unique, position)
        every_address = addresses + list(leaves) + foreign
        position = dict(zip(every_address, count()))
        leaf_objects = list(leaves.values())
        leaf_kinds = self._kinds(leaf_objects)
        self.rows += len(addresses) + len(leaf_objects)
        self.references += len(targets)
        columns = (
            ("address", every_address),
            ("type", list(map(self.planner.number_by_class.__getitem__, kinds + leaf_kinds))),
            ("size", self._sizes(batch, kinds) + self._sizes(leaf_objects, leaf_kinds)),
            ("refcount", counts),
            ("shape", shapes),
            ("out", list(map(len, referents))),
            ("to", list(map(position.__getitem__, targets))),
        )
        return self._text(columns, batch, kinds, len(batch) if is_tracked else 0)

    def _mend(self, batch, addresses, referents, counts, position):
        """Take the agent's own objects and references out of the batch."""
        for address, held in self.heap.held.items():
            row = position.get(address)
            if row is not None and counts[row] != NO_COUNT:
                counts[row] -= held
        for address, before in self.prefetched.items():
            row = position.get(address)
            if row is not None:
                referents[row] = before
        mine = sorted(
            (row for row in map(position.get, self.heap.own) if row is not None), reverse=True
        )
        for row in mine:
            del batch[row], addresses[row], referents[row], counts[row]
        if mine:
            position.clear()
            position.update(zip(addresses, count()))

    def _leave_out_own(self, referents, shapes):
        """Drop references to the agent's own objects, and with them the names of that row."""
        own = self.heap.own
        for row, held in enumerate(referents):
            kept = [referent for referent in held if id(referent) not in own]
            if len(kept) != len(held):
                referents[row], shapes[row] = kept, self.shapes.number(())

    def _kinds(self, objects):
        """Addresses of the classes of the objects; every one of them has a plan afterwards."""
        classes = list(map(type, objects))
        kinds = list(map(id, classes))
        if not self.planner.plans.keys() >= set(kinds):
            self.planner.learn(classes)
        return kinds

    def _sort_referents(self, unique, position):
        """Split what a batch refers to into new leaves and objects described elsewhere.

        Untracked containers (tuples of plain values, static classes) are put on the list of
        those still to be walked. Returns leaves, address → object, and foreign addresses.
        """
        for address in position.keys() & unique.keys():
            del unique[address]
        if self.listed is None:
            foreign = list(compress(unique, map(gc.is_tracked, list(unique.values()))))
        else:
            foreign = [address for address in unique if address in self.listed]
        for address in foreign:
            del unique[address]
        for address in self._recent_leaves & unique.keys():
            foreign.append(address)
            del unique[address]
        containers = []
        kinds = self._kinds(unique.values())
        plans = self.planner.plans
        for (address, item), kind in zip(unique.items(), kinds):
            if plans[kind].is_container:
                containers.append(address)
                if address not in self._seen_pending:
                    self._seen_pending.add(address)
                    self.pending.append(item)
        for address in containers:
            del unique[address]
        if len(self._recent_leaves) > REMEMBERED_LEAVES:
            self._recent_leaves.clear()
        self._recent_leaves.update(unique)
        return unique, foreign + containers

    def _sizes(self, objects, kinds):
        try:
            if self.planner.custom_sized.isdisjoint(kinds):
                # Only classes whose __sizeof__ is a C method get here.
                return list(map(sys.getsizeof, objects))
        except BaseException:  # noqa: BLE001 - a C __sizeof__ may say anything; ask one by one
            pass
        plans = map(self.planner.plans.__getitem__, kinds)
        return [self._size(item, plan) for item, plan in zip(objects, plans)]

    def _size(self, item, plan):
        try:
            size = sys.getsizeof(item) if plan.size_of is None else plan.size_of(item)
        except BaseException:  # noqa: BLE001 - as above
            return 0
        return size if 0 <= size < 1 << 62 else 0

    def _text(self, columns, batch, kinds, tracked):
        parts = [f'{{"tracked":{tracked}']
        # repr of a list of int is C code and valid JSON; three times as fast as json.dumps.
        parts += [f'"{name}":{values!r}'.replace(" ", "") for name, values in columns]
        parts.append(f'"types":{dumps(self.planner.take_fresh())}')
        parts.append(f'"shapes":{self.shapes.take_fresh()}')
        rows, names = self._names(batch, kinds)
        parts.append(f'"names":{dumps({"row": rows, "name": names})}')
        return ",".join(parts) + "}"

    def _names(self, batch, kinds):
        named = self.planner.named.intersection(kinds)
        rows, names = [], []
        for row in [row for row, kind in enumerate(kinds) if kind in named] if named else ():
            try:
                name = text(self.planner.plans[kinds[row]].name_of(batch[row]))
            except Exception:  # noqa: BLE001 - a half-built object: it stays without a name
                name = ""
            if name:
                rows.append(row)
                names.append(name)
        return rows, names
