"""One chunk of a snapshot while it is put together: rows, then what they refer to, then text.

Rows stand in groups, one class after the other, so that what is the same for all instances of a
class costs nothing per object. Owns how the columns of a chunk hang together; which
objects get rows is for ``walk`` to say.
"""

from .addresses import addresses_of
from .columns import pick, write_differences, write_texts
from .jsontext import dumps

REFERENCE_LIMIT = 1 << 17
"""References from which on a chunk takes no further rows: some 20 MB while it is written."""


class Chunk:
    """The columns of a chunk, with the objects that they speak of.

    Attributes:
        containers: The objects of the first rows.
        references: What they refer to, row after row; after ``number`` also what the roots name.
        first_by_address: Address → the first index in ``references``; of containers the index
            less the number of containers, which is negative; after ``number``.
    """

    __slots__ = (
        "_addresses",
        "_container_addresses",
        "_counts",
        "_names",
        "_numbers",
        "_refcounts",
        "_shapes",
        "_sizes",
        "_types",
        "containers",
        "first_by_address",
        "reference_count",
        "references",
        "row_count",
    )

    def __init__(self):
        self.containers = []
        self.references = []
        self.reference_count = 0
        self.row_count = 0
        self._counts = []
        self._shapes = []
        self._refcounts = []
        self._types = []
        self._sizes = []
        self._names = {"row": [], "name": []}

    @property
    def is_full(self):
        """Whether it is to be written before anything else is described."""
        return len(self.references) >= REFERENCE_LIMIT

    def add_containers(self, plan, instances, refcounts, described):
        """Add rows for instances of one class.

        Args:
            plan: The plan of the class.
            instances: The objects.
            refcounts: For each the text of its reference count.
            described: What the plan says of them.
        """
        if plan.name_of is not None:
            for row, instance in enumerate(instances, len(self.containers)):
                name = plan.name(instance)
                if name:
                    self._names["row"].append(row)
                    self._names["name"].append(name)
        references, counts, shapes = described
        self.containers += instances
        self.references += references
        self._counts += counts
        self._shapes += shapes
        self._refcounts += refcounts
        self._add_rows(plan, instances)

    def add_leaves(self, plan, indices):
        """Add rows for instances of a class that refer to nothing; after ``number``.

        Args:
            plan: The plan of the class.
            indices: Where they first stand in ``references``.
        """
        self._add_rows(plan, pick(indices, self.references))

    def _add_rows(self, plan, instances):
        self.row_count += len(instances)
        self._types += (plan.number_text, str(len(instances)))
        self._sizes += plan.write_sizes(instances)

    def number(self, also):
        """Number all that the rows refer to by where it comes up first.

        Args:
            also: Objects that are referred to by something else than a row.
        """
        count = len(self.containers)
        del self.references[sum(self._counts) :]
        self.reference_count = len(self.references)
        self.references += also
        self._container_addresses = addresses_of(self.containers)
        self._addresses = addresses_of(self.references)
        # Containers have negative numbers: what they index is a list whose end is theirs.
        self.first_by_address = dict(zip(self._container_addresses, range(-count, 0)))
        # Finds out what is new and where the rest came up in one pass: 75 ns a reference, where a
        # dict of all addresses and a look-up in it took 100 (measured on batches of 4000).
        remember = self.first_by_address.setdefault
        self._numbers = list(map(remember, self._addresses, range(len(self._addresses))))

    def leave_out(self, addresses, shape):
        """Drop references to these objects, and with them the names of that row.

        Args:
            addresses: Of the objects.
            shape: The number of the shape without names.
        """
        kept, start = [], 0
        for row, count in enumerate(self._counts):
            held = self.references[start : start + count]
            start += count
            left = [item for item in held if id(item) not in addresses]
            if len(left) != count:
                self._counts[row], self._shapes[row] = len(left), shape
            kept += left
        self.references = kept

    def addresses(self, indices):
        """The addresses of what stands at these places in ``references``; after ``number``."""
        return pick(indices, self._addresses)

    def write(self, order, texts, *, is_tracked, types, shapes):
        """The chunk as JSON.

        Args:
            order: Indices in ``references`` of everything that gets a place after the
                containers: leaves, in the order of their rows, then what is described elsewhere.
            texts: Number → its text.
            is_tracked: Whether the collector tracks the containers.
            types: JSON of the new rows of the type table.
            shapes: JSON of the new shapes.
        """
        count = len(self.containers)
        positions = texts.positions_below(count + len(order))
        position = [None] * len(self.references) + positions[:count]
        for index, text in zip(order, positions[count:]):
            position[index] = text
        addresses = [*self._container_addresses, *self.addresses(order)]
        targets = self._numbers[: self.reference_count]
        columns = (
            f'{{"tracked":{count if is_tracked else 0}',
            f'"address":{write_differences(addresses)}',
            f'"type":{write_texts(self._types)}',
            f'"size":{write_texts(self._sizes)}',
            f'"refcount":{write_texts(self._refcounts)}',
            f'"shape":{write_texts(self._shapes)}',
            f'"out":{write_texts(map(texts.__getitem__, self._counts))}',
            f'"to":{write_texts(pick(targets, position))}',
            f'"types":{types}',
            f'"shapes":{shapes}',
            f'"names":{dumps(self._names)}}}',
        )
        return ",".join(columns)
