"""For each class, how to read its instances: its row in the type table, names, sizes.

A plan is made once for a class, from the class alone; the walk then asks it about
many instances at a time. ``describe(instances, referents)`` takes what the collector says that
each instance refers to and returns two lists: for each instance its references in the order
of the names, and the number of their shape. It may add references that the collector does not
report but that are real and counted; it never drops one.
"""

import sys
import types

from .dicts import Dicts
from .identity import (
    HAVE_GC,
    HEAP_TYPE,
    NAMERS,
    derives_from,
    describe_type,
    dict_of_module,
    flags_of_type,
    layout_of_type,
    text,
)
from .instances import Instances, one_by_one
from .kinds import Kinds
from .naming import REMAINDER, Naming
from .sizes import size_writer

CONSTANT = frozenset({"list", "tuple", "set", "frozenset", "deque"})
"""Built-in containers whose references are all named alike."""

UNVISITED = frozenset({"ndarray", "code"})
"""Kinds that the collector does not look into, but that hold what they hold."""


class Plan:
    """What the walk knows of one class.

    Attributes:
        number_text: Row in the type table, as text.
        is_container: Its instances are walked into.
        describe: See above; None where ``is_container`` is not true.
        write_sizes: See ``size_writer``.
        name_of: What an instance is called, or None where instances have no names.
        layout: Name of the built-in class underneath.
    """

    __slots__ = ("describe", "is_container", "layout", "name_of", "number_text", "write_sizes")

    def name(self, instance):
        """What the instance is called, empty where it has no name."""
        try:
            return text(self.name_of(instance))
        except Exception:  # noqa: BLE001 - a half-built object
            return ""


class Planner:
    """Makes plans, and numbers the classes on the way.

    Args:
        shapes: The running table of shapes.
        may_materialize: See ``Instances``.
    """

    def __init__(self, shapes, *, may_materialize):
        self.shapes = shapes
        naming = Naming(shapes)
        self._kinds = Kinds(naming, may_materialize=may_materialize)
        self._instances = Instances(naming, may_materialize=may_materialize)
        namespaces = map(_module_dict, list(sys.modules.values()))
        self._dicts = Dicts(shapes, frozenset(id(space) for space in namespaces if space))
        # By address of the class, whose hash may be anybody's.
        self.plans = {}
        self._fresh = []

    def take_fresh(self):
        """Rows of the type table added since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def learn(self, kinds):
        """Make the plans of all classes that have none yet."""
        for kind in kinds:
            if id(kind) not in self.plans:
                self._make(kind)

    def _make(self, kind):
        plan = Plan()
        plan.number_text = str(len(self.plans))
        plan.layout = layout_of_type(kind)
        plan.write_sizes = size_writer(kind)
        plan.name_of = NAMERS.get(plan.layout)
        plan.describe = None
        plan.is_container = bool(flags_of_type(kind) & HAVE_GC) or plan.layout in UNVISITED
        self.plans[id(kind)] = plan
        self._fresh.append(describe_type(kind))
        if plan.is_container:
            nameless = self.shapes.number(())
            try:
                plan.describe = _or_nameless(self._describer(kind, plan.layout), nameless)
            except Exception:  # noqa: BLE001 - a class that only looks like one that is known
                plan.describe = _all_alike(nameless)

    def _describer(self, kind, layout):
        is_heap_type = flags_of_type(kind) & HEAP_TYPE
        if not is_heap_type and layout in CONSTANT:
            return _all_alike(self.shapes.number((REMAINDER[layout],)))
        if kind is dict:
            return self._dicts.describe
        describe = self._kinds.describer(kind, layout)
        if describe is not None:
            return one_by_one(describe)
        if is_heap_type:
            return self._instances.describer(kind, layout)
        return one_by_one(self._instances.field_describer(kind, layout))


def _or_nameless(describe, nameless):
    """What ``describe`` says; where an object defies it, the references without their names.

    Extensions may do anything in a C getter, and one object of a million must not cost the
    snapshot: what the collector says that it refers to is true all the same.
    """

    def guarded(instances, referents):
        try:
            return describe(instances, referents)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - see above
            return _each_or_nameless(describe, nameless, instances, referents)

    return guarded


def _each_or_nameless(describe, nameless, instances, referents):
    described, shapes = [], []
    for instance, held in zip(instances, referents):
        try:
            (references,), (shape,) = describe([instance], [held])
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - this is the one
            references, shape = held, nameless
        described.append(references)
        shapes.append(shape)
    return described, shapes


def _all_alike(shape):
    return lambda instances, referents: (referents, [shape] * len(instances))


def _module_dict(module):
    return dict_of_module(module) if derives_from(type(module), types.ModuleType) else None
