"""The pass over the heap: from live objects to chunks of columns.

Speed comes from iteration in C over batches, `map(id, ...)`, `map(type, ...)`, and from dealing
with all objects of a class at a time. Memory stays bounded: nothing is kept per object but the
list that the collector gives and one machine word for its reference count. No code of the
program runs: only exact C getters are called, and the classes of objects are compared by `is`.

Owns what a row and a reference are; names come from ``plans``, bytes go to ``document``.
"""

import gc
import sys

from .addresses import addresses_of
from .chunk import REFERENCE_LIMIT
from .columns import Texts
from .groups import flatten
from .identity import FOLDER
from .jsontext import dumps
from .plans import Planner
from .quick import choose
from .shapes import ShapeTable

BATCH = 2048
"""Containers in a chunk. Of fewer, more objects that belong together are in different chunks; of
more, what a chunk touches does not fit a core's cache. Between 512 and 8192 the choice made
less than a tenth of difference (measured with 1 MB of L2 cache)."""

POPULAR_LEAVES = 1024
"""Popular leaves (None, small numbers, names) whose rows are not written again in every chunk. A
memory of all leaves would cost a cache miss for every look-up (measured: a quarter of the
whole walk), and the reader removes repeats anyway."""

COUNTED_LEAVES = 200_000
"""Distinct leaves up to which the number of objects on stderr is exact; of more, repeats are
counted as objects (0.4 percent too many of 2 million)."""

SAMPLED = 8
"""One leaf in so many is looked for in the next chunk: those that come up there are popular."""

MEANINGLESS_COUNT = 1 << 30
"""Reference counts from here on are those of immortal objects, Include/refcount.h (PEP 683)."""

NO_COUNT = -1


class Heap:
    """All that the collector tracks at one moment, with the reference counts of that moment.

    Attributes:
        objects: The list that the collector gives. Nothing made later is in it.
        refcounts: For each the text of its true reference count.
        surplus: How much ``sys.getrefcount`` says above the truth, measured on fresh objects.
        own: Addresses of the agent's own temporary objects, which are in no snapshot.
        held: Address → references that the agent itself holds on objects of the process.
        uncounted: Addresses of objects whose counts say nothing.
    """

    def __init__(self, job):
        self.objects = gc.get_objects()
        probes = [object() for _ in range(8)]
        # Like the objects, the probes are in one list and nowhere else; that one is no surplus
        # of the measure, but it is a reference that the agent holds.
        self.surplus = min(map(sys.getrefcount, probes))
        self.refcounts = Counts(self.surplus).of(self.objects)
        self.own = {id(self)} | _agent_frames() | job.own()
        # None would be among them where the program has no threads to capture.
        self.own.discard(id(None))
        self.held = job.held()
        self.uncounted = frozenset()


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

    def of(self, objects):
        """For each object in a list the text of its count, all taken in one C loop."""
        return list(map(self.__getitem__, map(sys.getrefcount, objects)))


class Walker:
    """Turns a heap into chunks, one at a time.

    Args:
        heap: What to walk.
        may_materialize: See ``Planner``.
        prefetched: Address → referents that were read before the agent touched the object.
        is_whole: Whether all that the collector tracks is on the heap's list; None: in the child.
        sites: The running table of sites; None where they are not asked for.
        shapes: The running table of shapes, empty: one that hides names, say.
        memory: What looks into objects that may hold what they do not tell, or None.

    Attributes:
        listed: Addresses of all that is on the heap's list, in the process itself; None in the
            child, where whatever the collector tracks is on it. In the process frozen objects
            are not, nor what other threads make during the walk.
    """

    def __init__(
        self,
        heap,
        *,
        may_materialize,
        prefetched=(),
        shapes=None,
        is_whole=None,
        sites=None,
        memory=None,
    ):
        self.shapes = ShapeTable() if shapes is None else shapes
        self.planner = Planner(self.shapes, may_materialize=may_materialize)
        self.heap = heap
        self.prefetched = dict(prefetched)
        self.sites = sites
        self.memory = memory
        self.rows = 0
        self.references = 0
        self.repeats = 0
        self._counted_leaves = set()
        is_whole = may_materialize if is_whole is None else is_whole
        self.listed = None if is_whole else set(addresses_of(heap.objects))
        self.pending = []
        self._seen_pending = set()
        self._popular = []
        self._sampled = []
        self._names = _no_names()
        self._special = heap.own | heap.held.keys() | self.prefetched.keys()
        self._texts = Texts()
        # The one in C asks the collector alone what is on its list.
        self._chunk = choose(is_still=may_materialize and is_whole)
        # Held by two lists of the walk: one more than the tracked ones are.
        self._untracked_counts = Counts(heap.surplus + 1)

    def chunks(self, named):
        """Yield every chunk: JSON in ASCII.

        Args:
            named: Objects that the roots name. Those that the collector does not track may be
                referred to by nothing else.
        """
        yield self._finish(self._chunk.Chunk(self._texts), is_tracked=True, also=named)
        objects, refcounts = self.heap.objects, self.heap.refcounts
        for start in range(0, len(objects), BATCH):
            stop = start + BATCH
            yield from self._chunks(objects[start:stop], refcounts[start:stop], is_tracked=True)
        while self.pending:
            objects, self.pending = self.pending, []
            for start in range(0, len(objects), BATCH):
                batch = objects[start : start + BATCH]
                yield from self._chunks(batch, self._untracked_counts.of(batch), is_tracked=False)

    def release(self):
        """Break the cycles that would stay in the process.

        Plans know their planner, and the list of all objects has its own holder in it.
        """
        self.planner.plans.clear()
        self.heap.objects.clear()

    def _chunks(self, batch, refcounts, *, is_tracked):
        """Yield the chunks of one batch: one, unless its objects have very many references."""
        add = self._add
        if not self._special.isdisjoint(addresses_of(batch)):
            batch, refcounts = self._mend(batch, refcounts)
            add = self._add_special
        chunk = self._chunk.Chunk(self._texts)
        groups = self._chunk.split(batch, refcounts)
        plans = self.planner.plans_of([instances[0] for instances, _ in groups])
        for plan, (instances, counts) in zip(plans, groups):
            self._look_into(plan, instances)
            for portion in portions(plan, instances, counts):
                if chunk.reference_count >= REFERENCE_LIMIT:
                    yield self._finish(chunk, is_tracked=is_tracked)
                    chunk = self._chunk.Chunk(self._texts)
                row = chunk.container_count
                add(chunk, plan, *portion)
                # Afterwards: a name may be read from a dict that was inline until then.
                self._add_names(row, plan, portion[0])
        yield self._finish(chunk, is_tracked=is_tracked)

    def _look_into(self, plan, instances):
        if plan.unreported and self.memory is not None:
            self.memory.look_into(instances, plan.unreported)

    def _add_names(self, row, plan, instances):
        if plan.name_of is not None:
            for number, instance in enumerate(instances, row):
                name = plan.name(instance)
                if name:
                    self._names["row"].append(number)
                    self._names["name"].append(name)

    def _add(self, chunk, plan, instances, refcounts, piece=None):
        if piece is None:
            chunk.add(plan, instances, refcounts)
        else:
            chunk.add_described(plan, instances, refcounts, *piece)

    def _add_special(self, chunk, plan, instances, refcounts, piece=None):
        """The same, where what was read before the agent touched an object stands."""
        if self.prefetched.keys().isdisjoint(map(id, instances)):
            self._add(chunk, plan, instances, refcounts, piece)
            return
        referents = [
            gc.get_referents(instance) if there is None else there
            for instance, there in zip(instances, map(self.prefetched.get, map(id, instances)))
        ]
        described = flatten(*plan.describe_given(instances, referents))
        chunk.add_described(plan, instances, refcounts, *described)

    def _finish(self, chunk, *, is_tracked, also=()):
        """The JSON of a chunk whose containers are all there."""
        chunk.number(also)
        if chunk.known(self.heap.own):
            chunk.leave_out(self.heap.own, self.shapes.number(()))
            chunk.number(also)
        self._add_others(chunk)
        self.rows += chunk.row_count
        self.references += chunk.reference_count
        return chunk.write(is_tracked=is_tracked, tables=",".join(self._tables(chunk)))

    def _tables(self, chunk):
        """What follows the columns of a chunk: what it adds to the tables, names, sites."""
        names, self._names = self._names, _no_names()
        yield f'"types":{dumps(self.planner.take_fresh())}'
        yield f'"shapes":{self.shapes.take_fresh()}'
        yield f'"names":{dumps(names)}'
        if self.sites is not None:
            yield f'"site":{chunk.sites(self.sites)}'
            yield f'"sites":{self.sites.take_fresh()}'

    def _add_others(self, chunk):
        """Give rows to the leaves among what the containers refer to.

        Untracked containers (tuples of plain values, static classes) are put on the list of
        those still to be walked.
        """
        if len(self._popular) < POPULAR_LEAVES and self.listed is None:
            again = chunk.known(self._sampled)
            if again:
                self._popular = sorted(self._popular + again)
        examples = chunk.group_others(self._popular)
        for number, plan in enumerate(self.planner.plans_of(examples)):
            if plan.is_container:
                chunk.add_elsewhere(number)
                self._put_off(chunk, number)
            else:
                chunk.add_leaves(plan, number)
                if plan.unreported:
                    self._look_into(plan, chunk.untracked(number))
        if len(self._counted_leaves) < COUNTED_LEAVES:
            self._count_repeats(chunk.leaf_addresses(1))
        self._sampled = chunk.leaf_addresses(SAMPLED)

    def _count_repeats(self, leaves):
        """Know how many rows repeat others, as long as the leaves so far are few enough to keep."""
        known = self._counted_leaves
        before = len(known)
        known.update(leaves)
        self.repeats += before + len(leaves) - len(known)

    def _put_off(self, chunk, number):
        """Remember what the collector does not track, to walk it in the end."""
        if self.listed is None:
            untracked = chunk.untracked(number)
        else:
            untracked = [item for item in chunk.members(number) if id(item) not in self.listed]
        for item in untracked:
            if id(item) not in self._seen_pending:
                self._seen_pending.add(id(item))
                self.pending.append(item)

    def _mend(self, batch, refcounts):
        """Take the agent's own objects and references out of the batch."""
        own, held, uncounted = self.heap.own, self.heap.held, self.heap.uncounted
        kept = [row for row, item in enumerate(batch) if id(item) not in own]
        return (
            [batch[row] for row in kept],
            [
                str(NO_COUNT)
                if id(batch[row]) in uncounted
                else _less(refcounts[row], held.get(id(batch[row]), 0))
                for row in kept
            ],
        )


def portions(plan, instances, refcounts):
    """Instances and counts of a class, in parts that fit a chunk; of a huge one, piece by piece."""
    if plan.entries is None or sum(map(plan.entries, instances)) < REFERENCE_LIMIT:
        yield instances, refcounts
        return
    for instance, refcount in zip(instances, refcounts):
        if plan.entries(instance) < REFERENCE_LIMIT:
            yield [instance], [refcount]
        else:
            for piece in plan.describe_huge(instance):
                yield [instance], [refcount], piece


def _no_names():
    return {"row": [], "name": []}


def _less(refcount, held):
    """The text of a reference count without these references."""
    count = int(refcount)
    return refcount if count == NO_COUNT else str(count - held)
