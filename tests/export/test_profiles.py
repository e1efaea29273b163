"""Stacks of references in the formats of profilers, read by readers that are not ours."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from heapsnap.analysis.heap.places import Places
from heapsnap.export.pprof import pprof_profile
from heapsnap.export.speedscope import speedscope_document
from heapsnap.export.stacks import DEEPEST, find_stacks, folded_lines
from heapsnap.snapshot.reader import load
from tests.export.heaps_to_export import write_series
from tests.export.pprof_message import Profile
from tests.heaps import load_heap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from heapsnap.export.stacks import Stacks

FLAMEGRAPH = "/usr/share/perl5/Devel/NYTProf"
"""Where Debian's package of a profiler for Perl brings the script."""
CURSORS = "app (module);.__dict__ dict;.REGISTRY Registry;.cache dict;[*] DictCursor"


@pytest.fixture(scope="module")
def heaps(tmp_path_factory: pytest.TempPathFactory) -> list[Places]:
    folder = tmp_path_factory.mktemp("profiles")
    return [Places(load(path)) for path in write_series(folder, 5, 55)]


@pytest.fixture(scope="module")
def alone(heaps: list[Places]) -> Stacks:
    return find_stacks(heaps[1:])


@pytest.fixture(scope="module")
def both(heaps: list[Places]) -> Stacks:
    return find_stacks(heaps)


def test_every_byte_is_in_one_stack(alone: Stacks, heaps: list[Places]) -> None:
    total = int(heaps[1].snapshot.shallow_bytes_by_node.sum())
    assert sum(stack.bytes[0] for stack in alone.stacks) == total
    assert sum(stack.objects[0] for stack in alone.stacks) == heaps[1].snapshot.node_count


def test_folded_lines_are_root_first(alone: Stacks, both: Stacks) -> None:
    assert f"{CURSORS} 11000" in set(folded_lines(alone))
    assert f"{CURSORS} 1000 11000" in set(folded_lines(both))


def test_no_name_ends_a_frame_or_a_line(alone: Stacks) -> None:
    for text in folded_lines(alone):
        assert text.isprintable()
        stack, _, size = text.rpartition(" ")
        assert size.isdecimal()
        assert all(stack.split(";"))


def test_pprof_is_what_its_message_says(alone: Stacks) -> None:
    told = Profile.FromString(gzip.decompress(pprof_profile(alone, time_seconds=12.5)))
    texts = told.string_table
    kinds = [(texts[kind.type], texts[kind.unit]) for kind in told.sample_type]
    assert kinds == [("objects", "count"), ("space", "bytes")]
    assert told.time_nanos == 12_500_000_000
    function_names = {function.id: texts[function.name] for function in told.function}
    names = {place.id: function_names[place.line[0].function_id] for place in told.location}
    stacks = {
        ";".join(names[number] for number in reversed(sample.location_id)): list(sample.value)
        for sample in told.sample
    }
    assert stacks[CURSORS] == [55, 11_000]
    assert sum(value[1] for value in stacks.values()) == sum(s.bytes[0] for s in alone.stacks)


def test_pprof_of_two_heaps_is_what_grew(both: Stacks) -> None:
    reverse = Profile.FromString(gzip.decompress(pprof_profile(both, time_seconds=0)))
    assert sorted(list(sample.value) for sample in reverse.sample) == [
        [50, 50 * 64],
        [50, 50 * 200],
    ]


def test_pprof_of_a_heap_that_shrank_is_negative(heaps: list[Places]) -> None:
    stacks = find_stacks(heaps[::-1])
    told = Profile.FromString(gzip.decompress(pprof_profile(stacks, time_seconds=0)))
    assert {tuple(sample.value) for sample in told.sample} == {(-50, -3200), (-50, -10000)}


def test_speedscope_is_as_its_own_schema_says(
    alone: Stacks, both: Stacks, node_modules: Path
) -> None:
    release = node_modules / "node_modules" / "speedscope" / "dist" / "release"
    schema = json.loads((release / "file-format-schema.json").read_text())
    for stacks in (alone, both):
        document = json.loads(json.dumps(speedscope_document(stacks)))
        jsonschema.validate(document, schema)
    names = [profile["name"] for profile in document["profiles"]]
    assert names == ["bytes that came", "bytes that went", "bytes in a.json", "bytes in b.json"]
    assert [profile["endValue"] for profile in document["profiles"]][:2] == [13_200, 0]


def test_a_stack_without_end_is_cut(tmp_path: Path) -> None:
    steps = DEEPEST + 50
    chain = " -.x-> ".join(f"n{number}:Type{number}" for number in range(steps))
    stacks = find_stacks([Places(load_heap(f"module app -.first-> {chain}"))])
    assert max(len(stack.frames) for stack in stacks.stacks) == DEEPEST
    assert sum(stack.objects[0] for stack in stacks.stacks) == steps + 1


def frames_of(document: dict[str, Any]) -> list[str]:
    return [frame["name"] for frame in document["shared"]["frames"]]


def test_hostile_names_stay_in_their_texts(alone: Stacks) -> None:
    document = json.loads(json.dumps(speedscope_document(alone)))
    assert any("evil\x1b[2J" in name for name in frames_of(document))


def test_speedscope_opens_each_of_them(
    alone: Stacks, both: Stacks, speedscope: Callable[[Path], str], tmp_path: Path
) -> None:
    files = {
        "b.speedscope.json": json.dumps(speedscope_document(both)).encode(),
        "b.pb.gz": pprof_profile(alone, time_seconds=12.5),
        "b.folded": "\n".join(folded_lines(alone)).encode(),
    }
    titles = ("a.json -&gt; b.json", "b.pb.gz", "b.folded")
    for (name, content), title in zip(files.items(), titles):
        (tmp_path / name).write_bytes(content)
        page = speedscope(tmp_path / name)
        assert f"<title>{title} - speedscope</title>" in page
        if name.endswith(".json"):
            assert re.search(r"bytes that came</span></td><td[^>]*>12\.89 KB<", page)


def test_flamegraph_pl_draws_what_is_held_and_what_grew(
    alone: Stacks, both: Stacks, tmp_path: Path
) -> None:
    script = shutil.which("flamegraph.pl", path=f"{os.environ['PATH']}{os.pathsep}{FLAMEGRAPH}")
    if script is None:
        pytest.skip("flamegraph.pl is not installed (Debian: libdevel-nytprof-perl)")
    for stacks in (alone, both):
        drawn = subprocess.run(
            [script, "--countname", "bytes", "--minwidth", "0"],
            input="".join(f"{line}\n" for line in folded_lines(stacks)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (drawn.returncode, drawn.stderr) == (0, "")
        assert "DictCursor" in drawn.stdout


def test_go_s_pprof_adds_up_what_grew(both: Stacks, tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed (Debian: golang-go)")
    file = tmp_path / "growth.pb.gz"
    file.write_bytes(pprof_profile(both, time_seconds=0))
    command = ["go", "tool", "pprof", "-top", "-cum", "-sample_index=space", "-unit=bytes"]
    told = subprocess.run(
        [*command, file],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PPROF_TMPDIR": str(tmp_path)},
    )
    assert told.returncode == 0, told.stderr
    assert "Type: space" in told.stdout
    assert re.search(r"13200B +100% +app \(module\)\n", told.stdout), told.stdout
    assert re.search(r"10000B 75\.76% .* \[\*\] DictCursor\n", told.stdout), told.stdout
