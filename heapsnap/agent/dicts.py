"""Dicts: the references under their keys, without hashing or comparing a key of the program."""

from . import format as fmt
from .jsontext import quote
from .naming import SHAPED_LIMIT
from .shapes import key_text

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

    def describe(self, instance, referents):
        count = len(instance)
        if len(referents) != count:
            return self._describe_mixed(instance, referents)
        # As many referents as entries: the collector skipped the keys, which it does only
        # where all of them are exactly str. So hashing and comparing them is C code.
        if count <= SHAPED_LIMIT:
            keys = tuple(instance)
            shape = self.shapes.recall(keys)
            if shape is not None:
                return dict.values(instance), shape
            shape = self.shapes.add([quote(key_text(key)) for key in keys])
            self.shapes.remember(keys, shape)
            # The first dict of a shape also shows its keys, so that the strings are in the
            # snapshot; the others share them, or have equal ones.
            parts = [quote(key_text(key)) for key in keys]
        else:
            keys = list(instance)
            parts = self._entry_parts(instance, keys)
        parts += [quote(fmt.DICT_KEY), str(count)]
        return [*dict.values(instance), *keys], self.shapes.add(parts)

    def _describe_mixed(self, instance, referents):
        keys = list(dict.keys(instance))
        values = list(dict.values(instance))
        if len(referents) != 2 * len(keys):
            # A dict whose values still live inside its instance (3.13): they are the
            # instance's references, not the dict's.
            return referents, self.shapes.number((fmt.UNNAMED_ITEM,))
        parts = self._entry_parts(instance, keys)
        parts += [quote(fmt.DICT_KEY), str(len(keys))]
        return values + keys, self.shapes.add(parts)

    def _entry_parts(self, instance, keys):
        count = len(keys)
        if count <= NAMED_LIMIT or id(instance) in self.namespaces:
            return [quote(key_text(key)) for key in keys]
        # What was put in last is what a growing dict grows by.
        last = [quote(key_text(key)) for key in keys[-NAMED_OF_LARGE:]]
        return [quote(fmt.UNNAMED_ITEM), str(count - NAMED_OF_LARGE), *last]
