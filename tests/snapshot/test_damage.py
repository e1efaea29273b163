"""Files that are not what they should be: each gets one error that says so."""

# ruff: noqa: E501 - one damage a line, with all of its error, reads best.

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heapsnap.errors import (
    DamagedSnapshotError,
    HeapsnapError,
    NotASnapshotError,
    SnapshotNotFoundError,
)
from heapsnap.snapshot import lines
from heapsnap.snapshot.reader import load
from tests.documents import write_document
from tests.heaps import address_of, draw, node_of

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.snapshot.model import Snapshot

CHANGED = "copy the file again, or take a new snapshot"
LINES = "the line breaks are part of the format: use the file as heapsnap wrote it"
CUT = "the process was stopped before it wrote an object: take a new snapshot"
OTHER = "name a file that heapsnap wrote"
NOWHERE = "the snapshot contradicts itself: take a new one, and report it as a bug"


def parts(**changes: Any) -> dict[str, Any]:
    drawn = draw(
        "root -.cache-> cache -['k']-> cursor:DictCursor -.text-> text:str",
        "cache -['l']-> other:DictCursor -.cache-> cache",
        threads={"MainThread": ["main (app.py:3) c=cursor"]},
        rows_per_chunk=2,
    )
    return {**drawn, **changes}


def small_file(folder: Path, name: str = "a.json") -> Path:
    return write_document(folder / name, **parts())


def complaint(path: Path) -> tuple[type[HeapsnapError], str, str]:
    with pytest.raises(HeapsnapError) as caught:
        load(path)
    message = caught.value.message.replace(str(path), "FILE")
    return type(caught.value), message, caught.value.hint


def changed_chunk(folder: Path, number: int = 0, **columns: Any) -> Path:
    document = parts()
    document["chunks"][number] = {**document["chunks"][number], **columns}
    return write_document(folder / "a.json", **document)


def edit(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    return path


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.json") == (
        SnapshotNotFoundError,
        f"no file '{tmp_path}/none.json'".replace(f"{tmp_path}/none.json", "FILE"),
        "look where the process writes them: $HEAPSNAP_DIR",
    )


@pytest.mark.parametrize("name", ["x" * 5000, "nul\0byte.json"])
def test_a_path_that_cannot_be_is_an_error_like_others(tmp_path: Path, name: str) -> None:
    kind, message, hint = complaint(tmp_path / name)
    assert (kind, hint) == (SnapshotNotFoundError, "check the path")
    assert message.startswith("cannot open 'FILE': ")


def test_a_file_of_another_user_asks_for_that_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = small_file(tmp_path)
    monkeypatch.setattr("builtins.open", refuse)  # chmod would not stop root
    assert complaint(path) == (
        SnapshotNotFoundError,
        "cannot open 'FILE': permission denied",
        "snapshots are private to the user that the process ran as: read it as that user",
    )


def test_a_folder_and_a_pipe_are_no_snapshots_and_nobody_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    hint = "name a file that ends in .json or .json.gz"
    assert complaint(tmp_path) == (
        NotASnapshotError, "'FILE' is a folder, expected a snapshot", hint,
    )  # fmt: skip
    assert complaint(tmp_path / "pipe") == (
        NotASnapshotError, "'FILE' is no regular file, expected a snapshot", hint,
    )  # fmt: skip


NO_JSON = '\'FILE\' is no snapshot: line 1 is no JSON, expected {"format":"heapsnap"...'
OTHER_JSON = '\'FILE\' is other JSON, expected "format": "heapsnap"'


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "'FILE' is empty, expected a snapshot", "was the disk full? take a new snapshot"),
        (b"\x00" * 300, NO_JSON, OTHER),
        (bytes(range(256)) * 9, NO_JSON, OTHER),
        (b"\xff\xfe\n", NO_JSON, OTHER),
        (b"[" * 100_000 + b"\n", NO_JSON, OTHER),
        (b'{\n  "format": "heapsnap",\n', NO_JSON, LINES),
        (b"{}\n", OTHER_JSON, OTHER),
        (b"3\n", OTHER_JSON, OTHER),
        (b"null", OTHER_JSON, OTHER),
        (b'{"format":"other","version":1}\n', OTHER_JSON, OTHER),
        (b'{"format":["heapsnap"],"version":1}\n', OTHER_JSON, OTHER),
    ],
)
def test_other_files_are_no_snapshots(
    tmp_path: Path, content: bytes, message: str, hint: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert complaint(path) == (NotASnapshotError, message, hint)
    if content:
        path.write_bytes(gzip.compress(content))
        assert complaint(path) == (NotASnapshotError, message, hint)


@pytest.mark.parametrize("version", [0, 2, 1.0, True, "1", None, 10**30])
def test_another_version_is_refused_by_its_number(tmp_path: Path, version: Any) -> None:
    path = edit(small_file(tmp_path), b'"version":1', b'"version":' + json.dumps(version).encode())
    kind, message, hint = complaint(path)
    assert (kind, hint) == (
        NotASnapshotError, "read it with the version of heapsnap that wrote it",
    )  # fmt: skip
    assert message.endswith("of the format, expected 1")


@pytest.mark.parametrize("indent", [None, 1])
def test_the_same_document_in_other_lines_is_refused_for_its_lines(
    tmp_path: Path, indent: int | None
) -> None:
    path = small_file(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=indent))
    kind, _, hint = complaint(path)
    assert issubclass(kind, (NotASnapshotError, DamagedSnapshotError))
    assert hint == LINES


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (b'"pid":4711', b'"pid":true', "line 1 of 'FILE': header: 'pid' is a boolean, expected an integer", CHANGED),
        (b'"pid":4711', b'"pid":null', "line 1 of 'FILE': header: 'pid' is missing or null, expected an integer", CHANGED),
        (b'"enabled":true', b'"argv":5,"enabled":3', "line 1 of 'FILE': header.gc: 'enabled' is an integer, expected a boolean", CHANGED),
        (b'"argv":["app.py"]', b'"argv":[1]', "line 1 of 'FILE': header: 'argv' holds an integer, expected text", CHANGED),
        (b'"header":{', b'"header":3,"x":{', "line 1 of 'FILE': header is an integer, expected an object", CHANGED),
        (b'"rss_bytes":21000000', b'"rss_bytes":"much"', "line 1 of 'FILE': header.memory: 'rss_bytes' is text, expected an integer or null", CHANGED),
        (b'"roots":', b'"toors":', "line 2 of 'FILE': expected '\"roots\":{', found '\"toors\":{\"modules\":{'", LINES),
        (b'"modules":{"root":', b'"modules":{"root":-', f"line 2 of 'FILE': module 'root': the address is {-address_of('module root')}, expected 1 to 2**63-1", CHANGED),
        (b'"names":["c"]', b'"names":[]', "line 2 of 'FILE': a frame has 0 names and 1 addresses", CHANGED),
        (b'"local":', b'"locam":', "line 2 of 'FILE': a thread has no 'local'", CHANGED),
        (b'"ident":1000', b'"ident":"1"', "line 2 of 'FILE': a thread: 'ident' is text, expected an integer", CHANGED),
        (b'"chunks":[', b'"chunks":{', "line 3 of 'FILE': expected '\"chunks\":[', found '\"chunks\":{'", LINES),
        (b'},\n{"tracked"', b'}\n{"tracked"', "line 5 of 'FILE': expected '],' after the last chunk", LINES),
        (b"}\n],\n", b"},\n],\n", "line 6 of 'FILE': expected a chunk after the comma", LINES),
        (b'"end":', b'"dne":', "line 7 of 'FILE': expected '\"end\":{', found '\"dne\":{\"rows\":5,\"ref'", LINES),
        (b'"rows":5', b'"rows":6', "line 7 of 'FILE': the file holds 5 rows, its end says 6", CHANGED),
        (b'"complete":true', b'"complete":1', "line 7 of 'FILE': the end: 'complete' is an integer, expected a boolean", CHANGED),
        (b'"complete":true}}\n', b'"complete":true}}\nmore\n', "line 8 of 'FILE': expected nothing after the end", CHANGED),
        (b'"heap":true', b'"heap":0', "line 4 of 'FILE': a type: 'heap' is an integer, expected a boolean", CHANGED),
    ],
)  # fmt: skip
def test_each_damage_is_named_with_its_line(
    tmp_path: Path, old: bytes, new: bytes, message: str, hint: str
) -> None:
    path = edit(small_file(tmp_path), old, new)
    assert complaint(path) == (DamagedSnapshotError, message, hint)


@pytest.mark.parametrize(
    ("columns", "finding"),
    [
        ({"type": [0]}, "column 'type' has 1 values, expected pairs"),
        ({"type": [0, 1]}, "column 'type' speaks of 1 rows, expected 3"),
        ({"type": [0, 2, 1, 2**62]}, f"column 'type' holds {2**62}, expected 0 to 3"),
        ({"size": [1]}, "column 'type' speaks of 3 rows, expected 1"),
        ({"size": [1, 1, 1, 1]}, "column 'type' speaks of 3 rows, expected 4"),
        ({"address": [16]}, "column 'address' has 1 values, expected at least 3"),
        ({"refcount": [1, 1, 1, 1]}, "column 'refcount' has 4 values, expected at most 3"),
        ({"shape": [0]}, "column 'shape' has 1 values, expected 2"),
        ({"out": [1, 1]}, "column 'to' has 3 values, expected the sum of 'out', 2"),
        ({"out": [2**62, 2**62]}, f"column 'out' holds {2**62}, expected 0 to 3"),
        ({"to": [0, 1, 9]}, "column 'to' holds 9, expected 0 to 4"),
        ({"to": [0, 1, -1]}, "column 'to' holds -1, expected 0 to 4"),
        ({"type": [0, 2, 9, 1]}, "column 'type' holds 9, expected 0 to 2"),
        ({"shape": [0, 2]}, "column 'shape' holds 2, expected 0 to 1"),
        ({"size": [1, 1, -1]}, "column 'size' holds -1, expected 0 to 9223372036854775807"),
        ({"refcount": [1, -2]}, "column 'refcount' holds -2, expected -1 to 9223372036854775807"),
        ({"size": [1, True]}, "column 'size' holds a boolean, expected integers"),
        ({"size": [1, 1.5]}, "column 'size' holds the number 1.5, expected integers"),
        ({"size": [1, "1"]}, "column 'size' holds text, expected integers"),
        ({"size": [1, None]}, "column 'size' holds missing or null, expected integers"),
        ({"size": [1, [1]]}, "column 'size' holds a list, expected integers"),
        ({"size": [1, 2**63]}, f"column 'size' holds {2**63}, expected less than 2**63"),
        ({"size": [1, 2**64]}, f"column 'size' holds the number {float(2**64)!r}, expected integers"),
        ({"size": {"0": 1}}, "column 'size' is an object, expected a list of integers"),
        ({"size": None}, "column 'size' is missing or null, expected a list of integers"),
        ({"tracked": True}, "'tracked' is a boolean, expected an integer"),
        ({"tracked": 3}, "'tracked' is 3, expected 0 to 2"),
        ({"types": {}}, "'types' is an object, expected a list"),
        ({"shapes": [[]]}, "column 'shape' holds 1, expected 0 to 0"),
        ({"shapes": [[".a"], 3]}, "a shape is an integer, expected a list of names"),
        ({"shapes": [[".a"], [3]]}, "a shape holds an integer, expected names, each with a count or without"),
        ({"shapes": [[".a"], ["x", 1, 1]]}, "a shape holds an integer, expected names, each with a count or without"),
        ({"shapes": [[".a"], ["x", None]]}, "a shape holds missing or null, expected names, each with a count or without"),
        ({"site": [0]}, "column 'site' has 1 values, expected 3"),
        ({"site": [0, 0, 1]}, "column 'site' holds 1, expected 0 to 0"),
        ({"site": [0, 0, 2], "sites": [["a.py", 1]]}, "column 'site' holds 2, expected 0 to 1"),
        ({"site": None}, "column 'site' is missing or null, expected a list of integers"),
        ({"sites": {}}, "'sites' is an object, expected a list"),
        ({"sites": [["a.py", "1"]]}, "a site is ['a.py', '1'], expected a file and a line"),
        ({"names": []}, "'names' is a list, expected an object"),
        ({"names": {"row": [0], "name": [1]}}, "'names.name' is no list of texts"),
        ({"names": {"row": [0], "name": []}}, "column 'names.name' has 0 values, expected 1"),
        ({"names": {"row": [3], "name": ["x"]}}, "column 'names.row' holds 3, expected 0 to 2"),
    ],
)  # fmt: skip
def test_each_wrong_column_is_named_with_what_was_found_and_expected(
    tmp_path: Path, columns: dict[str, Any], finding: str
) -> None:
    path = changed_chunk(tmp_path, **columns)
    assert complaint(path) == (DamagedSnapshotError, f"line 4 of 'FILE': {finding}", CHANGED)


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        ([], "'found_in_memory' is a list, expected an object"),
        ({"holder": []}, "'found_in_memory' has no 'held'"),
        ({"holder": [16], "held": []}, "'found_in_memory' has 1 holders of 0 objects"),
        (
            {"holder": [16], "held": [True]},
            "'found_in_memory': the address is a boolean, expected an integer",
        ),
        (
            {"holder": [0], "held": [16]},
            "'found_in_memory': the address is 0, expected 1 to 2**63-1",
        ),
    ],
)
def test_what_was_found_in_memory_is_pairs_of_addresses(
    tmp_path: Path, found: Any, finding: str
) -> None:
    document = parts()
    end = {**document["end"], "found_in_memory": found}
    path = write_document(tmp_path / "a.json", **{**document, "end": end})
    kind, message, _ = complaint(path)
    assert kind is DamagedSnapshotError
    assert message.partition(": ")[2] == finding


@pytest.mark.parametrize("address", [0, -16])
def test_addresses_are_positive(tmp_path: Path, address: int) -> None:
    path = changed_chunk(tmp_path, address=[address, 32, 16, 16, 16])
    finding = f"column 'address' holds {address}, expected 1 to 9223372036854775807"
    assert complaint(path) == (DamagedSnapshotError, f"line 4 of 'FILE': {finding}", CHANGED)


def test_references_to_nowhere_are_damage_in_a_complete_file(tmp_path: Path) -> None:
    document = parts()
    steps = document["chunks"][0]["address"]
    steps[-1] += 48 - sum(steps)
    path = write_document(tmp_path / "a.json", **document)
    message = "references to nowhere: no row describes the address 48 (1 such in this line)"
    assert complaint(path) == (DamagedSnapshotError, f"line 4 of 'FILE': {message}", NOWHERE)


def with_references_to_nowhere(path: Path, *, lost: int, sound: int) -> Path:
    """A list of as many items, the last of which have no row."""
    document = draw("root -[0]-> item:Item")
    chunk = document["chunks"][0]
    step = 48 - sum(chunk["address"])
    chunk = {**chunk, "address": [*chunk["address"], step], "to": list(chunk["to"])}
    first = chunk["out"][0]
    chunk["out"] = [first + sound + lost, *chunk["out"][1:]]
    chunk["to"][first:first] = [1] * sound + [len(chunk["address"]) - 1] * lost
    document["chunks"][0] = chunk
    document["end"] = {**document["end"], "references": len(chunk["to"])}
    return write_document(path, **document)


def test_a_few_references_to_nowhere_are_left_out_and_said(tmp_path: Path) -> None:
    snapshot = load(with_references_to_nowhere(tmp_path / "a.json", lost=2, sound=2000))
    assert snapshot.is_complete
    assert snapshot.header["not_seen"] == [
        "2 references lead to objects that no row describes: left out"
    ]
    assert len(snapshot.referent_by_edge) == 2001
    assert snapshot.referent_by_edge.min() >= 0
    assert snapshot.first_edge_by_node[-1] == 2001


def test_more_than_one_of_a_thousand_is_damage(tmp_path: Path) -> None:
    kind, message, _ = complaint(
        with_references_to_nowhere(tmp_path / "a.json", lost=3, sound=2000)
    )
    assert kind is DamagedSnapshotError
    assert "references to nowhere" in message


def test_a_root_that_leads_nowhere_is_damage_in_a_complete_file(tmp_path: Path) -> None:
    document = parts()
    document["roots"]["modules"]["lost"] = 48
    path = write_document(tmp_path / "a.json", **document)
    message = "roots that lead nowhere: no row describes the address 48 (1 such among the roots)"
    assert complaint(path) == (DamagedSnapshotError, f"line 2 of 'FILE': {message}", NOWHERE)


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT_BYTES", 1 << 16)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 10_000_000))
    finding = "line 1 of 'FILE': longer than 65536 bytes, expected one chunk a line"
    assert complaint(path) == (DamagedSnapshotError, finding, LINES)


def test_corrupt_gzip_data_is_named(tmp_path: Path) -> None:
    content = bytearray(small_file(tmp_path, "a.json.gz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "a.json.gz").write_bytes(content)
    kind, message, hint = complaint(tmp_path / "a.json.gz")
    assert (kind, hint) == (DamagedSnapshotError, CHANGED)
    assert "of 'FILE': " in message


def test_a_gzip_file_in_several_members_and_with_padding_is_whole(tmp_path: Path) -> None:
    content = small_file(tmp_path).read_bytes()
    members = [gzip.compress(content[start : start + 500]) for start in range(0, len(content), 500)]
    path = tmp_path / "a.json.gz"
    path.write_bytes(b"".join(members) + b"\0" * 512)
    assert load(path).is_complete


def test_too_little_memory_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    path = small_file(tmp_path)
    monkeypatch.setattr("heapsnap.snapshot.reader.assemble", fail)
    kind, message, hint = complaint(path)
    assert (kind, message) == (HeapsnapError, "not enough memory to read 'FILE'")
    assert "150 bytes" in hint


def test_a_disk_that_fails_is_an_error_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise OSError(5, "Input/output error")

    path = small_file(tmp_path, "a.json.gz")
    monkeypatch.setattr(lines._Inflated, "readinto", fail)
    assert complaint(path) == (
        DamagedSnapshotError,
        "line 1 of 'FILE' cannot be read: input/output error",
        "check the disk, and copy the file to another one",
    )


def load_or_complain(path: Path) -> Snapshot | None:
    """Load; None for an error that a user can read. Anything else is a failure."""
    try:
        return load(path)
    except HeapsnapError as error:
        assert error.message  # noqa: PT017
        assert error.hint  # noqa: PT017
        return None


def check_cut(snapshot: Snapshot) -> None:
    if snapshot.node_count:
        assert snapshot.referent_by_edge.min(initial=0) >= 0
        assert snapshot.referent_by_edge.max(initial=0) < snapshot.node_count
    assert snapshot.first_edge_by_node[-1] == snapshot.edge_count


def test_a_plain_file_cut_at_any_byte_tells_what_it_holds(tmp_path: Path) -> None:
    content = small_file(tmp_path).read_bytes()
    first_chunk = content.index(b'{"tracked"')
    roots_end = content.index(b'"chunks"')
    path = tmp_path / "cut.json"
    for length in range(1, len(content) - 1):
        path.write_bytes(content[:length])
        if length < roots_end:
            kind, message, hint = complaint(path)
            assert (kind, hint) == (DamagedSnapshotError, CUT), length
            assert message.endswith(("ends within the header", "ends within the roots"))
            continue
        snapshot = load(path)
        assert not snapshot.is_complete
        check_cut(snapshot)
        whole_chunks = content.count(b'\n{"tracked"', 0, length) - (
            b"\n" not in content[max(content.rfind(b'{"tracked"', 0, length), first_chunk) : length]
        ) * (length > first_chunk)
        assert snapshot.node_count == [0, 3, 5][max(whole_chunks, 0)], length


def test_a_gzip_file_cut_at_any_byte_gives_whole_lines_or_an_error(tmp_path: Path) -> None:
    content = small_file(tmp_path, "a.json.gz").read_bytes()
    path = tmp_path / "cut.json.gz"
    counts = set()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        snapshot = load_or_complain(path)
        if snapshot:
            check_cut(snapshot)
            counts.add(snapshot.node_count)
    assert counts == {0, 3, 5}


def test_a_file_without_its_end_drops_and_counts_what_it_lost(tmp_path: Path) -> None:
    content = small_file(tmp_path).read_bytes()
    path = tmp_path / "cut.json"
    path.write_bytes(content[: content.rindex(b'{"tracked"') + 40])
    snapshot = load(path)
    assert snapshot.header["not_seen"] == [
        "the file was cut: 2 references lead to objects that were lost with its end"
    ]
    assert snapshot.edge_count == 1
    assert snapshot.roots.modules == {"root": node_of(snapshot, "root")}
    assert snapshot.roots.threads[0].frames[0].locals == ()


def test_the_end_needs_no_line_break_to_be_whole(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    path.write_bytes(path.read_bytes().rstrip())
    assert load(path).is_complete


def test_an_end_that_says_incomplete_is_believed(tmp_path: Path) -> None:
    path = edit(small_file(tmp_path), b'"complete":true', b'"complete":false')
    assert not load(path).is_complete


FUZZ = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.integers(-5, 5) | st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63), 2**64, 10**40]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)  # fmt: skip


@FUZZ
@given(data=st.data())
def test_bytes_flipped_removed_or_moved_give_errors_at_most(
    tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(small_file(tmp_path).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        stop = start + data.draw(st.integers(0, 30))
        part = bytes(content[start:stop])
        flipped = bytes([content[start] ^ (1 << data.draw(st.integers(0, 7)))])
        digits = b"9" * data.draw(st.sampled_from([16, 17, 19, 20, 400]))
        changes = [
            b"",
            part[::-1],
            part * 2,
            flipped,
            b"\n",
            digits,
            data.draw(st.binary(max_size=8)),
        ]
        content[start:stop] = data.draw(st.sampled_from(changes))
    for packed in (bytes(content), gzip.compress(bytes(content))):
        path = tmp_path / "fuzz"
        path.write_bytes(packed)
        snapshot = load_or_complain(path)
        if snapshot:
            check_cut(snapshot)


@FUZZ
@given(data=st.data())
def test_any_value_in_place_of_any_other_gives_an_error_at_most(
    tmp_path: Path, data: st.DataObject
) -> None:
    document = json.loads(json.dumps(parts()))
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    if place is document:
        return
    place[key] = data.draw(VALUES)
    snapshot = load_or_complain(write_document(tmp_path / "a.json", **document))
    if snapshot:
        check_cut(snapshot)


@FUZZ
@given(junk=st.binary(max_size=200), is_packed=st.booleans())
def test_junk_is_no_snapshot(tmp_path: Path, junk: bytes, is_packed: bool) -> None:  # noqa: FBT001
    path = tmp_path / "junk"
    path.write_bytes(gzip.compress(junk) if is_packed else junk)
    assert load_or_complain(path) is None


@FUZZ
@given(order=st.permutations(range(7)))
def test_lines_in_another_order_give_an_error_at_most(tmp_path: Path, order: list[int]) -> None:
    content = small_file(tmp_path).read_bytes().splitlines(keepends=True)
    path = tmp_path / "reordered.json"
    path.write_bytes(b"".join(content[number] for number in order))
    snapshot = load_or_complain(path)
    if snapshot:
        check_cut(snapshot)
