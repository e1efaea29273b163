"""One chunk of a snapshot while it is put together: rows, then what they refer to, then text.

Rows stand in groups, one class after the other, so that what is the same for all instances of a
class costs nothing per object. Owns how the columns of a chunk hang together; which
objects get rows is for ``walk`` to say.
"""

import gc
from itertools import compress
from operator import not_

from .addresses import addresses_of
from .columns import pick, write_differences, write_texts

REFERENCE_LIMIT = 1 << 17
"""References from which on a chunk takes no further rows: some 20 MB while it is written."""


class Chunk:
    """The columns of a chunk, with the objects that they speak of.

    Args:
        texts: Number → its text, kept from chunk to chunk.

    Attributes:
        container_count: The rows of containers.
        row_count: All rows.
        reference_count: References, what only the roots name left out.
    """

    __slots__ = (
        "_addresses",
        "_container_addresses",
        "_containers",
        "_counts",
        "_elsewhere",
        "_first_by_address",
        "_groups",
        "_leaves",
        "_numbers",
        "_refcounts",
        "_references",
        "_shapes",
        "_sizes",
        "_texts",
        "_types",
        "container_count",
        "reference_count",
        "row_count",
    )

    def __init__(self, texts):
        self.container_count = 0
        self.row_count = 0
        self.reference_count = 0
        self._containers = []
        self._references = []
        self._counts = []
        self._shapes = []
        self._refcounts = []
        self._types = []
        self._sizes = []
        self._leaves = []
        self._elsewhere = []
        self._groups = []
        self._texts = texts

    def add(self, plan, instances, refcounts):
        """Add rows for instances of one class.

        Args:
            plan: The plan of the class.
            instances: The objects.
            refcounts: For each the text of its reference count.
        """
        self.add_described(plan, instances, refcounts, *plan.describe(instances))

    def add_described(self, plan, instances, refcounts, references, counts, shapes):
        """The same, with what ``Plan.describe`` says of them."""
        self._containers += instances
        self._references += references
        self._counts += counts
        self._shapes += shapes
        self._refcounts += refcounts
        self.container_count += len(instances)
        self.reference_count += len(references)
        self._add_rows(plan, instances)

    def _add_rows(self, plan, instances):
        self.row_count += len(instances)
        self._types += (plan.number_text, str(len(instances)))
        self._sizes += plan.sizes.write(instances)

    def number(self, also):
        """Number all that the rows refer to by where it comes up first.

        Args:
            also: Objects that are referred to by something else than a row.
        """
        self._references += also
        self._container_addresses = addresses_of(self._containers)
        self._addresses = addresses_of(self._references)
        # Containers have negative numbers: what they index is a list whose end is theirs.
        numbers = range(-self.container_count, 0)
        self._first_by_address = dict(zip(self._container_addresses, numbers))
        # Finds out what is new and where the rest came up in one pass: 75 ns a reference, where a
        # dict of all addresses and a look-up in it took 100 (measured on batches of 4000).
        remember = self._first_by_address.setdefault
        self._numbers = list(map(remember, self._addresses, range(len(self._addresses))))

    def known(self, addresses):
        """Those of these addresses that are in this chunk, a list; after ``number``."""
        return [address for address in addresses if address in self._first_by_address]

    def leave_out(self, addresses, shape):
        """Drop references to these objects, and with them the names of that row.

        Args:
            addresses: Of the objects.
            shape: The number of the shape without names.
        """
        kept, start = [], 0
        for row, count in enumerate(self._counts):
            held = self._references[start : start + count]
            start += count
            left = [item for item in held if id(item) not in addresses]
            if len(left) != count:
                self._counts[row], self._shapes[row] = len(left), shape
            kept += left
        self._references = kept
        self.reference_count = len(kept)

    def group_others(self, popular):
        """Group what the containers refer to and what has no row here yet by class.

        Args:
            popular: Addresses, sorted, of what is described elsewhere.

        Returns:
            One object of each group, in the order of their numbers.
        """
        first = self._first_by_address
        self._elsewhere = [first.pop(address) for address in self.known(popular)]
        others = [index for index in first.values() if index >= 0]
        self._groups = _group(pick(others, self._references), others)
        return [self._references[indices[0]] for indices in self._groups]

    def untracked(self, number):
        """The objects of a group that the collector does not track."""
        members = self.members(number)
        return list(compress(members, map(not_, map(gc.is_tracked, members))))

    def members(self, number):
        """The objects of a group."""
        return pick(self._groups[number], self._references)

    def add_elsewhere(self, number):
        """Refer to the objects of a group without giving them rows."""
        self._elsewhere += self._groups[number]

    def add_leaves(self, plan, number):
        """Add rows for the objects of a group, which refer to nothing."""
        self._add_rows(plan, self.members(number))
        self._leaves += self._groups[number]

    def leaf_addresses(self, step):
        """The address of every ``step``-th leaf that has a row."""
        return list(pick(self._leaves[::step], self._addresses))

    def sites(self, sites):
        """The numbers of the sites where the objects of the rows were allocated, a JSON list."""
        return sites.column([*self._containers, *pick(self._leaves, self._references)])

    def write(self, *, is_tracked, tables):
        """The chunk as JSON, in ASCII.

        Args:
            is_tracked: Whether the collector tracks the containers.
            tables: JSON of what follows the columns: names with their values, by commas.
        """
        count = self.container_count
        order = self._leaves + self._elsewhere
        positions = self._texts.positions_below(count + len(order))
        position = [None] * len(self._references) + positions[:count]
        for index, text in zip(order, positions[count:]):
            position[index] = text
        addresses = [*self._container_addresses, *pick(order, self._addresses)]
        targets = self._numbers[: self.reference_count]
        columns = (
            f'{{"tracked":{count if is_tracked else 0}',
            f'"address":{write_differences(addresses)}',
            f'"type":{write_texts(self._types)}',
            f'"size":{write_texts(self._sizes)}',
            f'"refcount":{write_texts(self._refcounts)}',
            f'"shape":{write_texts(self._shapes)}',
            f'"out":{write_texts(map(self._texts.__getitem__, self._counts))}',
            f'"to":{write_texts(pick(targets, position))}',
            f"{tables}}}",
        )
        return ",".join(columns).encode("ascii")


def split(objects, refcounts):
    """Pairs of lists, objects of one class and their reference counts, for each class."""
    rows_by_class = _group(objects, range(len(objects)))
    return [(pick(rows, objects), pick(rows, refcounts)) for rows in rows_by_class]


def _group(objects, items):
    """Lists of those items at whose places the objects are of one class.

    The lists are in the order in which the classes come up first.
    """
    kinds = addresses_of(list(map(type, objects)))
    groups = {kind: [] for kind in dict.fromkeys(kinds)}
    if len(groups) == 1:
        return [list(items)]
    for kind, item in zip(kinds, items):
        groups[kind].append(item)
    return list(groups.values())
