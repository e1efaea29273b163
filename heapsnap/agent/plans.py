"""For each class, how to read its instances: its row in the type table, names, sizes.

A plan is made once for a class, from the class alone; the walk then asks it about
many instances at a time. It may add references that the collector does not report but that are
real and counted; it never drops one.
"""

import sys
import types

from .chunk import REFERENCE_LIMIT
from .dicts import Dicts
from .foreign import is_foreign
from .groups import all_named_alike, one_after_the_other, pieces_named_alike
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
from .limits import limit_namer
from .naming import REMAINDER, Naming
from .own_memory import unreported_bytes
from .sizes import sizes_of

CONSTANT = frozenset({"list", "tuple", "set", "frozenset", "deque"})
"""Built-in containers whose references are all named alike."""

ALIKE, BY_KEYS, BY_ATTRIBUTES = range(3)
"""Ways in which the chunk in C describes instances itself."""

UNVISITED = frozenset({"ndarray", "code"})
"""Kinds that the collector does not look into, but that hold what they hold."""


class Plan:
    """What the walk knows of one class.

    Attributes:
        number_text: Row in the type table, as text.
        is_container: Its instances are walked into.
        describe: A function from a sequence of instances to three lists: the references of all of
            them, one instance after the other, in the order of their names; for each instance how
            many; for each instance the number of its shape. None where they are no containers.
        describe_given: The same where the referents of each instance were read before: a function
            of instances and referents that returns the references by instance, and the shapes.
        describe_huge: A function from one instance to the descriptions of its rows, where it has so
            many references that it gets several; None where ``entries`` is.
        entries: A function from an instance to about how many references it has, where that
            may be a great many and can be told; else None.
        rule: What the chunk in C needs to describe instances itself, a tuple that starts with one
            of the ways below; None where it asks ``describe``.
        sizes: See ``sizes_of``.
        name_of: What an instance is called, or None where instances have no names.
        layout: Name of the built-in class underneath.
        unreported: Bytes of an instance, where it may hold what the collector is not told; else 0.
    """

    __slots__ = (
        "describe",
        "describe_given",
        "describe_huge",
        "entries",
        "is_container",
        "layout",
        "name_of",
        "number_text",
        "rule",
        "sizes",
        "unreported",
    )

    def name(self, instance):
        """What the instance is called, empty where it has no name."""
        try:
            return text(self.name_of(instance))
        except Exception as problem:  # noqa: BLE001 - a half-built object
            if is_foreign(problem):
                raise
            return ""


class Planner:
    """Makes plans, and numbers the classes on the way.

    Args:
        shapes: The running table of shapes.
        may_materialize: See ``Instances``.

    Attributes:
        is_still: Whether nothing but the agent runs: in the child.
    """

    def __init__(self, shapes, *, may_materialize):
        self.shapes = shapes
        self.is_still = may_materialize
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

    def plans_of(self, examples):
        """The plans of these objects' classes; those that there are none of yet are made."""
        return [self.plans.get(id(kind)) or self._make(kind) for kind in map(type, examples)]

    def _make(self, kind):
        plan = Plan()
        plan.number_text = str(len(self.plans))
        plan.layout = layout_of_type(kind)
        plan.sizes = sizes_of(kind)
        plan.unreported = unreported_bytes(kind, plan.layout)
        plan.name_of = self._namer(kind, plan.layout)
        plan.describe = plan.describe_given = plan.describe_huge = plan.entries = None
        plan.rule = None
        plan.is_container = bool(flags_of_type(kind) & HAVE_GC) or plan.layout in UNVISITED
        self.plans[id(kind)] = plan
        self._fresh.append(describe_type(kind))
        if plan.is_container:
            self._describe(plan, kind)
        return plan

    def _namer(self, kind, layout):
        found = NAMERS.get(layout)
        if found is None:
            try:
                found = limit_namer(kind, layout, may_materialize=self.is_still)
            except Exception as problem:  # noqa: BLE001 - a half-built class
                if is_foreign(problem):
                    raise
        return found

    def _describe(self, plan, kind):
        nameless = self.shapes.number(())
        try:
            plan.describe_given = _or_nameless(self._describer(kind, plan.layout), nameless)
        except Exception as problem:  # noqa: BLE001 - a class that only looks like one that is known
            if is_foreign(problem):
                raise
            plan.describe_given = _all_alike(nameless)
        plan.describe = one_after_the_other(plan.describe_given)
        if kind is dict:
            plan.entries = len
            plan.describe_huge = self._dicts.describe_huge
            if self.is_still:
                plan.describe = self._dicts.describe
                plan.rule = (BY_KEYS, *self._dicts.rule())
        elif any(kind is known for known in (list, tuple, set, frozenset)):
            shape = self._shape_of_items(plan.layout)
            plan.entries = len
            plan.describe_huge = pieces_named_alike(shape, REFERENCE_LIMIT)
            if self.is_still:
                plan.describe = all_named_alike(plan.describe_given, shape)
                plan.rule = (ALIKE, shape)
        else:
            rule = self._instances.rules.pop(id(kind), None)
            plan.rule = rule and (BY_ATTRIBUTES, *rule)

    def _shape_of_items(self, layout):
        return self.shapes.number((REMAINDER[layout],))

    def _describer(self, kind, layout):
        is_heap_type = flags_of_type(kind) & HEAP_TYPE
        if not is_heap_type and layout in CONSTANT:
            return _all_alike(self._shape_of_items(layout))
        if kind is dict:
            return self._dicts.describe_given
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
        except Exception as problem:  # noqa: BLE001 - see above
            if is_foreign(problem):
                raise
            return _each_or_nameless(describe, nameless, instances, referents)

    return guarded


def _each_or_nameless(describe, nameless, instances, referents):
    described, shapes = [], []
    for instance, held in zip(instances, referents):
        try:
            (references,), (shape,) = describe([instance], [held])
        except MemoryError:
            raise
        except Exception as problem:  # noqa: BLE001 - this is the one
            if is_foreign(problem):
                raise
            references, shape = held, nameless
        described.append(references)
        shapes.append(shape)
    return described, shapes


def _all_alike(shape):
    return lambda instances, referents: (referents, [shape] * len(instances))


def _module_dict(module):
    return dict_of_module(module) if derives_from(type(module), types.ModuleType) else None
