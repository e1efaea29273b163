"""Where objects were allocated: what tracemalloc saw in the process is in the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from heapsnap.agent.sites import choose
from heapsnap.snapshot.model import NO_SITE
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

LIBRARY = "/usr/lib/python3/dist-packages/library.py"
UNTRACED = """
import os, sys, tracemalloc
import heapsnap.agent.untraced as untraced
tracemalloc.start(3)
seen = [bytes(1000)]
before = tracemalloc.get_traced_memory()[0]
done = untraced.leave_untraced()
unseen = [bytes(100_000) for _ in range(100)]
grown = tracemalloc.get_traced_memory()[0] - before
find = tracemalloc.get_object_traceback
print(done, grown < 5000, find(seen[0])[-1].lineno, find(unseen[0]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("chunk", ["", "1"], ids=["in C", "in Python"])
def test_each_object_has_the_line_that_allocated_it(
    python: Python, tmp_path: Path, chunk: str
) -> None:
    facts, reading = take(python, tmp_path, "fork", {"HEAPSNAP_PURE": chunk})
    found = {kind: site_of(reading, address) for kind, (address, _) in facts["lines"].items()}
    assert found == {kind: (facts["file"], line) for kind, (_, line) in facts["lines"].items()}
    assert [site_of(reading, address) for address in facts["unseen"]] == [None] * 3
    assert reading.header["tracemalloc_frames"] == 8
    assert reading.header["not_seen"] == []


def test_in_the_process_itself_nobody_asks_and_the_header_says_so(
    python: Python, tmp_path: Path
) -> None:
    _, reading = take(python, tmp_path, "inline", {})
    assert reading.snapshot.site_by_node is None
    assert "tracemalloc_frames" not in reading.header
    assert [limit for limit in reading.header["not_seen"] if "tracemalloc" in limit]


def test_the_childs_own_allocations_are_not_traced(python: Python) -> None:
    finished = python.evaluate(UNTRACED)
    assert finished.stdout.split() == ["True", "True", "5", "None"], finished.stderr


def test_the_innermost_frame_of_the_program_is_the_site() -> None:
    frames = ((LIBRARY, 3), (copyreg_file(), 98), ("/srv/shop/cart.py", 41), ("/srv/main.py", 1))
    assert choose(frames) == ("/srv/shop/cart.py", 41)


def test_without_a_frame_of_the_program_it_is_the_innermost() -> None:
    assert choose(((LIBRARY, 3), (copyreg_file(), 98))) == (LIBRARY, 3)
    assert choose(()) is None


def copyreg_file() -> str:
    import copyreg  # noqa: PLC0415 - only its place matters

    return copyreg.__file__


def take(
    python: Python, folder: Path, mode: str, variables: dict[str, str]
) -> tuple[dict[str, Any], Reading]:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    finished = python.run("traced.py", path, mode, variables=variables)
    return finished.facts, Reading(path)


def site_of(reading: Reading, address: int) -> tuple[str, int] | None:
    numbers = reading.snapshot.site_by_node
    assert numbers is not None
    number = int(numbers[reading.node_by_address[address]])
    if number == NO_SITE:
        return None
    site = reading.snapshot.sites[number - 1]
    return site.file, site.line
