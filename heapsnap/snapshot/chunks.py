"""One chunk of a snapshot: from a line to checked columns.

Owns every rule that ``docs/format.md`` states about a single chunk. What holds across
chunks (repeated addresses, references into other chunks) is for ``assemble``.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from heapsnap.snapshot.digits import parse_columns
from heapsnap.snapshot.model import NO_COUNT, NO_SITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from heapsnap.snapshot.lines import Line, Where

    Column = NDArray[np.int32] | NDArray[np.int64]

COLUMNS = ("address", "type", "size", "refcount", "shape", "out", "to")
USUAL_BEGINNING = re.compile(rb'\{"tracked":(0|[1-9]\d{0,8}),"address":\[')
COLUMN_ENDS = (*(b'],"%s":[' % name.encode() for name in COLUMNS[1:]), b'],"')
INT64_MAX = 2**63 - 1


@dataclass(slots=True, eq=False)
class Chunk:
    """The columns of one line, as ``docs/format.md`` defines them, differences and runs undone.

    Not frozen: who has taken a column over gives it up with ``release``, so that the file's
    columns never stand in memory beside all of the heap's.

    With A, R, C, E the numbers of addresses, rows, containers and references.

    Attributes:
        where: Where it stands, for errors found later.
        tracked_count: Rows 0 to this are tracked.
        address: ``(A,) int64``.
        type: ``(R,) int32``.
        size: ``(R,)``, ``int32`` where that holds them, else ``int64``: bytes.
        refcount: ``(C,)``, likewise.
        shape: ``(C,) int32``.
        out: ``(C,) int32``.
        to: ``(E,) int32``, positions in ``address``.
        name_by_row: Row in this chunk → the object's own name.
        site: ``(R,) int32``, numbers of sites from 1, 0 for none; None where the file has none.
    """

    where: Where
    tracked_count: int
    address: NDArray[np.int64]
    type: NDArray[np.int32]
    size: NDArray[np.int32] | NDArray[np.int64]
    refcount: NDArray[np.int32] | NDArray[np.int64]
    shape: NDArray[np.int32]
    out: NDArray[np.int32]
    to: NDArray[np.int32]
    name_by_row: dict[int, str]
    site: NDArray[np.int32] | None

    @property
    def row_count(self) -> int:
        """Objects that this chunk describes."""
        return len(self.type)

    @property
    def container_count(self) -> int:
        """Of these, objects that may refer to others: the first rows."""
        return len(self.refcount)

    def release(self, *columns: Literal["address", "size", "shape", "out", "to"]) -> None:
        """Give up columns that nobody will ask for again: they are empty from now on."""
        for column in columns:
            setattr(self, column, np.empty(0, dtype=np.int32))


def parse_chunk(line: Line) -> tuple[dict[str, Any], bool]:
    """The chunk that stands in this line, not checked, and whether a comma follows it.

    Its columns are arrays or lists; the rest is as JSON gives it.

    Raises:
        DamagedSnapshotError: It is no JSON object.
    """
    usual = _parse_usual_order(line)
    if usual is not None:
        return usual
    raw = line.where.parse(line.text.removesuffix(b","))
    if not isinstance(raw, dict):
        raise line.where.damaged(f"expected a chunk, found {kind_of(raw)}")
    return raw, line.text.endswith(b",")


def _parse_usual_order(line: Line) -> tuple[dict[str, Any], bool] | None:
    """The chunk, if its keys have the order and spacing in which the agent writes them.

    None for any other JSON, right or wrong: the JSON parser judges that line as a whole,
    and takes three times as long.
    """
    beginning = USUAL_BEGINNING.match(line.raw)
    if not beginning:
        return None
    texts: list[bytes] = []
    start = beginning.end()
    for end in COLUMN_ENDS:
        # A single character is found by memchr, ten times as fast as the whole ending.
        stop = line.raw.find(b'"', start) - end.index(b'"')
        if not line.raw.startswith(end, max(stop, start)):
            return None
        texts.append(line.raw[start:stop])
        start = stop + len(end)
    columns = parse_columns(texts)
    if columns is None:
        return None
    raw = {"tracked": int(beginning[1]), **dict(zip(COLUMNS, columns, strict=True))}
    tail = line.raw[start:].rstrip()
    rest = line.where.parse(b'{"' + tail.removesuffix(b","))
    return ({**raw, **rest}, tail.endswith(b",")) if raw.keys().isdisjoint(rest) else None


def check_chunk(
    where: Where, raw: dict[str, Any], *, type_count: int, shape_count: int, site_count: int
) -> Chunk:
    """Check one parsed chunk against the format.

    Args:
        where: Where it stands.
        raw: As ``parse_chunk`` gave it.
        type_count: Length of the type table, this chunk's additions included.
        shape_count: The same for the shape table.
        site_count: The same for the table of sites.

    Raises:
        DamagedSnapshotError: A rule does not hold.
    """
    columns = {name: _integers(where, name, raw.get(name)) for name in COLUMNS}
    address_count, row_count, container_count = (
        len(columns[name]) for name in ("address", "size", "refcount")
    )
    _check_length(where, "address", address_count, row_count, "at least ")
    type_by_row = _expand_runs(where, columns["type"], row_count, type_count)
    address = np.cumsum(columns["address"], dtype=np.int64)
    if container_count > row_count:
        raise where.damaged(
            f"column 'refcount' has {container_count} values, expected at most {row_count}"
        )
    for name in ("shape", "out"):
        _check_length(where, name, len(columns[name]), container_count)
    _check_range(where, "address", address, 1, INT64_MAX)
    _check_range(where, "size", columns["size"], 0, INT64_MAX)
    _check_range(where, "refcount", columns["refcount"], NO_COUNT, INT64_MAX)
    _check_range(where, "shape", columns["shape"], 0, shape_count - 1)
    # Each bounded by the length of 'to' before they are added up: the sum cannot overflow.
    _check_range(where, "out", columns["out"], 0, len(columns["to"]))
    _check_range(where, "to", columns["to"], 0, address_count - 1)
    reference_count = int(columns["out"].sum())
    if reference_count != len(columns["to"]):
        raise where.damaged(
            f"column 'to' has {len(columns['to'])} values, expected the sum of 'out', "
            f"{reference_count}"
        )
    return Chunk(
        where,
        _tracked_count(where, raw.get("tracked"), container_count),
        address,
        type_by_row,
        # Copies: a part of what was parsed at once would keep all of that in memory.
        columns["size"].copy(),
        columns["refcount"].copy(),
        columns["shape"].astype(np.int32),
        columns["out"].astype(np.int32),
        columns["to"].astype(np.int32),
        _names(where, raw.get("names"), row_count),
        _sites(where, raw["site"], row_count, site_count) if "site" in raw else None,
    )


def _expand_runs(where: Where, runs: Column, row_count: int, type_count: int) -> NDArray[np.int32]:
    """``(row_count,) int32``: the type of each row, from pairs of type and number of rows."""
    if len(runs) % 2:
        raise where.damaged(f"column 'type' has {len(runs)} values, expected pairs")
    kinds, lengths = runs[::2], runs[1::2]
    _check_range(where, "type", kinds, 0, type_count - 1)
    # Each bounded before they are added up: the sum cannot overflow.
    _check_range(where, "type", lengths, 0, row_count)
    described = int(lengths.sum())
    if described != row_count:
        raise where.damaged(f"column 'type' speaks of {described} rows, expected {row_count}")
    return np.repeat(kinds.astype(np.int32), lengths)


def _integers(where: Where, name: str, values: Any) -> Column:
    if isinstance(values, np.ndarray):
        return values
    if type(values) is not list:
        raise where.damaged(f"column '{name}' is {kind_of(values)}, expected a list of integers")
    # array('q') takes True for 1: the types tell them apart.
    if not {int}.issuperset(map(type, values)):
        wrong = next(value for value in values if type(value) is not int)
        raise where.damaged(f"column '{name}' holds {kind_of(wrong)}, expected integers")
    try:
        return np.frombuffer(array("q", values), dtype=np.int64)
    except OverflowError:
        raise where.damaged(
            f"column '{name}' holds {max(values, key=abs)}, expected less than 2**63"
        ) from None


def kind_of(value: Any) -> str:
    """What a JSON value is, for an error."""
    if isinstance(value, float):
        return f"the number {value!r}"
    kinds = {
        bool: "a boolean", int: "an integer", str: "text", list: "a list", dict: "an object",
        type(None): "missing or null",
    }  # fmt: skip
    return kinds[type(value)]


def _check_length(where: Where, name: str, found: int, expected: int, bound: str = "") -> None:
    if found < expected or (not bound and found > expected):
        raise where.damaged(f"column '{name}' has {found} values, expected {bound}{expected}")


def _check_range(where: Where, name: str, values: Column, low: int, high: int) -> None:
    if len(values) == 0:
        return
    for value in (int(values.min()), int(values.max())):
        if not low <= value <= high:
            raise where.damaged(f"column '{name}' holds {value}, expected {low} to {high}")


def _tracked_count(where: Where, value: Any, container_count: int) -> int:
    if type(value) is not int:
        raise where.damaged(f"'tracked' is {kind_of(value)}, expected an integer")
    if not 0 <= value <= container_count:
        raise where.damaged(f"'tracked' is {value}, expected 0 to {container_count}")
    return value


def _sites(where: Where, raw: Any, row_count: int, site_count: int) -> NDArray[np.int32]:
    sites = _integers(where, "site", raw)
    _check_length(where, "site", len(sites), row_count)
    _check_range(where, "site", sites, NO_SITE, site_count)
    return sites.astype(np.int32)


def _names(where: Where, raw: Any, row_count: int) -> dict[int, str]:
    if not isinstance(raw, dict):
        raise where.damaged(f"'names' is {kind_of(raw)}, expected an object")
    rows = _integers(where, "names.row", raw.get("row"))
    names = raw.get("name")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise where.damaged("'names.name' is no list of texts")
    _check_length(where, "names.name", len(names), len(rows))
    _check_range(where, "names.row", rows, 0, row_count - 1)
    return dict(zip(rows.tolist(), names, strict=True))
