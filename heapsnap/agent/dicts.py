"""Dicts: the references under their keys, without hashing or comparing a key of the program."""

from . import format as fmt
from .jsontext import quote
from .naming import SHAPED_LIMIT
from .shapes import REMEMBERED_SHAPES, key_text

NAMED_LIMIT = 1000
"""Entries up to which every one is named. Of larger dicts that are no namespace the last are."""
NAMED_OF_LARGE = 100


class Dicts:
    """Describes instances of exactly ``dict``.

    Args:
        shapes: The running table of shapes.
        namespaces: Addresses of dicts all of whose entries are named, however many.
    """

    def __init__(self, shapes, namespaces):
        self.shapes = shapes
        self.namespaces = namespaces
        self._shape_by_keys = {}

    def describe(self, instances, referents):
        """See ``plans``."""
        described, shapes = [], []
        recall = self._shape_by_keys.get
        values_of = dict.values
        for instance, held in zip(instances, referents):
            count = len(instance)
            # As many referents as entries: the collector skipped the keys, which it does only
            # where all of them are exactly str. So hashing and comparing them is C code.
            shape = recall(tuple(instance)) if len(held) == count <= SHAPED_LIMIT else None
            if shape is None:
                references, shape = self._describe_new(instance, held)
            else:
                references = values_of(instance)
            described.append(references)
            shapes.append(shape)
        return described, shapes

    def _describe_new(self, instance, referents):
        keys = list(instance)
        values = list(dict.values(instance))
        count = len(keys)
        if len(referents) not in {count, 2 * count}:
            # A dict whose values still live inside its instance (3.13): they are the
            # instance's references, not the dict's.
            return referents, self.shapes.number((fmt.UNNAMED_ITEM,))
        parts = self._entry_parts(instance, keys)
        if len(referents) == count <= SHAPED_LIMIT:
            # The first dict of a shape also shows its keys, so that the strings are in the
            # snapshot; the others share them, or have equal ones.
            self._remember(tuple(keys), self.shapes.add(parts))
        parts += [quote(fmt.DICT_KEY), str(count)]
        return values + keys, self.shapes.add(parts)

    def _remember(self, keys, shape):
        if len(self._shape_by_keys) >= REMEMBERED_SHAPES:
            self._shape_by_keys.clear()
        self._shape_by_keys[keys] = shape

    def _entry_parts(self, instance, keys):
        count = len(keys)
        if count <= NAMED_LIMIT or id(instance) in self.namespaces:
            return [quote(key_text(key)) for key in keys]
        # What was put in last is what a growing dict grows by.
        last = [quote(key_text(key)) for key in keys[-NAMED_OF_LARGE:]]
        return [quote(fmt.UNNAMED_ITEM), str(count - NAMED_OF_LARGE), *last]
