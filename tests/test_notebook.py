"""Results in notebooks: IPython asked for real, a notebook run and shown in a real browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import heapsnap
from heapsnap.analysis.answers.refs import refs
from heapsnap.analysis.answers.top import top
from heapsnap.shown import Shown
from tests.browser import chromium
from tests.cli.heaps_of_the_story import write_story
from tests.render.values import HOSTILE, REFS, STORY, TOP, why

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parents[1]
needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="graphviz's program dot is not installed"
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_story(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def shown() -> Callable[[Any], str]:
    """What IPython makes of a value at the end of a cell."""
    core = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed here")
    formatter = core.DisplayFormatter()

    def show(result: Any) -> str:
        data, _ = formatter.format(result, include={"text/html"})
        return data.get("text/html", "")

    return show


def test_all_results_show_themselves(pair: tuple[Path, Path], shown: Callable[[Any], str]) -> None:
    before, after = pair
    snapshot = heapsnap.load(after)
    assert "b.json" in shown(snapshot)
    assert "pid 4711" not in shown(snapshot)
    answer = shown(heapsnap.diff(before, after))
    assert '<p class="answer">DictCursor  +734  (12 -&gt; 746)' in answer
    assert "12 → 746" in answer
    holders = shown(heapsnap.why(snapshot, "DictCursor", since=before))
    assert "What to do:" in holders
    assert ".fetchall_items" in holders
    assert "<td>" in shown(top(snapshot)).replace('<td class="n">', "<td>")
    assert "fetchall_items" in shown(refs(snapshot, "DictCursor"))


@needs_dot
def test_pictures_are_drawn(pair: tuple[Path, Path], shown: Callable[[Any], str]) -> None:
    before, after = pair
    for result in (
        heapsnap.diff(before, after),
        heapsnap.why(after, "DictCursor"),
        heapsnap.picture(after, "DictCursor", since=before),
    ):
        assert shown(result).count("<svg") == 1


def test_without_dot_the_words_must_do(
    pair: tuple[Path, Path], shown: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "<svg" not in shown(heapsnap.diff(*pair))
    assert "is not installed" in shown(heapsnap.picture(pair[1], "DictCursor"))


def test_hostile_names_are_text(shown: Callable[[Any], str]) -> None:
    from dataclasses import replace

    evil = f"<script>{HOSTILE}</script>"
    culprit = replace(STORY.culprits[0], type=evil, holder=evil)
    results = (
        replace(STORY, culprits=(culprit,)),
        why(type=evil),
        replace(TOP, types=(replace(TOP.types[0], type=evil),)),
        replace(REFS, references=(replace(REFS.references[0], type=evil, reference=evil),)),
    )
    for result in results:
        page = shown(result)
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        # Blanks that do not break keep the names on arrows off their lines.
        assert page.replace("\n", "").replace("\xa0", "").isprintable()


def test_results_know_nothing_of_how_they_look() -> None:
    """Without the public door nothing renders: in a process of its own, since it is open here."""
    program = (
        "from heapsnap.analysis.results import Top\n"
        "import sys\n"
        "print(Top(None, (), 'bytes')._repr_html_(), 'jinja2' in sys.modules)\n"
        "import heapsnap; heapsnap.diff\n"
        "print('jinja2' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "False", "False"]
    assert isinstance(TOP, Shown)


@needs_dot
def test_a_notebook_runs_and_a_browser_shows_it(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed here")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed here")
    nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is not installed here")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed here")
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    before, after = map(str, pair)
    cells = [
        f"import heapsnap\nheapsnap.load({after!r})",
        f"heapsnap.diff({before!r}, {after!r})",
        f"heapsnap.why({after!r}, 'DictCursor', since={before!r})",
        f"heapsnap.picture({after!r}, 'DictCursor', since={before!r})",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    outputs = [cell["outputs"][0]["data"] for cell in book.cells]
    assert all("text/html" in data for data in outputs)
    page, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(book)
    path = tmp_path / "book.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{page}", encoding="utf-8")
    with chromium(tmp_path / "profile") as browser:
        browser.open(path)
        assert len(browser.find_all(".heapsnap")) == 4
        assert all(picture.is_displayed() for picture in browser.find_all(".heapsnap svg"))
        assert len(browser.find_all(".heapsnap svg")) == 3
        assert browser.errors() == []
        browser.screenshot(tmp_path / "book.png")
