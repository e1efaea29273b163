"""All instances of a class described in one go, with as few calls for each object as there can be.

Only for where nothing moves meanwhile, in the child: what is counted here by one pass is taken by
the next. Whatever is out of the ordinary is left to the describer that looks at one instance at a
time; both say the same. Owns the shortcut and the proof that it is one.
"""

import gc
from itertools import chain


def flatten(described, shapes):
    """What ``Plan.describe`` returns, from references by instance."""
    return list(chain.from_iterable(described)), list(map(len, described)), shapes


def one_after_the_other(describe_given):
    """Describe instances from what the collector says of each."""

    def describe(instances):
        return flatten(*describe_given(instances, list(map(gc.get_referents, instances))))

    return describe


def all_named_alike(describe_given, shape):
    """Instances of exactly ``list``, ``tuple``, ``set`` or ``frozenset``."""

    def describe(instances):
        counts = list(map(len, instances))
        references = gc.get_referents(*instances)
        # None of these has more referents than its length, so equal sums are equal addends. A
        # tuple that is being built has fewer.
        if len(references) != sum(counts):
            return flatten(*describe_given(instances, list(map(gc.get_referents, instances))))
        return references, counts, [shape] * len(instances)

    return describe


def pieces_named_alike(shape, limit):
    """Describe an instance of a great many references, piece by piece.

    Args:
        shape: The shape of each piece.
        limit: References in a piece.

    Returns:
        A function of an instance that yields what describes a row of its own, at least one.
    """

    def describe_huge(instance):
        referents = gc.get_referents(instance)
        for start in range(0, len(referents) or 1, limit):
            piece = referents[start : start + limit]
            yield piece, [len(piece)], [shape]

    return describe_huge
