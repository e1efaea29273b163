"""Whose own memory has the address of an object in it, though the collector is not told of it.

An extension's object may hold others without saying so: a class without ``Py_TPFLAGS_HAVE_GC``
(most of what is written in Rust), or a ``tp_traverse`` that leaves some out. What it holds is then
held from C and from nowhere. But the reference stands somewhere, and if that is in the object
itself it can be seen there. A sign and no proof: C may keep an address that it does not count.

Memory is read through ``/proc/self/mem``, where an address that is not there is an error instead
of a crash. Nothing of what is read is kept but what is the address of an object that the
collector tracks.
"""

import gc
import os

from .identity import (
    HAVE_GC,
    HEAP_TYPE,
    base_of_type,
    derives_from,
    flags_of_type,
    is_of_python,
    mro_of_type,
    namespace_of_type,
)
from .originals import kernel

WORD_BYTES = 8
HEAD_BYTES = 2 * WORD_BYTES
"""A count and a class: ``PyObject``, Include/object.h."""
LOWEST_ADDRESS = 1 << 16

INSTANCES_OF_A_CLASS = 20_000
"""Instances that are looked into, of each class: a million datetimes would take seconds. A leak
shows in far fewer."""

HOLDS_NOTHING = frozenset(
    {"int", "bool", "float", "complex", "str", "bytes", "bytearray", "range", "date", "timedelta",
     "Decimal", "NoneType", "ellipsis", "NotImplementedType", "code", "ndarray"}
)  # fmt: skip
"""Built-in classes that the collector does not track and that hold no object which it does, or
whose fields the walk reads by themselves."""

_basic_bytes_of_type = type.__dict__["__basicsize__"].__get__
_MEMBER = type(type.__dict__["__basicsize__"])


def unreported_bytes(kind, layout):
    """The size of an instance, if it may hold more than the collector is told; else 0."""
    size = _basic_bytes_of_type(kind)
    # Classes declared in C are smaller than their metaclass says.
    if size <= HEAD_BYTES or derives_from(kind, type):
        return 0
    if not flags_of_type(kind) & HAVE_GC:
        return 0 if layout in HOLDS_NOTHING else size
    return size if "." in layout or any(map(_has_fields_of_c, mro_of_type(kind) or ())) else 0


def _has_fields_of_c(kind):
    """Whether a class made at run time, not of Python's own, has room that no slot accounts for."""
    if not flags_of_type(kind) & HEAP_TYPE or is_of_python(kind):
        return False
    base = base_of_type(kind)
    namespace = namespace_of_type(kind)
    # By type, not by name: whatever a class body calls its slots.
    slots = sum(type(value) is _MEMBER for value in namespace.values())
    slots += sum(name in namespace for name in ("__dict__", "__weakref__"))
    return _basic_bytes_of_type(kind) - _basic_bytes_of_type(base) > slots * WORD_BYTES


class OwnMemory:
    """Looks into objects, and says in the end which addresses of others were there.

    In the child alone: nothing may go on while memory is read.

    Raises:
        OSError: This process may not read its own memory, or the system has no such file.
    """

    def __init__(self):
        self._descriptor = kernel.open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC)
        self._holders_by_word = {}
        self._seen_by_class = {}

    def look_into(self, instances, size):
        """Remember what may be addresses in the memory of instances of one class.

        Args:
            instances: A list, not empty; some may have been looked into before.
            size: Bytes of one.
        """
        kind = type(instances[0])
        seen = self._seen_by_class.setdefault(id(kind), set())
        is_told = flags_of_type(kind) & HAVE_GC
        for instance in instances:
            if len(seen) >= INSTANCES_OF_A_CLASS:
                return
            address = id(instance)
            if address in seen:
                continue
            seen.add(address)
            told = {id(kind), address}
            if is_told:
                told.update(map(id, gc.get_referents(instance)))
            for word in self._words_at(address + HEAD_BYTES, size - HEAD_BYTES) - told:
                self._holders_by_word.setdefault(word, []).append(address)

    def found(self, heap):
        """JSON text: addresses of holders, and beside each that of an object it may hold.

        Args:
            heap: What was walked; its own objects are in no snapshot.
        """
        kernel.close(self._descriptor)
        held = set(self._holders_by_word).intersection(map(id, heap.objects)) - heap.own
        pairs = [(holder, word) for word in sorted(held) for holder in self._holders_by_word[word]]
        holders = ",".join(str(holder) for holder, _ in pairs)
        return f'{{"holder":[{holders}],"held":[{",".join(str(word) for _, word in pairs)}]}}'

    def _words_at(self, address, count):
        """The distinct words of this memory that could be addresses of objects."""
        try:
            memory = kernel.pread(self._descriptor, count - count % WORD_BYTES, address)
        except (OSError, OverflowError):
            return set()
        words = memoryview(memory[: len(memory) - len(memory) % WORD_BYTES]).cast("N").tolist()
        return {w for w in words if w > LOWEST_ADDRESS and not w % WORD_BYTES}


def own_memory():
    """What looks into objects; None where a process cannot read its memory so."""
    try:
        return OwnMemory()
    except OSError:
        return None
