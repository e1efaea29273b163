"""The commands tell the story from the snapshots of the real program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.story.run import REQUESTS

if TYPE_CHECKING:
    from tests.story.run import Run

CONSEQUENCES = ("dict", "tuple", "str", "list", "int", "method", "MySQLResult", "FieldDescriptor")
"""Types that grow because the cursors do."""


def first_growth(output: str) -> str:
    """The first line that names a type that grew, culprit or consequence."""
    names = "|".join(("DictCursor", *CONSEQUENCES))
    return next(line for line in output.splitlines() if re.search(rf"\b({names})\b.*\+", line))


def assert_in_order(text: str, *parts: str) -> None:
    """Each part stands behind the one before, with anything in between."""
    position = 0
    for part in parts:
        found = text.find(part, position)
        assert found >= 0, f"{part!r} is missing behind {text[:position][-200:]!r} in:\n{text}"
        position = found + len(part)


def test_the_first_line_of_the_diff_names_the_cursors_and_their_number(leaking: Run) -> None:
    answer = leaking.diff()
    assert answer.returncode == 0, answer.stderr
    culprit = first_growth(answer.stdout)
    assert "DictCursor" in culprit
    assert f"+{REQUESTS}" in culprit


def test_why_shows_the_cycle_through_the_bound_method(leaking: Run) -> None:
    leaking.diff()
    answer = leaking.heapsnap("why", "DictCursor")
    assert answer.returncode == 0, answer.stderr
    assert_in_order(answer.stdout, "DictCursor", ".fetchall_items", "__self__", "DictCursor")
    assert "garbage" in answer.stdout
    assert str(2 * REQUESTS) in answer.stdout


def test_why_shows_the_way_from_the_module_to_registered_cursors(registered: Run) -> None:
    registered.diff()
    answer = registered.heapsnap("why", "DictCursor")
    assert answer.returncode == 0, answer.stderr
    assert_in_order(answer.stdout, "CALLBACKS", "fetchall_items", "__self__", "DictCursor")
    assert "garbage" not in answer.stdout


def test_the_diff_of_registered_cursors_names_their_holder(registered: Run) -> None:
    answer = registered.diff()
    assert answer.returncode == 0, answer.stderr
    assert "CALLBACKS" in answer.stdout
    assert f"+{REQUESTS}" in answer.stdout


def test_the_diff_of_the_repaired_program_names_no_cursor(fixed: Run) -> None:
    answer = fixed.diff()
    assert answer.returncode == 0, answer.stderr
    assert "DictCursor" not in answer.stdout
    assert "ItemCursor" not in answer.stdout
