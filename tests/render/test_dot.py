"""Pictures as DOT source, and as the SVG that graphviz makes of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import graphviz
import pytest

from heapsnap.analysis.pictures.chain_pictures import picture_culprit, picture_refs, picture_why
from heapsnap.analysis.pictures.picture import MOST_NODES
from heapsnap.analysis.results import Chain, ReferenceSummary, Step
from heapsnap.render.colours import DARK
from heapsnap.render.dot import draw
from heapsnap.render.svg import inline_svg, standalone_svg
from tests.render.values import (
    CURSORS,
    CYCLE,
    FRAME,
    GARBAGE_GROUP,
    HOSTILE,
    NUMBERS,
    REFS,
    ROOTED,
    SESSIONS,
    group,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapsnap.analysis.pictures.picture import Picture

HANGING = Chain((*CYCLE.steps[:1], Step("._rows", "list", None, "list")))
OTHER = Chain((*ROOTED.steps[:2], Step("[7]", "app.Job", None, "Job"), ROOTED.steps[3]))
LISTS = Chain((*ROOTED.steps[:2],))
CASES = {
    "cycle": picture_why(why(GARBAGE_GROUP)),
    "hangs_on_cycle": picture_why(why(group("garbage", HANGING, cycle=CYCLE), type="list")),
    "chains": picture_why(why(group("rooted", ROOTED, alternatives=(OTHER, FRAME)))),
    "refs": picture_refs(REFS),
    "culprit_garbage": picture_culprit(CURSORS, "b.json"),
    "culprit_rooted": picture_culprit(SESSIONS, "b.json"),
    "culprit_frame": picture_culprit(NUMBERS, "b.json"),
}
needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="graphviz's program dot is not installed"
)


def drawn(picture: Picture) -> str:
    return graphviz.Source(draw(picture)).pipe(format="svg").decode()


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"render/{case}.dot", draw(CASES[case]))


def test_equal_beginnings_are_drawn_once() -> None:
    texts = [text for _, text in CASES["chains"].graph.nodes(data="text")]
    assert texts.count("module app.events") == 1
    assert texts.count("list") == 1
    # The objects in question, and the one in the local variable that leads to one of them.
    assert texts.count("DictCursor") == 2


def test_what_stands_on_the_chain_of_another_group_is_one_node() -> None:
    ways = why(group("rooted", LISTS, count=1), group("rooted", ROOTED), type="*")
    graph = picture_why(ways).graph
    assert [text for _, text in graph.nodes(data="text")].count("list") == 1
    assert [count for _, count in graph.nodes(data="count")] == [None, 1, None, 746]


def test_the_reference_at_which_growth_enters_stands_for_many() -> None:
    edges = CASES["chains"].graph.edges(data=True)
    assert [list(edge["references"]) for *_, edge in edges if edge["grows"]] == [["[*]"]]


def test_a_picture_cannot_be_changed() -> None:
    with pytest.raises(Exception, match="[Ff]rozen"):
        CASES["cycle"].graph.add_node(99)


def test_a_large_picture_says_what_it_leaves_out() -> None:
    rows = tuple(ReferenceSummary(f".x{n}", "int", 1, 28) for n in range(MOST_NODES + 5))
    picture = picture_refs(replace(REFS, references=rows))
    assert picture.graph.number_of_nodes() == MOST_NODES
    assert "left out to keep it readable: 6 more objects" in draw(picture)


def test_dark_paper_has_other_colours_and_the_same_shape() -> None:
    light, dark = draw(CASES["chains"]), draw(CASES["chains"], DARK)
    assert DARK.paper in dark
    assert DARK.paper not in light
    assert light.count("\n") == dark.count("\n")


@needs_dot
@pytest.mark.parametrize("case", CASES)
def test_graphviz_draws_every_node_and_reference(case: str) -> None:
    picture = CASES[case]
    tree = ET.fromstring(standalone_svg(drawn(picture), picture.title))
    groups = [part.get("class") for part in tree.iter("{http://www.w3.org/2000/svg}g")]
    assert groups.count("node") == picture.graph.number_of_nodes()
    assert groups.count("edge") == picture.graph.number_of_edges()
    assert "prefers-color-scheme:dark" in tree.findtext("{http://www.w3.org/2000/svg}style", "")


@needs_dot
def test_hostile_names_are_drawn_as_they_stand() -> None:
    end = 'end"]; evil [label="</b><script>alert(1)</script>'
    chain = Chain((Step("", "x", None, HOSTILE), Step(HOSTILE, HOSTILE, None, end)))
    picture = picture_why(why(group("rooted", chain), type=HOSTILE))
    for svg in (standalone_svg(drawn(picture), HOSTILE), inline_svg(drawn(picture), HOSTILE)):
        assert "evil\\x1b[2J[int]\\u202e\\r\\n&quot;\\N&amp;lt;\\udc80" in svg
        assert "<script" not in svg
        assert svg.count('class="node"') == 2


@needs_dot
def test_an_empty_name_is_drawn_as_none() -> None:
    chain = Chain((Step("", "x", None, ""), Step("", "", None, "")))
    assert drawn(picture_why(why(group("rooted", chain)))).count("(no name)") == 2


@needs_dot
def test_pictures_of_one_page_share_no_identifiers() -> None:
    svg = inline_svg(drawn(CASES["chains"]), "chains")
    assert " id=" not in svg
    assert svg.startswith("<svg ")
    assert 'role="img" aria-label="chains"' in svg
    assert "<title>pymysql.cursors.DictCursor</title>" in svg
