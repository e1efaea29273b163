"""For each class, how to read its instances: its row in the type table, names, sizes.

A plan is made once for a class, from the class alone; the walk then asks it about
instances. ``describe(instance, referents)`` takes what the collector says that the instance
refers to and returns the references in the order of the names, with the number of their
shape. It may add references that the collector does not report but that are real and
counted; it never drops one.
"""

import sys
import types

from .dicts import Dicts
from .identity import (
    HAVE_GC,
    HEAP_TYPE,
    NAMERS,
    describe_type,
    dict_of_module,
    flags_of_type,
    layout_of_type,
    mro_of_type,
)
from .instances import Instances
from .kinds import Kinds
from .naming import REMAINDER, Naming
from .sizes import size_reader

CONSTANT = frozenset({"list", "tuple", "set", "frozenset", "deque"})
"""Built-in containers whose references are all named alike."""

UNVISITED = frozenset({"ndarray", "code"})
"""Kinds that the collector does not look into, but that hold what they hold."""


class Plan:
    """What the walk knows of one class.

    Attributes:
        number: Row in the type table.
        is_container: Its instances are walked into.
        shape: The shape of all instances, or -1 where each must be described.
        describe: ``(instance, referents) -> (references, shape)``, where ``shape`` is -1.
        size_of: Shallow size of an instance without running its own ``__sizeof__``;
            None where ``sys.getsizeof`` runs C code only.
        name_of: What an instance is called, or None where instances have no names.
        layout: Name of the built-in class underneath.
    """

    __slots__ = ("describe", "is_container", "layout", "name_of", "number", "shape", "size_of")


class Planner:
    """Makes plans, and numbers the classes on the way.

    Args:
        shapes: The running table of shapes.
        may_materialize: See ``Instances``.
    """

    def __init__(self, shapes, *, may_materialize):
        self.shapes = shapes
        naming = Naming(shapes)
        self._kinds = Kinds(naming)
        self._instances = Instances(naming, may_materialize=may_materialize)
        namespaces = map(_module_dict, list(sys.modules.values()))
        self._dicts = Dicts(shapes, frozenset(id(space) for space in namespaces if space))
        # By address of the class, one dict for each thing that the walk maps whole batches to.
        self.plans = {}
        self.number_by_class = {}
        self.shape_by_class = {}
        self.custom_sized = set()
        self.named = set()
        self._fresh = []

    def take_fresh(self):
        """Rows of the type table added since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def learn(self, kinds):
        """Make the plans of all classes that have none yet."""
        for kind in kinds:
            if id(kind) not in self.plans:
                plan = self._make(kind)
                self.number_by_class[id(kind)] = plan.number
                self.shape_by_class[id(kind)] = plan.shape
                if plan.size_of is not None:
                    self.custom_sized.add(id(kind))
                if plan.name_of is not None:
                    self.named.add(id(kind))

    def _make(self, kind):
        plan = Plan()
        plan.number = len(self.plans)
        plan.layout = layout_of_type(kind)
        plan.size_of = size_reader(kind)
        plan.name_of = NAMERS.get(plan.layout)
        plan.shape = -1
        plan.describe = None
        plan.is_container = bool(flags_of_type(kind) & HAVE_GC) or plan.layout in UNVISITED
        self.plans[id(kind)] = plan
        self._fresh.append(describe_type(kind))
        if not plan.is_container:
            return plan
        is_heap_type = flags_of_type(kind) & HEAP_TYPE
        if not is_heap_type and plan.layout in CONSTANT:
            plan.shape = self.shapes.number((REMAINDER[plan.layout],))
        elif kind is dict:
            plan.describe = self._dicts.describe
        else:
            plan.describe = (
                self._kinds.describer(kind, plan.layout)
                or (is_heap_type and self._instances.describer(kind, plan.layout))
                or self._instances.field_describer(kind, plan.layout)
            )
        return plan


def _module_dict(module):
    is_module = types.ModuleType in mro_of_type(type(module))
    return dict_of_module(module) if is_module else None
