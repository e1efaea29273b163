"""``heapsnap graph``: files, formats, and what it says where it cannot draw."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
PAIR = ("-s", "b.json", "--since", "a.json")
needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="graphviz's program dot is not installed"
)
pytestmark = pytest.mark.usefixtures("story")


@needs_dot
@pytest.mark.parametrize("ending", BEGINNINGS)
def test_every_format(ending: str, heapsnap: Callable[..., Result]) -> None:
    result = heapsnap("graph", "DictCursor", *PAIR, "--format", ending)
    name = f"heapsnap-graph-DictCursor.{ending}"
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{name}\n", "")
    assert Path(name).read_bytes().startswith(BEGINNINGS[ending])


@needs_dot
def test_the_formats_open_in_programs_that_are_not_ours(
    heapsnap: Callable[..., Result], tmp_path: Path
) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: nothing reads PDF here")
    shown = {"DictCursor", "bound method fetchall_items", ".__self__"}
    files = {ending: Path.cwd() / f"x.{ending}" for ending in ("svg", "png", "pdf")}
    for file in files.values():
        assert heapsnap("graph", "DictCursor", *PAIR, "-o", file.name).exit_code == 0
    (page,) = pypdf.PdfReader(files["pdf"]).pages
    written = page.extract_text().replace("\xa0", " ")
    assert all(text in written for text in shown), written
    with chromium(tmp_path / "profile") as browser:
        browser.open(files["svg"])
        texts = browser.ask(
            "return Array.from(document.querySelectorAll('text')).map(text => text.textContent)"
        )
        assert shown <= {text.replace("\xa0", " ").strip() for text in texts}
        browser.open(files["png"])
        size = browser.ask("return [document.images[0].naturalWidth, document.title]")
        assert size[0] > 300, size
        assert browser.errors() == []


def test_the_file_s_name_says_the_format(heapsnap: Callable[..., Result]) -> None:
    assert heapsnap("graph", "DictCursor", *PAIR, "-o", "x.dot").exit_code == 0
    source = Path("x.dot").read_text(encoding="utf-8")
    assert "<b>DictCursor</b>" in source
    assert "746 objects" in source
    assert "+734" in source
    assert ".fetchall_items" in source
    assert heapsnap("graph", "DictCursor", *PAIR, "-o", "y", "--format", "dot").stdout == "y.dot\n"


def test_one_direction_only(heapsnap: Callable[..., Result]) -> None:
    heapsnap("graph", "list", *PAIR, "--backrefs", "--depth", "1", "-o", "up.dot")
    heapsnap("graph", "DictCursor", *PAIR, "--refs", "--depth", "1", "-o", "down.dot")
    assert "who holds list" in Path("up.dot").read_text(encoding="utf-8")
    assert "DictCursor" in Path("up.dot").read_text(encoding="utf-8")
    down = Path("down.dot").read_text(encoding="utf-8")
    assert "what is held by pymysql.cursors.DictCursor" in down
    assert "._rows" in down


def test_the_pair_of_the_last_diff_is_read(heapsnap: Callable[..., Result]) -> None:
    heapsnap("diff", "a.json", "b.json")
    result = heapsnap("graph", "DictCursor", "-o", "x.dot")
    assert result.stderr == "note: reading b.json since a.json (the last diff)\n"


def test_without_graphviz_the_source_is_left(
    heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    result = heapsnap("graph", "DictCursor", *PAIR, "-o", "x.svg")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "error: cannot draw 'x.svg': graphviz's program 'dot' is not installed; "
        "the source of the picture is in 'x.dot'\n"
        "hint: where graphviz is installed: dot -Tsvg -o x.svg x.dot\n"
    )
    assert Path("x.dot").read_bytes().startswith(b"digraph")


def test_wrong_names(heapsnap: Callable[..., Result]) -> None:
    result = heapsnap("graph", "DictCursor", *PAIR, "-o", "x.jpeg")
    assert result.exit_code == 2
    assert "cannot tell from 'x.jpeg' what to draw" in result.stderr
    result = heapsnap("graph", "DictCurso", *PAIR)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no type named 'DictCurso'")


def test_dot_is_opened_in_xdot(
    heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A real program in the place of the viewer: it notes what it was given.
    seen = tmp_path / "seen"
    viewer = tmp_path / "xdot"
    viewer.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}.part && mv {seen}.part {seen}\n')
    viewer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert heapsnap("graph", "DictCursor", *PAIR, "-o", "x.dot", "--open").exit_code == 0
    deadline = time.monotonic() + 60
    while not seen.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen.read_text() == "x.dot"


@needs_dot
def test_it_is_opened_in_the_browser(
    heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A real program in the place of the browser: it notes what it was given.
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!{sys.executable}\nimport sys; open({str(tmp_path / "seen")!r}, "w").write(sys.argv[1])\n'
    )
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    import webbrowser

    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    result = heapsnap("graph", "DictCursor", *PAIR, "-o", "x.svg", "--open")
    assert result.exit_code == 0
    assert (tmp_path / "seen").read_text() == (Path(os.getcwd()) / "x.svg").as_uri()
