"""Areas in proportion: the layout, on its own and as SVG."""

from __future__ import annotations

import random
import re

import pytest

from heapsnap.render.treemap import Area, Box, squarify, treemap


def overlap(a: Box, b: Box) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0.0, width) * max(0.0, height)


@pytest.mark.parametrize("seed", range(20))
def test_the_whole_rectangle_is_cut_in_proportion(seed: int) -> None:
    chance = random.Random(seed)
    sizes = sorted((chance.randint(1, 10 ** chance.randint(1, 6)) for _ in range(25)), reverse=True)
    whole = Box(3, 5, chance.randint(50, 900), chance.randint(50, 900))
    boxes = squarify(sizes, whole)
    for size, box in zip(sizes, boxes, strict=True):
        share = box.width * box.height / (whole.width * whole.height)
        assert share == pytest.approx(size / sum(sizes))
        assert box.x >= whole.x - 1e-6
        assert box.y >= whole.y - 1e-6
        assert box.x + box.width <= whole.x + whole.width + 1e-6
        assert box.y + box.height <= whole.y + whole.height + 1e-6
    for number, box in enumerate(boxes):
        assert all(overlap(box, other) < 1e-6 for other in boxes[:number])


def test_equal_sizes_are_nearly_square() -> None:
    boxes = squarify([1] * 12, Box(0, 0, 400, 300))
    assert all(box.width == pytest.approx(box.height) for box in boxes)


def test_the_published_example() -> None:
    # Bruls, Huizing, van Wijk, figure 4: the first row of a 6 by 4 rectangle holds 6 and 6.
    boxes = squarify([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))
    assert boxes[:2] == [Box(0, 0, 3, 2), Box(0, 2, 3, 2)]
    assert boxes[2].width == pytest.approx(12 / 7)


def test_what_has_no_bytes_is_not_drawn() -> None:
    areas = [Area("A", 10, "10 bytes"), Area("B", 0, "0"), Area("C", -5, "-5 bytes")]
    drawn = treemap(areas, width=300, height=200, title="growth")
    assert re.findall(r"<title>(.*?)</title>", drawn) == ["A: 10 bytes"]


def test_parts_stand_within_their_culprit_and_names_are_escaped() -> None:
    evil = "<script>&\x1b"
    part = Area(evil, 90, "90 bytes")
    drawn = treemap(
        [Area("Job", 100, "+100 bytes", is_culprit=True, parts=(part,))],
        width=400,
        height=300,
        title=evil,
    )
    outer, inner = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', drawn)
    assert float(inner[0]) > float(outer[0])
    assert float(inner[2]) < float(outer[2])
    assert "<script" not in drawn
    assert "&lt;script&gt;&amp;\\x1b" in drawn


def test_a_name_that_does_not_fit_is_cut_or_left_out() -> None:
    areas = [Area("A" * 200, 1000, "1 KB"), Area("B" * 200, 1, "1 byte")]
    drawn = treemap(areas, width=200, height=100, title="growth")
    texts = re.findall(r"<text[^>]*>(.*?)</text>", drawn)
    assert len(texts) == 1
    assert texts[0].endswith("…")
    assert len(texts[0]) < 40
