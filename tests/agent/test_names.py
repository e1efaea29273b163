"""What snapshots are called, and which files a template could have made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from heapsnap.agent import header, names

if TYPE_CHECKING:
    from pathlib import Path


def filled(template: str, **other: object) -> str:
    values = {"pid": 7, "moment": 86_400.0, "number": 2, "reason": "signal USR1"} | other
    return names.fill(names.read_template(template), **values)


def test_every_letter_stands_for_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/srv/app/serve.py"])
    monkeypatch.setitem(header.platform_facts, "host", "web_1")
    assert filled("%p-%h-%t-%n-%e-%r-100%%") == ("7-web-1-19700102T000000-2-serve-signal-100%.json")


@pytest.mark.parametrize(
    ("argv", "program"),
    [
        (["/x/gunicorn"], "gunicorn"),
        (["/x/package/__main__.py"], "package"),
        (["-c"], "python"),
        ([""], "python"),
        (["/x/a b/../é:.py"], "--"),
        (None, "python"),
    ],
)
def test_a_program_is_called_what_a_person_calls_it(
    monkeypatch: pytest.MonkeyPatch, argv: object, program: str
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    assert filled("%e") == f"{program}.json"


def test_a_reason_is_its_first_word() -> None:
    assert filled("%r", reason="dump()") == "dump.json"
    assert filled("%r", reason="MemoryError in thread ../x") == "memoryerror.json"
    assert filled("%r", reason="") == ".json"


def test_endings_are_kept_or_added() -> None:
    assert names.read_template("a.json.gz") == "a.json.gz"
    assert names.read_template("a.json") == "a.json"
    assert names.read_template("a") == "a.json"
    assert names.compressed("a.json") == "a.json.gz"
    assert names.compressed("a.json.gz") == "a.json.gz"


@pytest.mark.parametrize("template", ["", ".", "..", "a/b", "%x", "a%", "%%%", "a\0"])
def test_what_is_no_name_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        names.read_template(template)


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").touch()
    (tmp_path / "a-2.json.gz").symlink_to("nowhere")
    assert names.free_path(str(tmp_path), "a.json.gz") == str(tmp_path / "a-3.json.gz")


def test_only_names_of_the_template_are_recognised() -> None:
    template = names.read_template("%e.%h-%p-%t-%n-%r%%")
    matches = names.expression(template).fullmatch
    assert matches(filled("%e.%h-%p-%t-%n-%r%%"))
    assert matches(filled("%e.%h-%p-%t-%n-%r%%").replace(".json", "-2.json"))
    for other in (
        "report.json",
        "a.b-7-19700102T000000-2-signal.json",
        "a.b-x-19700102T000000-2-s%.json",
    ):
        assert not matches(other)
