"""Stacks of references as a profile for pprof.

Owns the few parts of the protocol buffers' wire format that the message needs: varints and
fields with a length. The library for it would bring a code generator and 2 MB for sixty lines.

References:
    ``proto/profile.proto`` of google/pprof; protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from heapsnap.export.strings import Strings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heapsnap.export.stacks import Stacks

SAMPLE_TYPE, SAMPLE, LOCATION, FUNCTION, STRINGS = 1, 2, 4, 5, 6
TIME_NANOS, COMMENT, DEFAULT_TYPE = 9, 13, 14
"""Numbers of the fields of ``Profile``."""
WITH_LENGTH = 2
MASK_64 = (1 << 64) - 1


def pprof_profile(stacks: Stacks, *, time_seconds: float) -> bytes:
    """The profile, gzipped as pprof writes it.

    Of two heaps the values are those of the second less those of the first, so that ``pprof -top``
    shows growth.

    Args:
        stacks: What to write.
        time_seconds: When the snapshot was taken, since 1970.
    """
    strings = Strings("")
    parts = [
        _message(SAMPLE_TYPE, [_value_type(strings, "objects", "count")]),
        _message(SAMPLE_TYPE, [_value_type(strings, "space", "bytes")]),
    ]
    for stack in stacks.stacks:
        values = [amounts[-1] - (amounts[0] if len(amounts) > 1 else 0)
                  for amounts in (stack.objects, stack.bytes)]  # fmt: skip
        if any(values):
            # The leaf comes first there.
            locations = [frame + 1 for frame in reversed(stack.frames)]
            parts.append(_message(SAMPLE, [_packed(1, locations), _packed(2, values)]))
    for number, text in enumerate(stacks.frames, 1):
        line = _message(4, [_number(1, number)])
        parts.append(_message(LOCATION, [_number(1, number), line]))
        name = strings.number(_as_utf8(text))
        parts.append(_message(FUNCTION, [_number(1, number), _number(2, name), _number(3, name)]))
    about = strings.number(_as_utf8(f"heapsnap: {' -> '.join(stacks.names)}"))
    parts += [_number(TIME_NANOS, int(time_seconds * 1e9)), _packed(COMMENT, [about])]
    parts.append(_number(DEFAULT_TYPE, strings.number("space")))
    parts += [_with_length(STRINGS, text.encode()) for text in strings.texts]
    # The same profile gives the same file.
    return gzip.compress(b"".join(parts), mtime=0)


def _value_type(strings: Strings, kind: str, unit: str) -> bytes:
    return _number(1, strings.number(kind)) + _number(2, strings.number(unit))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _packed(field: int, values: Iterable[int]) -> bytes:
    return _with_length(field, b"".join(map(_varint, values)))


def _message(field: int, parts: Iterable[bytes]) -> bytes:
    return _with_length(field, b"".join(parts))


def _with_length(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | WITH_LENGTH) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; negative ones as two's complement of 64 bits."""
    value &= MASK_64
    encoded = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _as_utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
