"""The story's two snapshots hold what the program itself counted, whatever the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.snapshot.reader import load
from tests.story.run import REQUESTS, run_two_rounds

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.snapshot.model import Snapshot
    from tests.story.run import Run


def find_cursors(snapshot: Snapshot) -> list[int]:
    """The nodes of all cursors, of either class."""
    is_cursor = [type_.qualname in {"DictCursor", "ItemCursor"} for type_ in snapshot.types]
    return [node for node, type_ in enumerate(snapshot.type_by_node.tolist()) if is_cursor[type_]]


def count_cursors(path: Path) -> int:
    """How many cursors a snapshot holds."""
    return len(find_cursors(load(path)))


def referents_by_name(snapshot: Snapshot, node: int) -> dict[str, int]:
    """What an object refers to, by the name of the reference."""
    first, end = snapshot.first_edge_by_node[node : node + 2].tolist()
    names = [snapshot.edge_names[name] for name in snapshot.name_by_edge[first:end].tolist()]
    return dict(zip(names, snapshot.referent_by_edge[first:end].tolist(), strict=True))


def attributes(snapshot: Snapshot, node: int) -> dict[str, int]:
    """An instance's attributes, in a dict of its own or (from CPython 3.11 on) inline."""
    referents = referents_by_name(snapshot, node)
    if ".__dict__" not in referents:
        return referents
    items = referents_by_name(snapshot, referents[".__dict__"])
    return {f".{name[2:-2]}": value for name, value in items.items()}


def test_a_snapshot_holds_as_many_cursors_as_the_program_counted(leaking: Run) -> None:
    assert (count_cursors(leaking.before), count_cursors(leaking.after)) == leaking.alive


def test_each_leaked_cursor_is_held_once_by_the_method_that_it_holds(leaking: Run) -> None:
    snapshot = load(leaking.after)
    cursors = find_cursors(snapshot)
    methods = [attributes(snapshot, cursor)[".fetchall_items"] for cursor in cursors]
    assert [attributes(snapshot, method)[".__self__"] for method in methods] == cursors
    assert snapshot.refcount_by_node[cursors].tolist() == [1] * (2 * REQUESTS)


def test_it_does_so_when_a_module_holds_them(registered: Run) -> None:
    assert (count_cursors(registered.before), count_cursors(registered.after)) == registered.alive


def test_frozen_objects_are_in_the_snapshot(tmp_path: Path) -> None:
    run = run_two_rounds(tmp_path, ["--collector", "frozen"])
    assert (count_cursors(run.before), count_cursors(run.after)) == run.alive


def test_snapshots_of_the_repaired_program_hold_no_cursor(fixed: Run) -> None:
    assert (count_cursors(fixed.before), count_cursors(fixed.after)) == (0, 0)
