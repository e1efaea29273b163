"""A column of JSON integers, from its text straight to an array.

Owns the fast way only: what is not plainly a list of integers is left to the JSON parser.

orjson makes a Python object of every number, and an array has to take them apart
again. For 30 k numbers on one core: ``orjson.loads`` 16 to 26 ns a number, then
``array('q', …)`` or ``numpy.fromiter`` 16 to 19 ns, then the types (a ``true`` is
no 1) 20 ns; ``numpy.fromstring`` 17 to 24 ns, and it checks nothing; this way 13 ns, for
addresses 25 ns, checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANE_DIGITS = 8
DIGITS_LIMIT = 2 * LANE_DIGITS
ZERO, NINE_ABOVE_ZERO, COMMA, MINUS = np.frombuffer(b"0\x09,-", dtype=np.uint8)


def parse_integers(line: NDArray[np.uint8], start: int, stop: int) -> NDArray[np.int64] | None:
    """Parse the list that stands between two brackets: ``3,-1,140737488355328``.

    Args:
        line: The bytes around it, with at least 16 in front of the list.
        start: Where the first number begins, behind the bracket.
        stop: Where the closing bracket stands.

    Returns:
        ``(n,) int64``; None for anything but JSON integers of up to 16 digits without
        white space. Whether that is an error, the JSON parser knows.
    """
    if start == stop:
        return np.empty(0, dtype=np.int64)
    if start < DIGITS_LIMIT:
        return None
    # With both brackets: every number has one byte on either side that is no digit.
    text = line[start - 1 : stop + 1]
    # Unsigned: whatever stands before "0" wraps around and is greater than nine as well.
    is_bound = text - ZERO > NINE_ABOVE_ZERO
    if (is_bound[:-2] & (text[1:-1] == ZERO) & ~is_bound[2:]).any():
        return None  # A leading zero is no JSON.
    bounds = np.flatnonzero(is_bound)
    inner = bounds[1:-1]
    is_comma = text[inner] == COMMA
    minuses = inner[~is_comma]
    if len(minuses):
        follows_bound = is_bound[minuses - 1] & (text[minuses - 1] != MINUS)
        if not ((text[minuses] == MINUS) & follows_bound).all():
            return None
        bounds = np.delete(bounds, 1 + np.flatnonzero(~is_comma))
    ends = bounds[1:]
    lengths = ends - bounds[:-1] - 1
    negative = np.searchsorted(ends, minuses)
    lengths[negative] -= 1
    longest = int(lengths.max())
    if longest > DIGITS_LIMIT or lengths.min() < 1:
        return None
    ends += start - 1
    if longest <= LANE_DIGITS:
        values = _parse_lane(line, ends, lengths)
    else:
        values = _parse_lane(line, ends, np.minimum(lengths, LANE_DIGITS))
        ends -= LANE_DIGITS
        lengths -= LANE_DIGITS
        values += 10**LANE_DIGITS * _parse_lane(line, ends, np.maximum(lengths, 0))
    values[negative] *= -1
    return values


def _parse_lane(
    line: NDArray[np.uint8], ends: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The numbers that the 0 to 8 digits before ``ends`` stand for.

    References:
        Eight digits at once in a 64-bit word, pairs, then fours, then all: Johnny Lee,
        "Fast numeric string to int", 2016; Daniel Lemire, "Quickly parsing eight digits", 2018.
    """
    words = np.ndarray(len(line) - 7, dtype="<u8", buffer=line, strides=(1,))
    word = words[ends - LANE_DIGITS].astype(np.uint64, copy=False)
    # The first digit is the lowest byte: bytes of what stands before the number go out there.
    foreign_bits = (8 * (LANE_DIGITS - lengths)).view(np.uint64)
    word >>= foreign_bits
    word <<= foreign_bits
    word &= np.uint64(0x0F0F0F0F0F0F0F0F)
    word *= np.uint64(10 << 8 | 1)
    word >>= np.uint64(8)
    word &= np.uint64(0x00FF00FF00FF00FF)
    word *= np.uint64(100 << 16 | 1)
    word >>= np.uint64(16)
    word &= np.uint64(0x0000FFFF0000FFFF)
    word *= np.uint64(10000 << 32 | 1)
    word >>= np.uint64(32)
    return word.view(np.int64)
