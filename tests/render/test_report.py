"""The report as HTML: what stands on it, whatever the snapshot is called."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.report import Finding, Report
from heapsnap.analysis.pictures.chain_pictures import picture_group
from heapsnap.analysis.results import Chain, ContainerGrowth, Step, TypeGrowth
from heapsnap.render.report import chain_steps, render_report
from tests.render.values import (
    CURSORS,
    FRAME,
    GARBAGE_GROUP,
    HOSTILE,
    NUMBERS,
    PATTERN,
    QUIET,
    ROOTED,
    SESSIONS,
    STORY,
    facts,
    group,
    header,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapsnap.analysis.results import Culprit, Diff, HoldingGroup

EVIL = f"</code></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{{{7777*7777}}}}{HOSTILE}"
VOID = {"meta", "input", "br"}


class Reading(HTMLParser):
    """Elements with their attributes, text, and whether each end has its start."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.text += data

    def words(self) -> str:
        return " ".join(self.text.split())


def found(culprit: Culprit, holders: HoldingGroup) -> Finding:
    return Finding(culprit, holders, picture_group(culprit.type, holders, "b.json"))


def page_of(result: Diff, *findings: Finding, pictures: list[str | None] | None = None) -> str:
    report = Report(result, findings)
    return render_report(report, pictures or [None] * len(findings), version="1.2.3")


STORY_PAGE = page_of(STORY, found(CURSORS, GARBAGE_GROUP), found(SESSIONS, group("rooted", ROOTED)))


def test_golden(golden: Callable[[str, str], None]) -> None:
    shown = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", STORY_PAGE, flags=re.DOTALL)
    golden("render/report.html", re.sub(r"sha256-[\w+/=]*", "sha256-...", shown))


def test_the_verdict_is_one_sentence_at_the_top() -> None:
    words = Reading(STORY_PAGE).words()
    assert words.index("DictCursor +734 in 30 min") < 200
    sentence = (
        "734 more DictCursor objects (12 → 746) are garbage that only their own cycle keeps: "
        "DictCursor .fetchall_items -> bound method fetchall_items .__self__ -> DictCursor. "
        "With all that hangs on them they take 190 KB more. 1 further place grew as well."
    )
    assert sentence in words


def test_every_figure_says_how_to_get_it() -> None:
    words = Reading(STORY_PAGE).words()
    assert "On the command line heapsnap diff a.json b.json" in words
    assert "heapsnap why DictCursor -s b.json --since a.json" in words
    assert "heapsnap info -s b.json" in words
    sections = re.findall(r"<section .*?</section>", STORY_PAGE, flags=re.DOTALL)
    titled = [section for section in sections if "<h2 id=" in section]
    assert len(titled) == 8
    without = [section[:80] for section in titled if "On the command line" not in section]
    assert len(without) == 1
    assert "warming" in without[0]


def test_what_is_needed_stands_there_without_a_script() -> None:
    page = Reading(re.sub(r"<script>.*?</script>", "", STORY_PAGE, flags=re.DOTALL))
    for text in ("pymysql.cursors.DictCursor", "app.web.SESSIONS", "grows here", PATTERN.fix):
        assert text in page.words()
    forms = [attributes for tag, attributes in page.elements if tag == "form"]
    assert ["hidden" in attributes for attributes in forms] == [True]


def test_links_lead_to_something_on_the_page() -> None:
    elements = Reading(STORY_PAGE).elements
    targets = {attributes["id"] for _, attributes in elements if "id" in attributes}
    assert len(targets) == sum("id" in attributes for _, attributes in elements)
    links = [str(attributes["href"]) for tag, attributes in elements if tag == "a"]
    assert len(links) > 8
    assert {link.removeprefix("#") for link in links} <= targets


def test_nothing_is_loaded_and_the_policy_says_so() -> None:
    page = Reading(STORY_PAGE)
    loading = {"src", "srcset", "href", "data", "action", "style", "xlink:href", "poster"}
    for tag, attributes in page.elements:
        wrong = {
            name
            for name, value in attributes.items()
            if (name in loading and not str(value).startswith("#")) or name.startswith("on")
        }
        assert not wrong, (tag, attributes)
    policy = next(str(a["content"]) for tag, a in page.elements if a.get("http-equiv"))
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", STORY_PAGE, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_hostile_names_are_text() -> None:
    chain = Chain((Step("", EVIL, EVIL, EVIL), Step(EVIL, EVIL, None, EVIL)), grows_at=1)
    holders = group(
        "rooted", chain, alternatives=(chain,), detail=(EVIL,), path=EVIL, pattern=PATTERN
    )
    evil_facts = facts(f"{EVIL}.json", host=EVIL, argv=(EVIL, EVIL), warnings=(EVIL,), python=EVIL)
    culprit = replace(SESSIONS, type=EVIL, holder=EVIL, chain=chain)
    result = replace(
        STORY,
        snapshots=(evil_facts, evil_facts),
        culprits=(culprit, culprit),
        sporadic=(culprit,),
        warming=(culprit,),
        types=(TypeGrowth(EVIL, 1, 2, 3, 4),),
        containers=(ContainerGrowth(EVIL, EVIL, 1, 2),),
        garbage=(replace(STORY.garbage[0], owner=EVIL, types=(EVIL, "list")),),
    )
    page = page_of(result, found(culprit, holders), pictures=["<svg></svg>"])
    reading = Reading(page)
    harmless = Reading(STORY_PAGE)
    assert {tag for tag, _ in reading.elements} <= {tag for tag, _ in harmless.elements} | {"svg"}
    assert sum(tag == "script" for tag, _ in reading.elements) == 1
    assert "60481729" not in page
    assert reading.text.count("</script><script>alert(1)</script>") > 10
    without_lines = page.replace("\n", "")
    assert without_lines.isprintable()
    assert "\\u202e" in page


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (QUIET, "No leak found In 30 min: no type has more objects than before."),
        (
            replace(QUIET, garbage=STORY.garbage),
            "Garbage waits for the collector DictCursor +734 (12 -> 746): no leak",
        ),
        (
            replace(
                STORY,
                culprits=(replace(NUMBERS, counts=(1, 1), bytes_growth=5_000_000, is_larger=True),),
            ),
            "int is larger by 5.0 MB, still 1 object, and are held",
        ),
        (
            replace(STORY, culprits=(replace(SESSIONS, verdict="c-held"),)),
            "are held from C; no Python object explains them",
        ),
    ],
)
def test_other_verdicts(result: Diff, sentence: str) -> None:
    assert sentence in Reading(page_of(result)).words()


def test_a_local_variable_is_a_step_of_its_own() -> None:
    texts = [(step.reference, step.text) for step in chain_steps(FRAME)]
    assert texts == [
        ("", "handle() local variable cursor"),
        ("", "DictCursor"),
        ("._rows", "list"),
    ]
    assert [step.grows for step in chain_steps(ROOTED)] == [False, False, True, False]


def test_without_dot_the_chain_must_do() -> None:
    assert "<svg" not in re.findall(r"<article.*?</article>", STORY_PAGE, flags=re.DOTALL)[0]
    assert ".fetchall_items" in STORY_PAGE


def test_the_collector_is_named_where_it_is_off() -> None:
    off = replace(STORY.after, header=header(enabled=False))
    result = replace(STORY, snapshots=(STORY.before, off))
    words = Reading(page_of(result, found(CURSORS, GARBAGE_GROUP))).words()
    assert "switched off in this process (gc.disable()), so nothing ever frees them" in words


def test_unknown_rss_is_called_so() -> None:
    blind = replace(STORY, snapshots=(replace(STORY.before, rss_bytes=None), STORY.after))
    assert "RSS unknown" in Reading(page_of(blind)).words()
