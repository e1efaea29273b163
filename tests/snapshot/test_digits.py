"""Columns parsed from their text give what the JSON parser gives, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapsnap.snapshot.digits import parse_columns

LONGEST = 2**63 - 2


def parse(text: bytes) -> list[int] | None:
    columns = parse_columns([text])
    return None if columns is None else columns[0].tolist()


@given(st.lists(st.integers(-LONGEST, LONGEST) | st.integers(-20, 20)))
def test_integers_are_read_as_json_reads_them(values: list[int]) -> None:
    assert parse(",".join(map(str, values)).encode()) == values


@given(st.text(alphabet="0123456789,-", max_size=40))
def test_what_is_no_list_of_integers_is_left_to_the_json_parser(text: str) -> None:
    values = parse(text.encode())
    if values is not None:
        assert json.loads(f"[{text}]") == values


@given(st.lists(st.integers(0, 18).flatmap(lambda n: st.integers(-(10**n), 10**n)), min_size=1))
def test_one_long_number_among_short_ones_is_read(values: list[int]) -> None:
    values = [*range(99), *values, *range(99)]
    assert parse(",".join(map(str, values)).encode()) == values


@given(st.lists(st.lists(st.integers(-3, 2**48))))
def test_each_column_gets_its_own_numbers(columns: list[list[int]]) -> None:
    texts = [",".join(map(str, values)).encode() for values in columns]
    parsed = parse_columns(texts)
    assert parsed is not None
    assert [values.tolist() for values in parsed] == columns


@pytest.mark.parametrize(
    "text",
    [b",", b"1,", b",1", b"1,,2", b"-", b"1,-", b"--1", b"1-1", b"01", b"-01", b"1,00", b"1.0",
     b"1e5", b"true", b"null", b" 1", b"1 ", b'"1"', b"[1]", b"+1", b"1\x00", b"\xff", b"1]",
     b"%d" % (LONGEST + 1), b"-%d" % (LONGEST + 2), b"9" * 40],
)  # fmt: skip
def test_anything_else_gives_nothing(text: bytes) -> None:
    assert parse(text) is None
