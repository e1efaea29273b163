"""One chunk of a snapshot while it is put together: rows, then what they refer to, then text.

Rows stand in groups, one class after the other, so that what is the same for all instances of a
class costs nothing per object. Owns how the columns of a chunk hang together; which
objects get rows is for ``walk`` to say.
"""

from itertools import chain

from .columns import write_integers, write_texts
from .jsontext import dumps


class Chunk:
    """The columns of a chunk, with the objects that they speak of.

    Attributes:
        container_count: The rows of containers.
        objects: Those containers; after ``number`` also whatever they refer to, with repeats.
        addresses: Of ``objects``.
        first_by_address: Address → the first index in ``objects``.
    """

    __slots__ = (
        "_held",
        "_names",
        "_numbers",
        "_refcounts",
        "_references",
        "_shapes",
        "_sizes",
        "_types",
        "addresses",
        "container_count",
        "first_by_address",
        "objects",
    )

    def __init__(self):
        self.container_count = 0
        self.objects = []
        self._references = []
        self._shapes = []
        self._refcounts = []
        self._types = []
        self._sizes = []
        self._names = {"row": [], "name": []}

    def add_containers(self, plan, instances, referents, refcounts):
        """Add rows for instances of one class.

        Args:
            plan: The plan of the class.
            instances: The objects.
            referents: For each what the collector says that it refers to.
            refcounts: For each the text of its reference count.
        """
        if plan.name_of is not None:
            for row, instance in enumerate(instances, len(self.objects)):
                name = plan.name(instance)
                if name:
                    self._names["row"].append(row)
                    self._names["name"].append(name)
        references, shapes = plan.describe(instances, referents)
        self.objects += instances
        self.container_count += len(instances)
        self._references += references
        self._shapes += shapes
        self._refcounts += refcounts
        self._types += [plan.number_text] * len(instances)
        self._sizes += plan.write_sizes(instances, instances[0])

    def add_leaves(self, plan, indices):
        """Add rows for instances of a class that refer to nothing; after ``number``.

        Args:
            plan: The plan of the class.
            indices: Where they first stand in ``objects``.
        """
        self._types += [plan.number_text] * len(indices)
        instances = map(self.objects.__getitem__, indices)
        self._sizes += plan.write_sizes(instances, self.objects[indices[0]])

    def number(self, also):
        """Number all that the rows refer to by where it comes up first.

        Args:
            also: Objects that are referred to by something else than a row.
        """
        # One list, grown in place: each copy of it touches every object twice more (measured on
        # a heap larger than the cache, if little).
        del self.objects[self.container_count :]
        self.objects.extend(chain.from_iterable(self._references))
        self._held = len(self.objects) - self.container_count
        self.objects += also
        self.addresses = list(map(id, self.objects))
        self.first_by_address = {}
        # Finds out what is new and where the rest came up in one pass: 100 ns a reference, where a
        # dict of all addresses and a look-up in it took 180 (measured on batches of 4000).
        remember = self.first_by_address.setdefault
        self._numbers = list(map(remember, self.addresses, range(len(self.addresses))))

    def leave_out(self, addresses, shape):
        """Drop references to these objects, and with them the names of that row.

        Args:
            addresses: Of the objects.
            shape: The number of the shape without names.
        """
        for row, held in enumerate(self._references):
            kept = [item for item in held if id(item) not in addresses]
            if len(kept) != len(held):
                self._references[row], self._shapes[row] = kept, shape

    @property
    def row_count(self):
        """Containers and leaves."""
        return len(self._types)

    @property
    def reference_count(self):
        """All references, after ``number``."""
        return self._held

    def write(self, order, texts, *, is_tracked, types, shapes):
        """The chunk as JSON.

        Args:
            order: Indices of ``objects``, each address once: the leaves in the order of
                their rows, then what is described elsewhere.
            texts: The tables of texts.
            is_tracked: Whether the collector tracks the containers.
            types: JSON of the new rows of the type table.
            shapes: JSON of the new shapes.
        """
        count = self.container_count
        positions = texts.positions_below(count + len(order))
        position = positions[:count] + [None] * (len(self.objects) - count)
        for index, text in zip(order, positions[count:]):
            position[index] = text
        addresses = self.addresses[:count] + [self.addresses[index] for index in order]
        targets = self._numbers[count : count + self._held]
        columns = (
            f'{{"tracked":{count if is_tracked else 0}',
            f'"address":{write_integers(addresses)}',
            f'"type":{write_texts(self._types)}',
            f'"size":{write_texts(self._sizes)}',
            f'"refcount":{write_texts(self._refcounts)}',
            f'"shape":{write_texts(map(texts.__getitem__, self._shapes))}',
            f'"out":{write_texts(map(texts.__getitem__, map(len, self._references)))}',
            f'"to":{write_texts(map(position.__getitem__, targets))}',
            f'"types":{types}',
            f'"shapes":{shapes}',
            f'"names":{dumps(self._names)}}}',
        )
        return ",".join(columns)
