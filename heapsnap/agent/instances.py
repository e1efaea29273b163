"""Instances of classes: attributes inline, in a dict or in slots, and what their base keeps."""

import builtins

from . import format as fmt
from .foreign import is_foreign
from .greenlets import frame_fields, greenlet_class
from .identity import HEAP_TYPE, derives_from, flags_of_type, mro_of_type
from .members import dict_getter_of_type, getters_of_type, read_fields
from .shapes import key_text

REMEMBERED_KEYS = 1000
"""Sets of attribute names of one class that are looked up again."""

_frozendict = getattr(builtins, "frozendict", None)  # 3.15 and later


class Instances:
    """Makes describers of instances, one for each class.

    Args:
        naming: Aligns referents with names.
        may_materialize: Whether ``__dict__`` may be read where the attributes are kept inline
            (3.11 and later): that makes a dict, which costs nobody anything in the child and
            stays for ever in the process itself.

    Attributes:
        rules: Address of a class → what the chunk in C needs to describe plain instances itself.
    """

    def __init__(self, naming, *, may_materialize):
        self.naming = naming
        self.may_materialize = may_materialize
        self.rules = {}

    def describer(self, kind, layout):
        read_dict = dict_getter_of_type(kind)
        slow = self.field_describer(kind, layout)
        if layout == "object" and read_dict is None:
            return self._slots_describer(kind, slow)
        if layout != "object" or not self.may_materialize:
            return one_by_one(slow)
        return self._inline_describer(kind, read_dict, _guarded(slow, self.naming.shapes))

    def _inline_describer(self, kind, read_dict, slow):
        """Plain instances: their attributes are in a dict that is theirs, or inline."""
        shapes = self.naming.shapes
        in_dict = shapes.number((fmt.INSTANCE_DICT, fmt.CLASS))
        shape_by_keys = {}

        def remember(keys):
            # Inline values have str keys only: dicts with others are never inline.
            shape = shapes.number((*(f".{key}" for key in keys), fmt.CLASS))
            if len(shape_by_keys) < REMEMBERED_KEYS:
                shape_by_keys[keys] = shape
            return shape

        # One loop for all instances: a call for each took half as long again (measured).
        def describe(instances, referents):
            described, numbers = [], []
            for instance, held in zip(instances, referents):
                try:
                    attributes = read_dict(instance)
                except AttributeError:
                    attributes = None
                count = len(held)
                if (
                    type(attributes) is dict
                    and count == len(attributes) + 1
                    and held[-1] is kind
                    # Behind slots stands the dict: with as many of them as it has entries but one.
                    and (count == 1 or held[-2] is not attributes)
                ):
                    keys = tuple(attributes)
                    shape = shape_by_keys.get(keys)
                    if shape is None:
                        shape = remember(keys)
                    references = [*attributes.values(), kind]
                elif count == 2 and held[0] is attributes:
                    references, shape = held, in_dict
                else:
                    references, shape = slow(instance, held)
                described.append(references)
                numbers.append(shape)
            return described, numbers

        self.rules[id(kind)] = (kind, read_dict, shape_by_keys, remember, in_dict, slow)
        return describe

    def _slots_describer(self, kind, slow):
        """Instances without a dict: once all slots of one are told apart, the order is known.

        The collector visits slots in an order that the class fixes and skips empty ones, so
        instances with all slots set have their references in the same order.
        """
        full = len(getters_of_type(kind)) + 1
        known_shape = None

        def describe(instance, referents):
            nonlocal known_shape
            if len(referents) != full:
                return slow(instance, referents)
            if known_shape is not None:
                return referents, known_shape
            references, shape = slow(instance, referents)
            if len(set(map(id, referents))) == full:
                known_shape = shape
            return references, shape

        return one_by_one(describe)

    def field_describer(self, kind, layout):
        """Any object: its fields, its dict, its items; what is left is named by the layout."""
        getters = getters_of_type(kind)
        read_dict = dict_getter_of_type(kind)
        items_of = _items_reader(kind)
        greenlet = greenlet_class()
        has_frames = greenlet is not None and derives_from(kind, greenlet)

        def describe(instance, referents):
            fields = read_fields(instance, getters)
            if flags_of_type(kind) & HEAP_TYPE:
                fields.append((fmt.CLASS, kind))
            if read_dict is not None:
                fields += self._attribute_fields(instance, referents, read_dict)
            if has_frames:
                fields += frame_fields(referents)
            extra = []
            if items_of is not None:
                items = list(items_of(instance))
                fields += [(key_text(key), value) for key, value in items]
                keys = [(fmt.DICT_KEY, key) for key, _ in items]
                if all(type(key) is str for _, key in keys):
                    # The collector skips the keys of such a dict; they are held all the same.
                    extra = keys
                else:
                    fields += keys
            return self.naming.align(referents, fields, layout, extra)

        return describe

    def _attribute_fields(self, instance, referents, read_dict):
        if not self.may_materialize:
            return []
        try:
            attributes = read_dict(instance)
        except AttributeError:
            return []
        if type(attributes) is not dict:
            return []
        if any(referent is attributes for referent in referents):
            return [(fmt.INSTANCE_DICT, attributes)]
        return [(f".{key}", value) for key, value in attributes.items() if type(key) is str]


def _guarded(describe, shapes):
    """``describe``; of an instance that defies it the references, without their names."""
    nameless = shapes.number(())

    def describe_or_not(instance, referents):
        try:
            return describe(instance, referents)
        except MemoryError:
            raise
        except Exception as problem:  # noqa: BLE001 - what a C getter of an extension raises
            if is_foreign(problem):
                raise
            return referents, nameless

    return describe_or_not


def one_by_one(describe):
    """What ``plans`` asks for, from a function that describes one instance."""

    def describe_all(instances, referents):
        described = list(map(describe, instances, referents))
        return [held for held, _ in described], [shape for _, shape in described]

    return describe_all


def _items_reader(kind):
    """The C method that lists the items of a dict of any kind; None where instances are none."""
    for base in mro_of_type(kind) or ():
        if base is dict or base is _frozendict:
            return base.items
    return None
