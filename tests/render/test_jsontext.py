"""Results as JSON: what the committed schemas promise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from heapsnap.render.jsontext import (
    diff_json,
    info_json,
    json_text,
    refs_json,
    top_json,
    why_json,
)
from tests.render.values import (
    GARBAGE_GROUP,
    HOSTILE,
    QUIET,
    REFS,
    ROOTED,
    STORY,
    TOP,
    facts,
    group,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parents[2] / "docs"
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "diff": ("diff", diff_json(STORY)),
    "diff_quiet": (
        "diff",
        diff_json(replace(QUIET, snapshots=(QUIET.before, facts(rss_bytes=None)))),
    ),
    "why": ("why", why_json(why(GARBAGE_GROUP, group("rooted", ROOTED, alternatives=(ROOTED,))))),
    "why_alone": (
        "why",
        why_json(why(group("rooted", ROOTED, growth=None), since=None, count_before=None)),
    ),
    "top": ("top", top_json(TOP)),
    "refs": ("refs", refs_json(REFS)),
    "info": ("info", info_json(facts(warnings=("cut",)))),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/{case}.json", json_text(CASES[case][1]))


@pytest.mark.parametrize("case", CASES)
def test_the_document_is_as_its_schema_says(case: str) -> None:
    name, value = CASES[case]
    schema = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(json_text(value)))
    assert value["schema"] == schema["$id"]


def test_text_that_utf8_cannot_hold_is_replaced_not_refused() -> None:
    hostile = replace(TOP, types=(replace(TOP.types[0], type=HOSTILE),))
    (row,) = json.loads(json_text(top_json(hostile)))["types"]
    assert row["type"] == HOSTILE.replace("\udc80", "?")


def test_text_that_would_act_on_a_terminal_is_spelled_and_means_the_same() -> None:
    name = "\x9b31mred\x7f \u202eturned\u2066 \U000e0001 \x1b é"
    hostile = replace(TOP, types=(replace(TOP.types[0], type=name),))
    text = json_text(top_json(hostile))
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["types"][0]["type"] == name
    assert "é" in text
