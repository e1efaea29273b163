"""The page of the known patterns says what the data says."""

import re
from pathlib import Path

from heapsnap.analysis.patterns.known_patterns import KNOWN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "patterns.md"
HEADING = """# Known ways to leak

What `heapsnap why` adds to a chain that looks like one of them: what it is, and what to change. The first that fits is
told. Each has a program under `fixtures/programs/leaks/` that leaks in this way, with the real library. This page is made of
the data (`pytest tests/analysis/test_patterns_page.py --update-goldens`).
"""
DUNDER = re.compile(r"__\w+__")


def written():
    """The page: a section for each pattern, once, in the order in which they are tried."""
    patterns = {known.pattern.id: known.pattern for known in KNOWN}
    sections = [
        f"\n## {p.id}\n\nWhat it is: {p.explanation}.\n\nWhat to do: {p.fix}.\n"
        for p in patterns.values()
    ]
    return HEADING + DUNDER.sub(r"`\g<0>`", "".join(sections))


def test_the_page_has_every_pattern_as_it_is(request):
    if request.config.getoption("--update-goldens"):
        PAGE.write_text(written(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written()
