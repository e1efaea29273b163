"""The commands that hand a snapshot on to other tools: as files of theirs, as tables for SQL."""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapsnap.cli.choose import choose_snapshot
from heapsnap.cli.options import EVERYTHING, All, AsJson, Most, told
from heapsnap.errors import ExportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heapsnap.analysis.heap.places import Places


class Format(str, Enum):
    """What a snapshot can be written as."""

    HEAPSNAPSHOT = "heapsnapshot"
    PARQUET = "parquet"
    SPEEDSCOPE = "speedscope"
    PPROF = "pprof"
    FOLDED = "folded"
    GRAPHML = "graphml"


ENDINGS = {
    Format.HEAPSNAPSHOT: ".heapsnapshot",
    Format.PARQUET: ".parquet",
    Format.SPEEDSCOPE: ".speedscope.json",
    Format.PPROF: ".pb.gz",
    Format.FOLDED: ".folded",
    Format.GRAPHML: ".graphml",
}
ONE_EACH = (Format.HEAPSNAPSHOT, Format.PARQUET)
"""Formats of which every snapshot gets its own file, or folder; the others compare two."""

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Snapshots, oldest first.")]
To = Annotated[Format, typer.Option("--to", help="The format.", show_default=False)]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        help="The file; of several snapshots, the folder. Else a name like theirs, here.",
        show_default=False,
    ),
]
Surroundings = Annotated[
    str | None,
    typer.Option(
        "--type", metavar="TYPE", help="For graphml: whose surroundings.", show_default=False
    ),
]
Words = Annotated[
    list[str], typer.Argument(metavar="[FILE] QUERY", help="A snapshot, then one SELECT.")
]


def export(files: Files, *, to: To, output: Output = None, of_type: Surroundings = None) -> None:
    """Write for Chrome's DevTools, memlab, Parquet, speedscope, pprof, flamegraph.pl or GraphML."""
    from heapsnap.cli.progress import Waiting
    from heapsnap.export.object_ids import ObjectIds

    _check(files, to, of_type)
    targets = _targets(files, to, output)
    ids = ObjectIds()
    with Waiting() as waiting:
        for sources, target in targets:
            from heapsnap.analysis.heap.places import Places

            heaps = [Places(waiting.load(source)) for source in sources]
            waiting.step(f"writing {target.name}")
            with _told(target):
                if to is Format.HEAPSNAPSHOT:
                    from heapsnap.export.heapsnapshot import write_heapsnapshot

                    write_heapsnapshot(heaps[0], ids, target)
                elif to is Format.PARQUET:
                    from heapsnap.export.parquet import write_parquet

                    write_parquet(heaps[0], target)
                elif to is Format.GRAPHML:
                    from heapsnap.export.networks import write_graphml

                    assert of_type is not None
                    write_graphml(heaps[0], of_type, target)
                else:
                    _write_profile(heaps, to, target)
    for _, target in targets:
        typer.echo(f"wrote {target}")


def _check(files: Sequence[Path], to: Format, of_type: str | None) -> None:
    most = len(files) if to in ONE_EACH else 1 if to is Format.GRAPHML else 2
    if len(files) > most:
        raise UsageError(
            f"--to {to.value} takes {most} snapshot{'s' if most > 1 else ''}, found {len(files)}",
            hint="name the first and the last" if most > 1 else "name the one to draw from",
        )
    if (of_type is None) == (to is Format.GRAPHML):
        raise UsageError(
            "--type goes with --to graphml, which needs it: a whole heap is too much for a graph",
            hint="heapsnap export b.json --to graphml --type DictCursor",
        )


def _targets(
    files: Sequence[Path], to: Format, output: Path | None
) -> list[tuple[Sequence[Path], Path]]:
    """What is read for each file that is written."""
    ending = ENDINGS[to]
    if to not in ONE_EACH or len(files) == 1:
        return [(files, output or Path(_stem(files[-1]) + ending))]
    folder = output or Path()
    folder.mkdir(parents=True, exist_ok=True)
    targets = [folder / (_stem(file) + ending) for file in files]
    if len(set(targets)) < len(targets):
        raise UsageError(
            "two of the snapshots have the same name, and would be written to the same file",
            hint="export them one by one, each with -o",
        )
    return [([file], target) for file, target in zip(files, targets, strict=True)]


def _stem(file: Path) -> str:
    return file.name.removesuffix(".gz").removesuffix(".zst").removesuffix(".json")


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """A file that cannot be written is told as an error."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"cannot write '{target}': {(error.strerror or str(error)).lower()}",
            hint="choose another place with -o",
        ) from error


def _write_profile(heaps: Sequence[Places], to: Format, target: Path) -> None:
    from heapsnap.export.stacks import find_stacks, folded_lines

    stacks = find_stacks(heaps)
    if to is Format.PPROF:
        from heapsnap.export.pprof import pprof_profile

        time_seconds = float(heaps[-1].snapshot.header["time"])
        target.write_bytes(pprof_profile(stacks, time_seconds=time_seconds))
    elif to is Format.SPEEDSCOPE:
        from heapsnap.export.speedscope import speedscope_document
        from heapsnap.render.jsontext import json_text

        target.write_text(json_text(speedscope_document(stacks)), encoding="utf-8")
    else:
        with target.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in folded_lines(stacks))


def sql(
    words: Words,
    *,
    most: Most = 100,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Ask a snapshot in SQL: tables objects, refs, types, roots, paths (docs/sql.md)."""
    from heapsnap.analysis.heap.places import Places
    from heapsnap.cli.output import write_json, write_lines
    from heapsnap.cli.progress import Waiting
    from heapsnap.export.sql import query
    from heapsnap.render.rows import render_rows, rows_json

    *named, question = words
    if len(named) > 1:
        raise UsageError(
            f"found {len(words)} words, expected a file and a query",
            hint="put the query into quotes",
        )
    choice = told(choose_snapshot(Path(named[0]) if named else None))
    with Waiting() as waiting:
        heap = Places(waiting.load(choice.snapshot))
        waiting.step("the query")
        result = query(heap, question, most=EVERYTHING if everything else most)
    if as_json:
        write_json(rows_json(result.columns, result.rows, is_cut=result.is_cut))
    else:
        write_lines(render_rows(result.columns, result.rows, is_cut=result.is_cut))
