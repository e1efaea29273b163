"""A reader of snapshot files written from ``docs/format.md`` alone.

It shares no code with heapsnap: where it and heapsnap's own reader disagree, one
of them or the page is wrong. Cut files are left to heapsnap's reader.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

GZIP_MAGIC = b"\x1f\x8b"
UNKNOWN_NAME = "?"
COUNTED_UP = "[#]"
COUNTED_DOWN = "[-#]"
NO_REFCOUNT = -1


class Object(NamedTuple):
    """One object; ``references`` holds pairs of name, as in the file, and target address.

    ``site`` is the file and line where it was allocated, if the file says so.
    """

    type_name: str
    shallow_bytes: int
    refcount: int | None
    references: list[tuple[str, int]]
    site: tuple[str, int] | None = None


class Snapshot(NamedTuple):
    """What a file says: its objects by address, and its roots as they stand there.

    ``found_in_memory`` holds pairs of a holder's address and that of what it may hold.
    """

    objects: dict[int, Object]
    roots: dict[str, Any]
    found_in_memory: set[tuple[int, int]] | None = None


def read(path: Path) -> Snapshot:
    """Give the objects and roots of a whole file, plain or gzipped."""
    raw = path.read_bytes()
    document = json.loads(gzip.decompress(raw) if raw.startswith(GZIP_MAGIC) else raw)
    if (document["format"], document["version"]) != ("heapsnap", 1):
        message = f"format {document['format']!r}, version {document['version']!r}"
        raise ValueError(message)
    objects: dict[int, Object] = {}
    types: list[dict[str, Any]] = []
    shapes: list[list[str | int]] = []
    sites: list[tuple[str, int] | None] = [None]
    for chunk in document["chunks"]:
        types += chunk["types"]
        shapes += chunk["shapes"]
        sites += [(file, line) for file, line in chunk.get("sites", ())]
        _add_rows(objects, chunk, types, shapes, sites)
    found = document["end"].get("found_in_memory")
    pairs = found and set(zip(found["holder"], found["held"], strict=True))
    return Snapshot(objects, document["roots"], pairs)


def count_by_type(snapshot: Snapshot) -> Counter[str]:
    """Say how many objects there are of each type, by the type's full name."""
    return Counter(described.type_name for described in snapshot.objects.values())


def number_positions(references: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Put positions for the ``#`` in the names of all references of one object."""
    up = 0
    down = sum(name == COUNTED_DOWN for name, _ in references)
    numbered = []
    for name, target in references:
        if name == COUNTED_UP:
            numbered.append((f"[{up}]", target))
            up += 1
        elif name == COUNTED_DOWN:
            down -= 1
            numbered.append((f"[{down}]", target))
        else:
            numbered.append((name, target))
    return numbered


def _add_rows(
    objects: dict[int, Object],
    chunk: dict[str, Any],
    types: list[dict[str, Any]],
    shapes: list[list[str | int]],
    sites: list[tuple[str, int] | None],
) -> None:
    addresses = list(accumulate(chunk["address"]))
    runs = zip(chunk["type"][::2], chunk["type"][1::2], strict=True)
    type_by_row = [type_index for type_index, count in runs for _ in range(count)]
    start = 0
    for row, (type_index, size) in enumerate(zip(type_by_row, chunk["size"], strict=True)):
        is_container = row < len(chunk["refcount"])
        count = chunk["refcount"][row] if is_container else NO_REFCOUNT
        kind = types[type_index]
        described = Object(
            type_name=f"{kind['module']}.{kind['name']}",
            shallow_bytes=size,
            refcount=None if count == NO_REFCOUNT else count,
            references=[],
            site=sites[chunk["site"][row]] if "site" in chunk else None,
        )
        described = objects.setdefault(addresses[row], described)
        if is_container:
            end = start + chunk["out"][row]
            targets = [addresses[position] for position in chunk["to"][start:end]]
            names = _spell_out(shapes[chunk["shape"][row]], len(targets))
            described.references.extend(zip(names, targets, strict=True))
            start = end


def _spell_out(shape: list[str | int], length: int) -> list[str]:
    """Give one name for each of ``length`` references of a row."""
    names: list[str] = []
    last = UNKNOWN_NAME
    for item, following in zip_longest(shape, shape[1:]):
        if isinstance(item, str):
            last = item
            names += [item] * (following if isinstance(following, int) else 1)
    return (names + [last] * (length - len(names)))[:length]
