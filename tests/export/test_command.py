"""``heapsnap export``: which files are written, and which requests are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.export.heaps_to_export import write_series

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

WRITTEN = {
    "heapsnapshot": ["a.heapsnapshot", "b.heapsnapshot"],
    "parquet": ["a.parquet", "b.parquet"],
    "speedscope": ["b.speedscope.json"],
    "pprof": ["b.pb.gz"],
    "folded": ["b.folded"],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_two_snapshots(name: str, folder: Path, heapsnap: Callable[..., Result]) -> None:
    write_series(folder, 5, 9)
    answer = heapsnap("export", "a.json", "b.json", "--to", name)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == "".join(f"wrote {file}\n" for file in WRITTEN[name])
    assert all((folder / file).exists() for file in WRITTEN[name])


def test_the_place_can_be_chosen(folder: Path, heapsnap: Callable[..., Result]) -> None:
    write_series(folder, 5, 9)
    assert heapsnap("export", "a.json", "--to", "folded", "-o", "x").stdout == "wrote x\n"
    several = heapsnap("export", "a.json", "b.json", "--to", "heapsnapshot", "-o", "out/v8")
    assert several.stdout.splitlines()[0] == "wrote out/v8/a.heapsnapshot"
    answer = heapsnap("export", "a.json", "--to", "graphml", "--type", "DictCursor")
    assert answer.stdout == "wrote a.graphml\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "start"),
    [
        (("a.json", "b.json", "a.json", "--to", "pprof"), 2, "--to pprof takes 2 snapshots"),
        (("a.json", "--to", "graphml"), 2, "--type goes with --to graphml"),
        (("a.json", "--to", "pprof", "--type", "x"), 2, "--type goes with --to graphml"),
        (("a.json", "a.json", "--to", "parquet"), 2, "two of the snapshots have the same name"),
        (("a.json", "--to", "folded", "-o", "no/such/place"), 1, "cannot write 'no/such/place'"),
        (("none.json", "--to", "folded"), 1, "no file"),
    ],
)
def test_what_cannot_be(
    arguments: tuple[str, ...],
    exit_code: int,
    start: str,
    folder: Path,
    heapsnap: Callable[..., Result],
) -> None:
    write_series(folder, 5, 9)
    answer = heapsnap("export", *arguments)
    assert (answer.exit_code, answer.stdout) == (exit_code, "")
    error, hint = answer.stderr.splitlines()
    assert error.startswith(f"error: {start}"), answer.stderr
    assert hint.startswith("hint: ")
