"""The story where people look: its pictures and its report, from the snapshots of the real program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.story.run import REQUESTS

if TYPE_CHECKING:
    from tests.story.run import Run


def test_the_report_says_in_a_sentence_what_leaks(leaking: Run) -> None:
    answer = leaking.heapsnap("report", leaking.before.name, leaking.after.name, "-o", "page.html")
    assert answer.returncode == 0, answer.stderr
    page = (leaking.folder / "page.html").read_text(encoding="utf-8")
    counts = f"({REQUESTS} → {2 * REQUESTS})"
    assert f"{REQUESTS} more <code>DictCursor</code> objects {counts}" in page
    assert "are garbage that only their own cycle keeps" in page
    assert "do not patch bound methods on to instances" in page


def test_the_picture_of_lost_cursors_is_a_cycle(leaking: Run) -> None:
    leaking.diff()
    answer = leaking.heapsnap("graph", "DictCursor", "--backrefs", "-o", "lost.dot")
    assert answer.returncode == 0, answer.stderr
    lines = (leaking.folder / "lost.dot").read_text(encoding="utf-8").splitlines()
    arrows = [line.split(" [")[0].strip() for line in lines if " -> " in line]
    assert arrows == ["n0 -> n1", "n1 -> n0"]
    cursors, methods = (line for line in lines if line.startswith(("  n0 [", "  n1 [")))
    assert f"{2 * REQUESTS} objects" in cursors
    assert f"+{REQUESTS}" in cursors
    assert "bound method fetchall_items" in methods


def test_the_picture_of_registered_cursors_has_the_module_on_top(registered: Run) -> None:
    registered.diff()
    answer = registered.heapsnap("graph", "DictCursor", "--backrefs", "-o", "kept.dot")
    assert answer.returncode == 0, answer.stderr
    source = (registered.folder / "kept.dot").read_text(encoding="utf-8")
    assert "module __main__" in source
    assert ".CALLBACKS" in source
    assert "dashed" not in source
