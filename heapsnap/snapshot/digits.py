"""Columns of JSON integers, from their text straight to arrays.

Owns the fast way only: what is not plainly a list of integers is left to the JSON parser.

orjson makes a Python object of every number, and an array has to take them apart again: 30 to
55 ns a number in all. ``numpy.fromstring`` takes 20 to 28 ns and believes everything. Most
numbers of a snapshot have one to four digits: for these the value that ends at *every* character
is computed, sixteen or thirty-two characters an instruction, and then picked where a number
ends: 8 ns a number, the look at the text included. Measured on 12 M numbers in lines of 28 k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Column = NDArray[np.int32] | NDArray[np.int64]

ZERO, NINE_ABOVE_ZERO, COMMA, MINUS = np.frombuffer(b"0\x09,-", dtype=np.uint8)
INT64 = np.iinfo(np.int64)
DIGITS = 4
"""So many digits always fit into 16 bits."""
LONGEST = 4 * DIGITS
"""So many digits always fit into 64 bits; an address has up to fifteen."""
LONG_TEXT = 9
"""Characters a number, comma included, from which on ``fromstring`` is the faster way."""


def parse_columns(texts: Sequence[bytes]) -> list[Column] | None:
    """Parse lists without their brackets: ``3,-1,140737488355328``.

    Args:
        texts: What stands between two brackets, for each list.

    Returns:
        ``(n,) int64``, or ``int32`` where all of them fit, for each text; None if one of
        them is anything but JSON integers without white space, less than 2**63 - 1 in size.
        Whether that is an error, the JSON parser knows.
    """
    counts = [_count_integers(text) for text in texts]
    columns: list[Column] = [np.empty(0, dtype=np.int64)] * len(texts)
    for places in _groups(texts, counts):
        joined = b",".join(texts[place] for place in places)
        is_long = len(joined) >= LONG_TEXT * sum(counts[place] for place in places)
        values = _parse_long(joined) if is_long else _parse_short(joined)
        if values is None:
            return None
        start = 0
        for place in places:
            columns[place] = values[start : start + counts[place]]
            start += counts[place]
    return columns


def _groups(texts: Sequence[bytes], counts: Sequence[int]) -> Iterator[list[int]]:
    """Which lists are parsed at once: those of long numbers, the first, and all others.

    Single differences of addresses are long; the other columns need not be as wide for that.
    """
    filled = [place for place, count in enumerate(counts) if count]
    long = [place for place in filled if len(texts[place]) >= LONG_TEXT * counts[place]]
    first = [place for place in filled[:1] if place not in long]
    rest = [place for place in filled if place not in (*long, *first)]
    return filter(None, (long, first, rest))


def _parse_long(text: bytes) -> NDArray[np.int64] | None:
    if _digits(text) is None:
        return None
    values = np.fromstring(text, dtype=np.int64, sep=",")
    if values.min() == INT64.min or values.max() == INT64.max:
        return None  # What does not fit is cut down to these.
    return values


def _parse_short(text: bytes) -> Column | None:
    """Parse numbers of which most have up to four digits."""
    digits = _digits(text)
    if digits is None:
        return None
    is_digit = digits <= NINE_ABOVE_ZERO
    value_at, are_two = _values_at(digits, is_digit)
    ends = np.flatnonzero(~is_digit[DIGITS:]) + (DIGITS - 1)
    values = value_at[ends].astype(np.int32)
    is_longer = are_two[DIGITS:] & are_two[DIGITS - 2 : -2] & is_digit[:-DIGITS]
    if is_longer.any():
        numbers = np.flatnonzero(is_longer[ends - DIGITS])
        lengths = ends[numbers] - np.append(DIGITS - 2, ends[:-1])[numbers] - 1
        if lengths.max() > LONGEST:
            return _parse_long(text)
        if lengths.max() > 2 * DIGITS:
            values = values.astype(np.int64)
        for digits_below in range(DIGITS, int(lengths.max()), DIGITS):
            numbers = numbers[lengths > digits_below]
            lengths = lengths[lengths > digits_below]
            part = value_at[ends[numbers] - digits_below].astype(values.dtype)
            values[numbers] += part * values.dtype.type(10**digits_below)
    if b"-" in text:
        characters = np.frombuffer(text, dtype=np.uint8)
        bounds = np.flatnonzero(characters == COMMA)
        values[np.searchsorted(bounds, np.flatnonzero(characters == MINUS))] *= -1
    return values


def _values_at(
    digits: NDArray[np.uint8], is_digit: NDArray[np.bool_]
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """For every character the value of the up to four digits that end there.

    Returns:
        ``(k,) uint16``, anything where no digit is; ``(k,) bool``: the character and the one
        before it are digits.
    """
    are_two = is_digit.copy()
    are_two[1:] &= is_digit[:-1]
    ones = digits * is_digit
    # What is no digit counts nothing: the value of two needs no look at the one before.
    low = ones.copy()
    low[1:] += ones[:-1] * np.uint8(10)
    low *= is_digit
    high = low[:-2] * is_digit[1:-1]
    value_at = low.astype(np.uint16)
    value_at[2:] += high * np.uint16(100)
    return value_at, are_two


def _digits(text: bytes) -> NDArray[np.uint8] | None:
    """The characters' values as digits, signs left out, with bounds before and behind.

    Returns:
        ``(k,) uint8``: 0 to 9 for digits, more for the commas, of which ``DIGITS`` stand in
        front and one behind; None if the text is no list of integers.
    """
    enclosed = b"%b%b," % (b"," * DIGITS, text)
    if b"-" in enclosed:
        enclosed = enclosed.replace(b",-", b",")
    characters = np.frombuffer(enclosed, dtype=np.uint8)
    digits = characters - ZERO  # Unsigned: what stands before "0" is greater than nine as well.
    is_bound = digits > NINE_ABOVE_ZERO
    if np.count_nonzero(is_bound) != np.count_nonzero(characters == COMMA):
        return None
    within = is_bound[DIGITS - 1 :]
    if (within[:-1] & within[1:]).any():
        return None  # No digit between two commas.
    is_leading_zero = within[:-2] & (digits[DIGITS:-1] == 0) & ~within[2:]
    return None if is_leading_zero.any() else digits


def _count_integers(text: bytes) -> int:
    # bytes.count takes four times as long where every sixth character is a comma.
    commas = np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == COMMA)
    return int(commas) + 1 if text else 0
