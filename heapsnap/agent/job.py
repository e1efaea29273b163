"""One snapshot, from the live heap to the file: what the child does.

A job is made before the fork, so it holds what only the process itself can see; it is run
after the fork. No half file stays where it fails, and one line on stderr says how it ended.
"""

import _thread
import gc
import time

from . import header, manners, talk
from .capture import Capture
from .document import Document
from .foreign import is_foreign
from .format import PART_SUFFIX
from .greenlets import are_readable, greenlet_class, read_suspended
from .hooks import Hooks
from .own_memory import own_memory
from .raised_dead import referents_of_living
from .redaction import OPEN
from .roots import describe_roots
from .sites import Sites, traced_frames
from .untraced import leave_untraced
from .verdict import reason_of
from .walk import Heap, Walker


class Job:
    """What to write, where to, and what was captured for it.

    Args:
        target: The file; must not exist.
        gzip_level: 0 for plain JSON.
        facts: The part of the header that is known in the process.
        started: ``time.perf_counter()`` when the snapshot was asked for.
        destination: What may be done on the disk, and what follows.
        redaction: Which names become tokens.
        in_child: Whether this will run in a child, where nothing that is changed matters.

    Attributes:
        messenger: Of whom this is the child, if it is one.
        mask: What to let the program's signal handlers in with, between two chunks; None: they
            stay out.
    """

    __slots__ = (
        "_held",
        "destination",
        "document",
        "facts",
        "gzip_level",
        "hooks",
        "in_child",
        "is_program_running",
        "let_go",
        "mask",
        "messenger",
        "pause_seconds",
        "redaction",
        "started",
        "target",
    )

    def __init__(
        self, target, gzip_level, facts, started, destination, redaction=OPEN, *, in_child
    ):
        self.target = target
        self.gzip_level = gzip_level
        self.facts = facts
        self.started = started
        self.destination = destination
        self.redaction = redaction
        self.in_child = in_child
        self.mask = None
        self.messenger = None
        self.is_program_running = False
        self.document = None
        self.pause_seconds = None
        self.hooks = None
        self._held = []
        # A method of the list itself: ``fork`` must be able to call it without running bytecode.
        self.let_go = self._held.clear

    def take_hold(self):
        """Capture what the child could not see; in the process, right before the fork."""
        self._held.append(Capture(_thread.get_ident()))

    @property
    def capture(self):
        """What was captured."""
        return self._held[0]

    @property
    def part(self):
        """Where the snapshot stands until it is complete."""
        return self.target + PART_SUFFIX

    def note_pause(self):
        """Note how long the process has stood still: it goes on as soon as its fork returns."""
        self.pause_seconds = time.perf_counter() - self.started

    def hold_hooks(self):
        """Keep alive what only the interpreter holds, and is about to let go in the child."""
        self.hooks = Hooks()

    def follow_up(self):
        """In the supervisor, once the file is there: let the hook have it."""
        if self.destination.hook:
            # Loaded in the process, by whoever gave it a command.
            from . import hook

            hook.follow(self.destination.hook, self.target)

    def own(self):
        """Addresses of everything that was made for this job before the heap was listed."""
        return (
            {id(self), id(self._held), id(self.let_go)}
            | self.document.own()
            | self.capture.own()
            | self.hooks.own()
            | _containers(self.facts)
            | (set() if self.messenger is None else self.messenger.own())
        )

    def held(self):
        """Address → references that this job holds on objects of the process."""
        held = self.capture.held(in_child=self.in_child)
        for kept in () if self.messenger is None else self.messenger.admitted:
            held[id(kept)] = held.get(id(kept), 0) + 1
        for hook in self.hooks.surplus(in_child=self.in_child):
            held[id(hook)] = held.get(id(hook), 0) + 1
        return held

    def run(self):
        """Walk the heap of this process, write it, and tell of it on stderr.

        Returns:
            The path of the snapshot, or None.
        """
        try:
            self.destination.check_room(self.target)
            self.document = Document(self.target, self.gzip_level, self.destination.check_room)
            self.document.open()
            return self._write(self.document)
        except BaseException as problem:  # noqa: BLE001 - a full disk, no memory, a bug of ours
            if self.document is not None:
                self.document.discard()
            if not self.in_child and self._is_of_the_program(problem):
                raise
            if self.messenger is not None:
                self.messenger.report(reason_of(problem))
            message = f"no snapshot at {self.target}: {_explain(problem)}"
            talk.say(message)
            return None

    def _write(self, document):
        if self.in_child and gc.get_freeze_count():
            # Else frozen objects would be in no list of the collector's.
            gc.unfreeze()
        heap = Heap(self)
        walker = None
        try:
            # After the heap was listed, so that nothing of it is on the list.
            sites = self._sites()
            memory = own_memory() if self.in_child else None
            walker = Walker(
                heap,
                may_materialize=self.in_child,
                prefetched=self._referents_read_first(heap),
                shapes=self.redaction.shape_table(),
                is_whole=self.in_child and not _is_collecting(),
                sites=sites,
                memory=memory,
            )
            roots, named = describe_roots(self.capture, self.hooks, self.redaction)
            document.begin(self._header(), roots)
            for chunk in walker.chunks(named):
                document.add(chunk)
                if self.mask is not None:
                    self._let_signals_in()
            found = "" if memory is None else f'"found_in_memory":{memory.found(heap)},'
        finally:
            # However it ends: the list of all objects has its own holder in it, a cycle that would
            # keep the whole heap of the process alive.
            if not self.in_child:
                heap.objects.clear()
                if walker is not None:
                    walker.release()
        seconds = time.perf_counter() - self.started
        document.finish(
            f'{{"rows":{walker.rows},"references":{walker.references},'
            f'{found}"dump_seconds":{seconds!r},"complete":true}}'
        )
        self.destination.remove_oldest()
        if self.destination.is_quiet:
            return document.path
        stood = talk.duration(seconds if self.pause_seconds is None else self.pause_seconds)
        talk.say(
            f"wrote {document.path} ({talk.counted(walker.rows - walker.repeats)} objects, "
            f"stood still {stood}, {talk.duration(seconds)} in all)"
        )
        return document.path

    def _let_signals_in(self):
        self.is_program_running = True
        manners.let_signals_in(self.mask)
        self.is_program_running = False

    def _is_of_the_program(self, problem):
        """Ctrl-C, an exit, what a signal handler of the program's raised."""
        is_ours = isinstance(problem, Exception) and not self.is_program_running
        return not is_ours or is_foreign(problem)

    def _referents_read_first(self, heap):
        """Address → referents, of what is changed by reading it or must not be read as all else.

        Describing the roots reads f_locals, which leaves a dict in the frame (up to 3.12), and the
        dicts of threads, which makes them (from 3.11). A function of its own: where the program
        profiles, each call of C code copies the caller's variables into its frame, for the walk
        to meet.
        """
        suspended = {}
        if are_readable(in_child=self.in_child):
            suspended, frames = read_suspended(heap.objects)
            heap.uncounted = frozenset(map(id, frames))
            # Where a frame object of the agent's own was, one of these may be by now.
            heap.own -= heap.uncounted
            # For as long as the walk: what was made here goes with the last who holds it.
            self._held.append(frames)
        readable = self.capture.read_for_roots() + self.capture.running_generators()
        return {
            **suspended,
            **{id(item): gc.get_referents(item) for item in readable},
            **referents_of_living(in_child=self.in_child),
        }

    def _sites(self):
        """An empty table of sites; None where nobody traces, or not for us."""
        if not self.in_child or not traced_frames():
            return None
        leave_untraced()
        return Sites()

    def _header(self):
        return header.complete(
            self.facts,
            mode="fork" if self.in_child else "inline",
            pause_seconds=self.pause_seconds,
            thread_count=len(self.capture.stacks),
            tracemalloc_frames=traced_frames() if self.in_child else 0,
            not_seen=self._not_seen(),
            redaction=self.redaction,
        )

    def _not_seen(self):
        unread = greenlet_class() is not None and not are_readable(in_child=self.in_child)
        greenlets = ["variables of suspended greenlets"] if unread else []
        if self.in_child:
            return greenlets
        limits = [
            *greenlets,
            "taken in the process itself: other threads may have gone on during the walk",
            "attributes that instances keep inline (Python 3.11 and later) have no names",
            "variables of suspended generators and coroutines have no names",
        ]
        if gc.get_freeze_count():
            limits.append(
                f"frozen objects that only frozen ones refer to: of {gc.get_freeze_count()}"
            )
        if traced_frames():
            limits.append("where objects were allocated: tracemalloc is asked in a child only")
        if "fork_error" in self.facts:
            limits.append(f"no child could be made: {self.facts['fork_error']}")
        return limits


def _is_collecting():
    """Whether the collector is at work in this very moment; asked in the child alone.

    A signal may come while a finalizer runs. What that collection has found to be garbage is then
    on no list of the collector's, though it is tracked, and would be referred to and described
    nowhere. Nothing says that a collection is under way but that a second one is not made; with
    all else frozen and nobody called, asking does nothing.
    """
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    gc.freeze()
    try:
        before = gc.get_stats()[-1]["collections"]
        gc.collect()
        return gc.get_stats()[-1]["collections"] == before
    finally:
        gc.unfreeze()
        gc.callbacks.extend(callbacks)


def _containers(value):
    """Addresses of plain containers, nested ones included."""
    if type(value) is dict:
        parts = value.values()
    elif type(value) is list or type(value) is tuple:
        parts = value
    else:
        return set()
    return {id(value)}.union(*map(_containers, parts))


def _explain(problem):
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return f"{type(problem).__name__}: {problem}"
