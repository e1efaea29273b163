"""Columns parsed from their text give what the JSON parser gives, or nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapsnap.snapshot.digits import DIGITS_LIMIT, parse_integers

FRONT = b'{"tracked":1,"address":['
LONGEST = 10**DIGITS_LIMIT - 1


def parse(text: bytes) -> list[int] | None:
    line = np.frombuffer(FRONT + text + b'],"type":[]}', dtype=np.uint8)
    values = parse_integers(line, len(FRONT), len(FRONT) + len(text))
    return None if values is None else values.tolist()


@given(st.lists(st.integers(-LONGEST, LONGEST) | st.integers(-20, 20)))
def test_integers_are_read_as_json_reads_them(values: list[int]) -> None:
    assert parse(",".join(map(str, values)).encode()) == values


@given(st.text(alphabet="0123456789,-", max_size=40))
def test_what_is_no_list_of_integers_is_left_to_the_json_parser(text: str) -> None:
    values = parse(text.encode())
    if values is not None:
        assert json.loads(f"[{text}]") == values


@pytest.mark.parametrize(
    "text",
    [b",", b"1,", b",1", b"1,,2", b"-", b"1,-", b"--1", b"1-1", b"01", b"-01", b"1,00", b"1.0",
     b"1e5", b"true", b"null", b" 1", b"1 ", b'"1"', b"[1]", b"+1", b"1\x00", b"\xff", b"1]",
     str(LONGEST + 1).encode()],
)  # fmt: skip
def test_anything_else_gives_nothing(text: bytes) -> None:
    assert parse(text) is None
