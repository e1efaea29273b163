"""The commands that answer from snapshots: parse, load, analyse, render, write.

What an analysis needs is imported in its verb: ``heapsnap --help`` waits for no numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapsnap.cli.choose import choose_snapshot, choose_snapshots, remember_diff
from heapsnap.cli.gate import (
    Accept,
    Accepted,
    FailOnGrowth,
    GrowingTypes,
    Tolerance,
    open_gate,
)
from heapsnap.cli.options import (
    EVERYTHING,
    All,
    AsJson,
    By,
    Groups,
    Most,
    NotThrough,
    OneFile,
    OneFileOrTwo,
    Picture,
    Since,
    Snapshot,
    Snapshots,
    Through,
    TypeName,
    check_several,
    told,
)
from heapsnap.cli.picture import check_picture, write_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.results import Diff, SnapshotFacts, Top, Why
    from heapsnap.snapshot.model import Snapshot as Heap


def diff(
    snapshots: Snapshots,
    *,
    most: Most = 10,
    everything: All = False,
    as_json: AsJson = False,
    fail_on_growth: FailOnGrowth = False,
    types: GrowingTypes = None,
    tolerance: Tolerance = 0,
    accepted: Accepted = None,
    accept: Accept = False,
) -> None:
    """What grew from one snapshot to the next, where, and how it is held."""
    from heapsnap.cli.answering import answer
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.diff import render_diff
    from heapsnap.render.jsontext import diff_json

    paths = check_several(snapshots)
    gate = open_gate(
        is_wanted=fail_on_growth, types=types, tolerance=tolerance, accepted=accepted, accept=accept
    )

    with Waiting() as waiting:

        def find(heaps: Sequence[Heap]) -> Diff:
            from heapsnap.analysis.answers.diff import diff as find_growth

            before, *between, after = heaps
            return find_growth(before=before, after=after, between=between, progress=waiting.step)

        if gate is None:
            result = answer(waiting, paths, ["diff"], find)
        else:
            heaps = waiting.load_all(paths)
            result = find(heaps)
    remember_diff(paths[0], paths[-1])
    if as_json:
        write_json(diff_json(result))
    else:
        write_lines(render_diff(result, width=screen_width(), most=None if everything else most))
    if gate is not None:
        gate.check(result, heaps)


def why(
    type_name: TypeName,
    files: OneFileOrTwo = None,
    *,
    snapshot: Snapshot = None,
    since: Since = None,
    through: Through = None,
    not_through: NotThrough = None,
    most: Groups = 5,
    everything: All = False,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Who holds the objects of a type: chains of references from the roots, grouped."""
    from heapsnap.cli.answering import answer
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.jsontext import why_json
    from heapsnap.render.why import render_why

    check_picture(picture)
    choice = told(choose_snapshots(snapshot, since, files))
    paths = [*filter(None, [choice.since]), choice.snapshot]
    wanted, unwanted = through or [], not_through or []
    max_groups = EVERYTHING if everything else most
    with Waiting() as waiting:

        def find(heaps: Sequence[Heap]) -> Why:
            from heapsnap.analysis.answers.why import why as find_holders

            *baseline, heap = heaps
            return find_holders(
                heap,
                type_name,
                since=baseline[0] if baseline else None,
                through=wanted,
                not_through=unwanted,
                max_groups=max_groups,
                progress=waiting.step,
            )

        result = answer(waiting, paths, ["why", type_name, wanted, unwanted, max_groups], find)
    if as_json:
        write_json(why_json(result))
    else:
        write_lines(render_why(result, width=screen_width(), in_full=everything))
    if picture is not None:
        from heapsnap.analysis.pictures.chain_pictures import picture_why

        write_picture(picture_why(result), picture)


def top(
    files: OneFile = None,
    *,
    snapshot: Snapshot = None,
    by: Annotated[By, typer.Option(help="What decides the order.")] = By.BYTES,
    most: Most = 20,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """The types of one snapshot, largest first."""
    from heapsnap.cli.answering import answer
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.jsontext import top_json
    from heapsnap.render.top import render_top

    choice = told(choose_snapshot(snapshot, files))

    def find(heaps: Sequence[Heap]) -> Top:
        from heapsnap.analysis.answers.top import top as find_largest

        return find_largest(heaps[-1], by=by.value)

    with Waiting() as waiting:
        result = answer(waiting, [choice.snapshot], ["top", by.value], find)
    if as_json:
        write_json(top_json(result))
    else:
        write_lines(render_top(result, width=screen_width(), most=None if everything else most))


def refs(
    type_name: TypeName,
    files: OneFile = None,
    *,
    snapshot: Snapshot = None,
    most: Most = 20,
    everything: All = False,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """What the objects of a type refer to; or one object, by its address or its own name."""
    from heapsnap.analysis.answers.refs import refs as find_references
    from heapsnap.analysis.pictures.chain_pictures import picture_refs
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.jsontext import refs_json
    from heapsnap.render.refs import render_refs

    check_picture(picture)
    choice = told(choose_snapshot(snapshot, files))
    with Waiting() as waiting:
        result = find_references(waiting.load(choice.snapshot), type_name)
    if as_json:
        write_json(refs_json(result))
    else:
        write_lines(render_refs(result, width=screen_width(), most=None if everything else most))
    if picture is not None:
        write_picture(picture_refs(result), picture)


def info(files: OneFile = None, *, snapshot: Snapshot = None, as_json: AsJson = False) -> None:
    """What a snapshot is: the process, its memory, its collector, what it could not see."""
    from heapsnap.cli.answering import answer
    from heapsnap.cli.output import screen_width, write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.info import render_info
    from heapsnap.render.jsontext import info_json

    choice = told(choose_snapshot(snapshot, files))

    def find(heaps: Sequence[Heap]) -> SnapshotFacts:
        from heapsnap.analysis.heap.facts import describe_snapshot
        from heapsnap.analysis.heap.places import Places

        heap = Places(heaps[-1])
        return describe_snapshot(heap.snapshot, heap.verdicts)

    with Waiting() as waiting:
        facts = answer(waiting, [choice.snapshot], ["info"], find)
    if as_json:
        write_json(info_json(facts))
    else:
        write_lines(render_info(facts, width=screen_width()))
