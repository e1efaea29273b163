"""``heapsnap report``: the file, and how a real browser shows it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heapsnap.cli.report import report as report_command
from tests.browser import Browser, chromium
from tests.cli.heaps_of_the_story import write_cursors
from tests.heaps import heap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

PHONE = {"width": 390, "height": 844}
LONG = "NoBlankAnywhere" * 20
EVIL = "</code><script>document.title=`owned`</script>\u202e\x1b[2J"
needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="graphviz's program dot is not installed"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of the story over four snapshots, of hostile names, and of nothing that grew."""
    folder = tmp_path_factory.mktemp("pages")
    story = [
        write_cursors(folder / f"{n}.json", count, time=1_700_000_000.5 + 600 * n, sequence=n)
        for n, count in enumerate((12, 250, 500, 746), 1)
    ]
    evil = [
        heap(
            f"module app -.{EVIL}-> cache:dict -[*]-> job*{count}:app.Job -.name-> word*{count}:str",
            f"module app -.{LONG}-> list -[#]-> thing*{count}:app.{LONG}",
            path=folder / f"evil{count}.json",
            header={"argv": [EVIL], "host": EVIL, "not_seen": [EVIL, LONG]},
        )
        for count in (10, 400)
    ]
    quiet = [write_cursors(folder / f"q{n}.json", 3, sequence=n) for n in (1, 2)]
    made = {"story": story, "evil": evil, "quiet": quiet}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        for name, snapshots in made.items():
            report_command(snapshots, output=folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.usefixtures("story")
def test_the_page_is_written_and_its_name_printed(heapsnap: Callable[..., Result]) -> None:
    result = heapsnap("report", "a.json", "b.json", "-o", "page.html")
    assert (result.exit_code, result.stdout) == (0, "page.html\n")
    page = Path("page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "734 more <code>DictCursor</code> objects" in page
    # The commands that follow read the same pair.
    assert "reading b.json since a.json" in heapsnap("why", "DictCursor").stderr


@pytest.mark.usefixtures("story")
def test_without_graphviz_the_page_has_no_pictures(
    heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    result = heapsnap("report", "a.json", "b.json", "-o", "page.html")
    assert result.exit_code == 0
    assert result.stderr.startswith("note: no pictures: graphviz's program 'dot'")
    page = Path("page.html").read_text(encoding="utf-8")
    assert 'class="picture"' not in page
    assert ".fetchall_items" in page


@pytest.mark.usefixtures("story")
def test_wrong_usage(heapsnap: Callable[..., Result]) -> None:
    assert heapsnap("report", "a.json").exit_code == 2
    result = heapsnap("report", "a.json", "b.json", "-o", "no/such/page.html")
    assert result.exit_code == 1
    assert "error: cannot write 'no/such/page.html': no such file or directory" in result.stderr


@pytest.mark.parametrize("name", ["story", "evil", "quiet"])
@pytest.mark.parametrize("screen", [{}, PHONE, {"dark": True}], ids=["desk", "phone", "dark"])
def test_every_screen_shows_it_without_an_error(
    browser: Browser, pages: dict[str, Path], name: str, screen: dict[str, int], tmp_path: Path
) -> None:
    browser.open(pages[name], **screen)
    assert browser.errors() == []
    assert browser.requests() == []
    # Nothing sticks out to the side: only tables and pictures scroll within themselves.
    # A phone's window widens with what does not fit, so the width that was set is what counts.
    width = browser.ask("return document.documentElement.scrollWidth")
    assert width <= screen.get("width", 1280)
    assert browser.screenshot(tmp_path / "page.png").stat().st_size > 10_000
    assert "owned" not in browser.driver.title


def test_dark_is_dark_and_light_is_light(browser: Browser, pages: dict[str, Path]) -> None:
    def lightness(selector: str, colour: str) -> int:
        shown = browser.ask(
            "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]",
            selector,
            colour,
        )
        return sum(map(int, re.findall(r"\d+", shown)[:3])) // 3

    seen = {}
    for dark in (False, True):
        browser.open(pages["story"], dark=dark)
        seen[dark] = (
            lightness("body", "backgroundColor"),
            lightness("h1", "color"),
            lightness("svg.plot polyline", "stroke"),
            lightness("svg.treemap text", "fill"),
        )
    assert seen[False][0] > 200 > 60 > seen[False][1]
    assert seen[True][0] < 60 < 200 < seen[True][1]
    assert seen[True][2] > seen[False][2]
    assert seen[True][3] > 200 > 60 > seen[False][3]


@needs_dot
def test_the_picture_of_the_culprit_is_there(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"])
    picture = browser.find("article .picture svg")
    assert picture.is_displayed()
    texts = [
        text.get_attribute("textContent").replace("\xa0", "")
        for text in browser.find_all("article .picture svg text")
    ]
    assert {"DictCursor", "bound method fetchall_items", ".__self__"} <= set(texts)


def test_the_plot_has_a_point_for_every_snapshot(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"])
    assert len(browser.find_all("#growth figure:first-child circle")) == 4
    label = browser.find("#growth figure:first-child svg").get_attribute("aria-label")
    assert label == "DictCursor in each snapshot: 12, 250, 500, 746"


def test_links_lead_where_they_say(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"], height=500)
    links = browser.find_all("nav a")
    assert [link.text for link in links][-1] == "Types"
    for link in links:
        browser.ask("scrollTo(0, 0)")
        link.click()
        target = link.get_attribute("href").partition("#")[2]
        assert browser.ask("return location.hash") == f"#{target}"
        top = browser.ask(
            "return document.getElementById(arguments[0]).getBoundingClientRect().top", target
        )
        assert top < 500
    assert browser.errors() == []


def test_searching_types(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"])

    def shown() -> list[str]:
        return browser.ask(
            "return Array.from(document.querySelectorAll('.types tbody tr'))"
            ".filter(row => row.offsetParent).map(row => row.cells[0].textContent)"
        )

    everything = shown()
    browser.find("#search").send_keys("cursor")
    assert shown() == ["pymysql.cursors.DictCursor"]
    assert browser.find("#found").text == f"1 of {len(everything)} types"
    browser.find("#search").clear()
    browser.find("#search").send_keys("no such type")
    assert shown() == []
    browser.find("#search").clear()
    browser.press(*"\ue004", " ")  # Tab to the box beside it, and tick it
    assert shown() == ["list", "method", "pymysql.cursors.DictCursor"]
    assert browser.errors() == []


def test_sorting_types_by_mouse_and_by_key(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"])

    def column(number: int) -> list[str]:
        return [cell.text for cell in browser.find_all(f".types tbody tr > :nth-child({number})")]

    buttons = browser.find_all(".types thead button")
    buttons[0].click()
    assert column(1) == sorted(column(1))
    buttons[0].click()
    assert column(1) == sorted(column(1), reverse=True)
    browser.ask("arguments[0].focus()", buttons[3])
    browser.press("\ue007")  # Enter
    counts = [int(text.replace(",", "")) for text in column(4)]
    assert counts == sorted(counts, reverse=True)
    browser.press(" ")
    assert column(4)[0] == f"{min(counts):,}"
    states = [th.get_attribute("aria-sort") for th in browser.find_all(".types thead th")]
    assert [state for state in states if state] == ["ascending"]
    assert browser.errors() == []


def test_the_keyboard_gets_everywhere(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"])
    browser.press("\ue004")
    skip = browser.ask("return document.activeElement")
    assert skip.text == "Skip to the answer"
    assert skip.is_displayed()
    browser.press("\ue007")
    assert browser.ask("return location.hash") == "#main"
    # Links, what scrolls within itself, search and headers: all of it in the order of reading.
    browser.open(pages["story"])
    expected = browser.ask(
        "window.stops = Array.from(document.querySelectorAll('a, button, input, [tabindex]'))"
        ".filter(stop => stop.offsetParent || stop.className === 'skip'); return stops.length"
    )
    seen = []
    for _ in range(expected):
        browser.press("\ue004")
        seen.append(browser.ask("return stops.indexOf(document.activeElement)"))
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        assert browser.ask(outline) == "solid"
    assert seen == list(range(expected))


def test_without_javascript_all_that_matters_is_there(
    browser: Browser, pages: dict[str, Path]
) -> None:
    browser.allow_scripts(allowed=False)
    try:
        browser.open(pages["story"])
        assert browser.find("h1").text.startswith("DictCursor +734")
        assert ".fetchall_items" in browser.find("article .chain").text
        assert browser.find("svg.treemap").is_displayed()
        assert len(browser.find_all(".types tbody tr")) > 5
        assert not browser.find("form.search").is_displayed()
    finally:
        browser.allow_scripts(allowed=True)


def test_a_hostile_snapshot_runs_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["evil"])
    assert browser.driver.title.startswith("Job +390")
    assert (
        "</code><script>document.title=`owned`</script>\\u202e\\x1b[2J"
        in browser.find(".verdict").text
    )
    assert len(browser.find_all("script")) == 1
    # Even what would get past the escaping is stopped: the policy knows one script only.
    browser.ask(
        "const s = document.createElement('script'); s.textContent = 'document.title = `owned`';"
        "document.body.append(s)"
    )
    assert browser.driver.title.startswith("Job +390")
    assert any("Content Security Policy" in message for message in browser.errors())


def test_print_has_every_section_and_no_search(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["story"], dark=True)
    assert browser.print().startswith(b"%PDF")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not browser.find("nav").is_displayed()
        assert not browser.find("form.search").is_displayed()
        paper = browser.ask("return getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(255, 255, 255)"
        for section in ("culprits", "growth", "bytes", "memory", "garbage", "containers", "types"):
            assert browser.find(f"#{section}").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
