"""Ways to spoil a snapshot file: in its bytes, in its lines, in its values, in its packing."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, -(2**63), 10**30, 1e308, 0.5)
HOSTILE_TEXTS = (
    "\x1b]0;owned\x07", "\x1b[2J", "[bold red]x[/]", "[/]", "[link=http://x]", "<img src=x>", "=1+1",
    "@SUM(A1)", '"];x [label="', "\ud800", "\u202e", "\x9b31m\x7f\u2066", "\0", "\r\n", "x" * 5000, "{{7*7}}", "%s%n", "",
)  # fmt: skip
PARTS = ("header", "roots", "chunks", "chunks", "chunks", "end")
BRACKETS = (b"[" * 5000, b'{"a":' * 5000, b"[" * 100_000)


def spoil(data: bytes, random: Random) -> bytes:
    """The file with one to four things wrong."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = random.choice((_bytes, _bytes, _lines, _values, _values, _values))(data, random)
    return _pack(data, random) if random.random() < 0.05 else data


def _bytes(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    end = min(len(data), at + random.choice((1, 1, 2, 8, 64)))
    return random.choice(
        (
            lambda: data[:at],
            lambda: data[:at] + data[end:],
            lambda: data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :],
            lambda: data[:at] + random.randbytes(end - at) + data[end:],
            lambda: data[:at] + data[at:end] * random.choice((2, 100)) + data[end:],
            lambda: data[:at] + random.choice(BRACKETS) + data[at:],
            lambda: data[:at] + str(random.choice(NUMBERS)).encode() + data[end:],
        )
    )()


def _lines(data: bytes, random: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return data
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    act = random.randrange(4)
    if act == 0:
        lines[first], lines[second] = lines[second], lines[first]
    elif act == 1:
        del lines[first]
    elif act == 2:
        lines.insert(first, lines[second])
    else:
        lines[first] = lines[first].rstrip(b"\n") + random.choice((b"", b",\n", b" \n", b"\r\n"))
    return b"".join(lines)


def _values(data: bytes, random: Random) -> bytes:
    """Another value somewhere in the document, and the lines as they should be."""
    try:
        document = json.loads(data)
        holder, key = _place(document, random)
        holder[key] = _other(holder[key], random)
        if random.random() < 0.1 and isinstance(holder, dict):
            del holder[key]
        return write(document)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError):
        return data


def _place(document: Any, random: Random) -> tuple[Any, Any]:
    """Somewhere in the document: down from the top, and at any depth it may be far enough."""
    holder = document[random.choice(PARTS)] if random.random() < 0.95 else document
    while True:
        key = random.choice(list(holder)) if type(holder) is dict else random.randrange(len(holder))
        item = holder[key]
        if not item or type(item) not in (dict, list) or random.random() < 0.1:
            return holder, key
        holder = item


def _other(value: Any, random: Random) -> Any:
    choices = [random.choice(NUMBERS), random.choice(HOSTILE_TEXTS), None, True, [], {}, [[]]]
    if type(value) is int:
        choices += [value + 1, value - 1, value * 2, -value, random.choice(NUMBERS)] * 3
    if isinstance(value, str):
        choices += [random.choice(HOSTILE_TEXTS)] * 10
    if isinstance(value, list) and value:
        choices += [value[:-1], value * 2, value[::-1], [*value, value[0]]] * 3
    return random.choice(choices)


def write(document: dict[str, Any]) -> bytes:
    """The lines of the format, whatever the document has become."""
    head = json.dumps({k: document[k] for k in ("format", "version", "header")})
    chunks = ",\n".join(map(json.dumps, document["chunks"]))
    text = f'{head[:-1]},\n"roots":{json.dumps(document["roots"])},\n"chunks":[\n{chunks}\n],\n'
    return (text + f'"end":{json.dumps(document["end"])}}}\n').replace(": ", ":").encode()


def _pack(data: bytes, random: Random) -> bytes:
    packed = gzip.compress(data, compresslevel=1, mtime=0)
    return _bytes(packed, random) if random.random() < 0.7 else packed
