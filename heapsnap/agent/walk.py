"""The pass over the heap: from live objects to chunks of columns.

Speed comes from iteration in C over batches, `map(id, ...)`, `map(type, ...)`, and from dealing
with all objects of a class at a time. Memory stays bounded: nothing is kept per object but the
list that the collector gives and one machine word for its reference count. No code of the
program runs: only exact C getters are called, and the classes of objects are compared by `is`.

Owns what a row and a reference are; names come from ``plans``, bytes go to ``document``.
"""

import gc
import sys
from itertools import compress
from operator import not_

from .chunk import Chunk
from .columns import Texts
from .identity import FOLDER
from .jsontext import dumps
from .plans import Planner
from .shapes import ShapeTable

BATCH = 2048
"""Containers in a chunk. Of fewer, more objects that belong together are in different chunks; of
more, what a chunk touches does not fit a core's cache. Between 512 and 8192 the choice made
less than a tenth of difference (measured with 1 MB of L2 cache)."""

POPULAR = 64
"""References that make a leaf popular."""

POPULAR_LEAVES = 4096
"""Popular leaves (None, small numbers, names) whose rows are not written again in every chunk. A
memory of all leaves would cost a cache miss for every look-up (measured: a quarter of the
whole walk), and the reader removes repeats anyway."""

COUNTED_LEAVES = 200_000
"""Distinct leaves up to which the number of objects on stderr is exact; of more, repeats are
counted as objects (0.4 percent too many of 2 million)."""

SAMPLED = 8
"""One leaf in so many is asked whether it is popular: the popular ones come again."""

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
    while frame is not None and str.startswith(frame.f_code.co_filename, FOLDER):
        own.add(id(frame))
        frame = frame.f_back
    return own


class Counts(Texts):
    """What ``sys.getrefcount`` says → the text of the true count."""

    __slots__ = ("surplus",)

    def __init__(self, surplus):
        super().__init__()
        self.surplus = surplus

    def write(self, number):
        """The text of a reference count."""
        true_count = number - self.surplus
        return str(true_count if true_count < MEANINGLESS_COUNT else NO_COUNT)


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
        self.repeats = 0
        self._counted_leaves = set()
        self.listed = None if may_materialize else set(map(id, heap.objects))
        self.pending = []
        self._seen_pending = set()
        self._popular = set()
        self._special = heap.own | heap.held.keys() | self.prefetched.keys()
        self._texts = Texts()
        self._tracked_counts = Counts(heap.surplus)
        # Held by two lists of the walk: one more than the tracked ones are.
        self._untracked_counts = Counts(heap.surplus + 1)

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
                refcounts = list(map(sys.getrefcount, batch))
                yield self._chunk(batch, refcounts, is_tracked=False)

    def release(self):
        """Break the cycles that would stay in the process.

        Plans know their planner, and the list of all objects has its own holder in it.
        """
        self.planner.plans.clear()
        self.heap.objects.clear()

    def _chunk(self, batch, refcounts, *, is_tracked, also=()):
        chunk = Chunk()
        count_texts = self._tracked_counts if is_tracked else self._untracked_counts
        is_special = not self._special.isdisjoint(map(id, batch))
        if is_special:
            batch, refcounts = self._mend(batch, refcounts)
        for plan, rows in self._by_class(batch, range(len(batch))):
            instances = [batch[row] for row in rows]
            referents = list(map(gc.get_referents, instances))
            if is_special:
                self._put_back(instances, referents)
            counts = [count_texts[refcounts[row]] for row in rows]
            chunk.add_containers(plan, instances, referents, counts)
        chunk.number(also)
        if not chunk.first_by_address.keys().isdisjoint(self.heap.own):
            chunk.leave_out(self.heap.own, self.shapes.number(()))
            chunk.number(also)
        order = self._add_leaves(chunk)
        self.rows += chunk.row_count
        self.references += chunk.reference_count
        return chunk.write(
            order,
            self._texts,
            is_tracked=is_tracked,
            types=dumps(self.planner.take_fresh()),
            shapes=self.shapes.take_fresh(),
        )

    def _add_leaves(self, chunk):
        """Give rows to the leaves among what the containers refer to.

        Untracked containers (tuples of plain values, static classes) are put on the list of
        those still to be walked. Returns the order of addresses after the containers'.
        """
        objects, first = chunk.objects, chunk.first_by_address
        elsewhere = [first.pop(address) for address in self._popular & first.keys()]
        others = list(first.values())[chunk.container_count :]
        leaves = []
        for plan, indices in self._by_class(map(objects.__getitem__, others), others):
            if plan.is_container:
                elsewhere += indices
                self._put_off([objects[index] for index in indices])
            else:
                leaves += indices
                chunk.add_leaves(plan, indices)
        if len(self._counted_leaves) < COUNTED_LEAVES:
            self._count_repeats([chunk.addresses[index] for index in leaves])
        if len(self._popular) < POPULAR_LEAVES and self.listed is None:
            self._popular.update(
                chunk.addresses[index]
                for index in leaves[::SAMPLED]
                if sys.getrefcount(objects[index]) > POPULAR
            )
        return leaves + elsewhere

    def _count_repeats(self, leaves):
        """Know how many rows repeat others, as long as the leaves so far are few enough to keep."""
        known = self._counted_leaves
        before = len(known)
        known.update(leaves)
        self.repeats += before + len(leaves) - len(known)

    def _by_class(self, objects, indices):
        """Pairs of a plan and those indices at which an object of its class stands."""
        classes = list(map(type, objects))
        kinds = list(map(id, classes))
        groups = {kind: [] for kind in set(kinds)}
        plans = self.planner.plans
        if not plans.keys() >= groups.keys():
            self.planner.learn(classes)
        for kind, index in zip(kinds, indices):
            groups[kind].append(index)
        return [(plans[kind], group) for kind, group in groups.items()]

    def _put_off(self, containers):
        """Remember what the collector does not track, to walk it in the end."""
        if self.listed is None:
            untracked = compress(containers, map(not_, map(gc.is_tracked, containers)))
        else:
            untracked = [item for item in containers if id(item) not in self.listed]
        for item in untracked:
            if id(item) not in self._seen_pending:
                self._seen_pending.add(id(item))
                self.pending.append(item)

    def _put_back(self, instances, referents):
        """What was read before the agent touched an object stands."""
        for row, instance in enumerate(instances):
            referents[row] = self.prefetched.get(id(instance), referents[row])

    def _mend(self, batch, refcounts):
        """Take the agent's own objects and references out of the batch."""
        own, held = self.heap.own, self.heap.held
        kept = [row for row, item in enumerate(batch) if id(item) not in own]
        return (
            [batch[row] for row in kept],
            [refcounts[row] - held.get(id(batch[row]), 0) for row in kept],
        )
