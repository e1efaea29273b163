"""Dicts: the references under their keys, without hashing or comparing a key of the program."""

import gc
from itertools import chain

from . import format as fmt
from .chunk import REFERENCE_LIMIT
from .jsontext import quote
from .naming import SHAPED_LIMIT
from .shapes import REMEMBERED_SHAPES, key_text

NAMED_LIMIT = 1000
"""Entries up to which every one is named. Of larger dicts that are no namespace the last are."""
NAMED_OF_LARGE = 100

_NEVER_SHAPED = ((),)
"""Stands for a dict whose keys must not be looked up: no dict has a tuple with this as its keys."""


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

    def describe_given(self, instances, referents):
        """See ``plans``."""
        pairs = list(map(self._describe_one, instances, referents))
        return [references for references, _ in pairs], [shape for _, shape in pairs]

    def describe(self, instances):
        """See ``plans``; all instances at once, where nothing moves meanwhile."""
        counts = list(map(len, instances))
        found = list(map(len, map(gc.get_referents, instances)))
        plain = instances
        if found != counts or max(counts) > SHAPED_LIMIT:
            plain = [
                instance if there == count <= SHAPED_LIMIT else _NEVER_SHAPED
                for instance, there, count in zip(instances, found, counts)
            ]
        # As many referents as entries: the collector skipped the keys, which it does only
        # where all of them are exactly str. So hashing and comparing them is C code.
        shapes = list(map(self._shape_by_keys.get, map(tuple, plain)))
        held = list(map(dict.values, instances))
        if None in shapes:
            for row, shape in enumerate(shapes):
                if shape is None:
                    instance = instances[row]
                    held[row], shapes[row] = self._describe_one(
                        instance, gc.get_referents(instance)
                    )
            counts = map(len, held)
        return list(chain.from_iterable(held)), list(counts), shapes

    def rule(self):
        """What the chunk in C needs: shapes by keys, whom to ask for new ones, up to how many."""

        def describe_one(instance):
            return self._describe_one(instance, gc.get_referents(instance))

        return self._shape_by_keys, describe_one, SHAPED_LIMIT

    def _describe_one(self, instance, referents):
        if len(referents) == len(instance) <= SHAPED_LIMIT:
            # See above.
            shape = self._shape_by_keys.get(tuple(instance))
            if shape is not None:
                return list(dict.values(instance)), shape
        return self._describe_new(instance, referents)

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

    def describe_huge(self, instance):
        """Yield what describes each of the rows of a dict that is too large for one chunk."""
        keys, values = list(instance), list(dict.values(instance))
        named = NAMED_OF_LARGE if id(instance) not in self.namespaces else len(keys)
        unnamed = self.shapes.number((fmt.UNNAMED_ITEM,))
        for piece in _pieces(values[:-named]):
            yield piece, [len(piece)], [unnamed]
        for some_keys, piece in zip(_pieces(keys[-named:]), _pieces(values[-named:])):
            parts = [quote(key_text(key)) for key in some_keys]
            yield piece, [len(piece)], [self.shapes.add(parts)]
        shape = self.shapes.number((fmt.DICT_KEY,))
        for piece in _pieces(keys):
            yield piece, [len(piece)], [shape]

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


def _pieces(items):
    """Parts of a list that fit a chunk each."""
    starts = range(0, len(items), REFERENCE_LIMIT)
    return (items[start : start + REFERENCE_LIMIT] for start in starts)
