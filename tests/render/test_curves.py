"""Plots over the snapshots."""

from __future__ import annotations

import re
from typing import Any

from heapsnap.render.curves import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Curve, curves
from heapsnap.render.words import count_text


def plot(*lines: Curve, times: tuple[float, ...], **changes: Any) -> str:
    given = {"text_of": count_text, "span": "3 s", "title": "counts"} | changes
    return curves(lines, times=times, **given)


def points(drawn: str) -> list[tuple[float, float]]:
    (line,) = re.findall(r'<polyline points="([^"]*)"', drawn)
    return [tuple(map(float, pair.split(","))) for pair in line.split()]


def test_points_stand_where_their_time_and_count_are() -> None:
    drawn = plot(Curve("", (0, 50, 100)), times=(10.0, 11.0, 14.0))
    (x0, y0), (x1, y1), (x2, y2) = points(drawn)
    assert (x0, x2) == (LEFT, WIDTH - RIGHT)
    assert x1 - x0 == (x2 - x0) / 4
    assert y2 == TOP
    assert y1 == (y0 + y2) / 2
    assert y0 < HEIGHT


def test_disorder_in_time_is_drawn_in_the_order_given() -> None:
    xs = [x for x, _ in points(plot(Curve("", (1, 2, 3)), times=(5.0, 5.0, 1.0)))]
    assert xs == [LEFT, WIDTH / 2, WIDTH - RIGHT]


def test_unknown_values_are_left_out() -> None:
    drawn = plot(Curve("", (1, None, 3)), times=(1.0, 2.0, 3.0))
    assert len(points(drawn)) == 2
    assert "<polyline" not in plot(Curve("", (None, None)), times=(1.0, 2.0))


def test_two_lines_differ_by_more_than_colour() -> None:
    drawn = plot(Curve("RSS", (5, 6), is_growth=False), Curve("Python", (1, 2)), times=(1.0, 2.0))
    assert drawn.count("stroke-dasharray") == 1
    assert drawn.count("<circle") == drawn.count("<rect") == 2
    assert re.findall(r">([^<]*)</text>", drawn)[2:] == ["RSS 5", "6", "Python 1", "2"]


def test_a_label_stands_clear_of_a_steep_line() -> None:
    drawn = plot(Curve("a long name", (1, 90, 2, 100)), times=(1.0, 2.0, 3.0, 4.0))
    label_y = float(re.findall(r'y="([\d.]+)"[^>]*>a long name 1<', drawn)[0])
    second_y = points(drawn)[1][1]
    assert label_y <= second_y - 2


def test_names_are_escaped() -> None:
    drawn = plot(Curve("<b>", (1, 2)), times=(1.0, 2.0), title='"<b>\x07', span="<i>")
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert "\\x07" in drawn
