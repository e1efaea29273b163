"""Columns of JSON integers, from their text straight to arrays.

Owns the fast way only: what is not plainly a list of integers is left to the JSON parser.

orjson makes a Python object of every number, and an array has to take them apart
again: 55 ns a number in all. ``numpy.fromstring`` takes 20 ns and believes
everything; the look at the text beforehand takes 6 ns. Measured on 12 M numbers in
lines of 14 k, the columns of a line joined: one call for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ZERO, NINE_ABOVE_ZERO, COMMA = np.frombuffer(b"0\x09,", dtype=np.uint8)
INT64 = np.iinfo(np.int64)


def parse_columns(texts: Sequence[bytes]) -> list[NDArray[np.int64]] | None:
    """Parse lists without their brackets: ``3,-1,140737488355328``.

    Args:
        texts: What stands between two brackets, for each list.

    Returns:
        ``(n,) int64`` for each text; None if one of them is anything but JSON integers
        without white space, less than 2**63 - 1 in size. Whether that is an error, the JSON
        parser knows.
    """
    joined = b",".join(filter(None, texts))
    if not joined:
        return [np.empty(0, dtype=np.int64) for _ in texts]
    if not _is_list_of_integers(joined):
        return None
    values = np.fromstring(joined, dtype=np.int64, sep=",")
    if values.min() == INT64.min or values.max() == INT64.max:
        return None  # What does not fit is cut down to these.
    columns, start = [], 0
    for text in texts:
        stop = start + _count_integers(text)
        columns.append(values[start:stop])
        start = stop
    return columns


def _is_list_of_integers(text: bytes) -> bool:
    enclosed = b",%b," % text
    if b"-" in enclosed:
        enclosed = enclosed.replace(b",-", b",")
    characters = np.frombuffer(enclosed, dtype=np.uint8)
    # Unsigned: whatever stands before "0" wraps around and is greater than nine as well.
    is_bound = characters - ZERO > NINE_ABOVE_ZERO
    if np.count_nonzero(is_bound) != np.count_nonzero(characters == COMMA):
        return False
    if (is_bound[:-1] & is_bound[1:]).any():
        return False  # No digit between two commas.
    is_leading_zero = is_bound[:-2] & (characters[1:-1] == ZERO) & ~is_bound[2:]
    return not is_leading_zero.any()


def _count_integers(text: bytes) -> int:
    # bytes.count takes four times as long where every sixth character is a comma.
    commas = np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == COMMA)
    return int(commas) + 1 if text else 0
