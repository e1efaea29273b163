"""Plots that fit into a line."""

from heapsnap.render.plot import WIDEST, plot


def test_bars_are_drawn_from_nothing_to_the_largest():
    assert plot((0, 50, 100)) == "▁▄█"
    assert plot((0, 0)) == "▁▁"


def test_what_stands_still_is_level():
    assert len(set(plot((746, 746, 746)))) == 1


def test_of_many_counts_no_peak_is_lost():
    counts = [1] * 999
    counts[500] = 1_000
    drawn = plot(counts)
    assert len(drawn) == WIDEST
    assert drawn.count("█") == 1
