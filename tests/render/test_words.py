"""Numbers, times and names in words; hostile text made harmless."""

from __future__ import annotations

import pytest

from heapsnap.render.escape import escape_dot, escape_terminal
from heapsnap.render.words import (
    bytes_growth_text,
    bytes_text,
    duration_text,
    growth_text,
    plural,
    short_names,
    time_text,
)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 KB"),
        (99_949, "99.9 KB"),
        (99_951, "100 KB"),
        (190_000, "190 KB"),
        (999_940, "1000 KB"),
        (999_960, "1.0 MB"),
        (46_200_000, "46.2 MB"),
        (-1_500, "-1.5 KB"),
        (7_000_000_000_000_000, "7000 TB"),
    ],
)
def test_bytes(size: int, text: str) -> None:
    assert bytes_text(size) == text


def test_growth_has_a_sign() -> None:
    assert (growth_text(1_734), growth_text(-3), growth_text(0)) == ("+1,734", "-3", "0")
    assert (bytes_growth_text(2_000), bytes_growth_text(-1), bytes_growth_text(0)) == (
        "+2.0 KB",
        "-1 byte",
        "0",
    )


def test_one_is_not_many() -> None:
    assert (plural(1, "object"), plural(0, "object"), plural(1_200, "object")) == (
        "1 object",
        "0 objects",
        "1,200 objects",
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (60, "1 min"),
        (1_862, "31 min 2 s"),
        (7_500, "2 h 5 min"),
        (7_200, "2 h"),
        (86_400, "1 day"),
        (273_600, "3 days 4 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_times_are_the_same_on_every_machine() -> None:
    assert time_text(1_700_000_000.5) == "2023-11-14 22:13:20 UTC"
    assert time_text(-1e20) == "-1e+20 s after 1970"


def test_a_short_name_stands_for_one_type_only() -> None:
    names = ["dict", "a.User", "b.User", "c.b.User", "app.make.<locals>.Job", "x.<lambda>"]
    assert short_names(names) == {
        "dict": "dict",
        "a.User": "a.User",
        "b.User": "b.User",
        "c.b.User": "c.b.User",
        "app.make.<locals>.Job": "Job",
        "x.<lambda>": "x.<lambda>",
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DictCursor", "DictCursor"),
        ("list[int]", "list[int]"),
        ("über 漢字", "über 漢字"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\r\nb\t", r"a\r\nb\t"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
        ("\udc80", r"\udc80"),
        ("\u2028", r"\u2028"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_what_does_not_print_is_shown(text: str, shown: str) -> None:
    assert escape_terminal(text) == shown


def test_text_cannot_leave_its_string_in_dot() -> None:
    assert escape_dot('a"; b\\N &lt;\x1b') == r"a\"; b\\N &amp;lt;\\x1b"
