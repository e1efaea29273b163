"""The reference is of this code, no link of the pages is dead, and the check of links can fail."""

from __future__ import annotations

import importlib.util
import re
import runpy
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.documentation.pages import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

MAKE = CHECKOUT / "docs" / "make"
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


def test_the_reference_of_the_commands_is_what_the_code_says() -> None:
    made = runpy.run_path(str(MAKE / "commands.py"))
    page = (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == made["write_reference"](), "python docs/make/commands.py"


def test_every_command_and_every_option_is_in_the_reference() -> None:
    from typer.main import get_command

    from heapsnap.cli.main import app

    page = (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in get_command(app).commands.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for option in command.params:
            if not option.hidden and option.param_type_name == "option":
                assert all(f"`{spelled}" in section for spelled in option.opts), (name, option.opts)


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_pages_outside_the_site_link_to_files_that_are_there(page: str) -> None:
    links = LINK.findall((CHECKOUT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<a href='b.html#here'>b</a> <a href='https://x.test/'>x</a>")
    (tmp_path / "b.html").write_text("<p id='here'><a href='a.html'>a</a><img src='c.png'>")
    found = run_links(tmp_path)
    assert (found.returncode, found.stdout) == (1, "leads nowhere: b.html: c.png\n")
    (tmp_path / "c.png").write_bytes(b"")
    assert run_links(tmp_path).returncode == 0
    (tmp_path / "b.html").write_text("<p id='there'>")
    assert run_links(tmp_path).stdout == "leads nowhere: a.html: b.html#here\n"


def run_links(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, MAKE / "links.py", folder], capture_output=True, text=True, check=False
    )


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    for name in ("sphinx", "furo", "myst_parser"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install '.[docs]'")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", tmp_path / "trees", CHECKOUT / "docs", tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    found = run_links(tmp_path / "site")
    assert found.returncode == 0, found.stdout
