"""What the pages tell a reader to type does what they say, in a fresh folder."""

from __future__ import annotations

import importlib.util
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.documentation.pages import (
    CHECKOUT,
    Shell,
    commands,
    is_as_written,
    play,
    read_blocks,
    shape,
)

if TYPE_CHECKING:
    from pathlib import Path

DOCS = CHECKOUT / "docs"
PLAYED = sorted(
    str(page.relative_to(DOCS))
    for page in DOCS.rglob("*.md")
    if any(block.kind == "console" for block in read_blocks(page))
)


def test_the_story_and_the_concepts_are_among_the_pages_that_are_played() -> None:
    expected = {"tutorial.md", *(f"concepts/{one}.md" for one in CONCEPTS)}
    assert expected <= set(PLAYED)


NEEDED = {
    "tutorial.md": [
        ("pymysql", "bash", "pip install '.[demo]'"),
        ("mysql_mimic", "bash", "pip install '.[demo]'"),
    ],
    "how-to/gunicorn.md": [
        ("gunicorn", "curl", "pip install '.[living]', apt install curl"),
        ("", "pgrep", "apt install procps"),
    ],
    "how-to/attach.md": [("", "gdb", "apt install gdb")],
}
"""What a page takes for granted: a module, a program, and what brings them."""
CONCEPTS = ("root", "chain", "garbage", "retained")


@pytest.mark.parametrize("page", PLAYED)
def test_a_page_runs_as_written(page: str, tmp_path: Path) -> None:
    for module, program, bring in NEEDED.get(page, ()):
        if (module and not importlib.util.find_spec(module)) or not shutil.which(program):
            pytest.skip(f"{module or program} is not installed: {bring}")
    shell = Shell(tmp_path.resolve())
    try:
        for command, expected, printed in play(DOCS / page, shell):
            told = f"{page}: $ {command}\n--- expected\n{shape(expected)}--- printed\n{printed}"
            assert is_as_written(expected, printed), told
    finally:
        shell.close()


def test_another_answer_is_told_apart() -> None:
    written = "DictCursor  +761  (138 -> 899)\n...\nin all 3 more\n"
    assert is_as_written(written, "DictCursor +2,004 (1 -> 2,005)\nx\ny\nin all 10 more\n")
    assert is_as_written("11.3 MB in all\n", "980 KB in all\n")
    assert not is_as_written(written, "dict  +761  (138 -> 899)\nin all 3 more\n")
    assert not is_as_written(written, "DictCursor  +761  (138 -> 899)\nin all 3 less\n")
    assert not is_as_written("", "error: no such file\n")


def test_each_dollar_is_a_command_of_its_own() -> None:
    assert list(commands("$ a\nout\nmore\n$ b\n")) == [("a", "out\nmore\n"), ("b", "")]
