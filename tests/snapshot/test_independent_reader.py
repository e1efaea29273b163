"""Whether ``docs/format.md`` is enough: a reader written from it against heapsnap's own."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections import Counter
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from heapsnap.snapshot.model import NO_COUNT, NO_NODE, NO_SITE, ObjectType
from heapsnap.snapshot.model import Snapshot as LoadedSnapshot
from heapsnap.snapshot.reader import load
from tests.documents import HEADER, pack, write_document
from tests.snapshot.independent_reader import (
    GZIP_MAGIC,
    Object,
    Snapshot,
    count_by_type,
    number_positions,
    read,
)

CHECKOUT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
BYTES_HEADER = sys.getsizeof(b"")

# The lengths of its bytes tell the objects apart: values are in no snapshot.
PROGRAM = """
import collections, functools, sys, threading
import heapsnap

class Cursor:
    def __init__(self, rows, connection):
        self.rows = rows
        self.connection = connection

class Pair:
    __slots__ = ("left", "right")

def make_closure(first, second):
    def closure():
        return first, second
    return closure

cursors = [Cursor(bytes(1000 + n), bytes(2000 + n)) for n in range(3)]
as_dict = vars(Cursor(bytes(1003), bytes(2003)))
pair = Pair()
pair.left, pair.right = bytes(3000), bytes(3001)
table = {number: bytes(number) for number in range(5000)}
texts = {str(number): [number] for number in range(5000)}
records = [{"name": bytes(4000 + n), "value": bytes(5000 + n)} for n in range(4)]
closure = make_closure(bytes(6000), bytes(6001))
some = tuple(bytes(7000 + n) for n in range(5))
queue = collections.deque(bytes(8000 + n) for n in range(5))
wide = [[] for _ in range(3000)]
partial = functools.partial(print, 1, end="")
odd = {b"x": 1, 2.5: 2, (1, "a"): 3, Cursor: 4, "long" * 100: 5, "\\udc80'\\"": 6}
empty = {"nothing": None, "something": bytes(9000)}
local_data = threading.local()
loop = []
loop.append(loop)

stop, ready = threading.Event(), threading.Event()

def wait(of_thread):
    local_data.value = of_thread
    ready.set()
    stop.wait()

def run(local):
    try:
        raise KeyError(local)
    except KeyError:
        sys.exit(heapsnap.dump(sys.argv[1]) != sys.argv[1])

thread = threading.Thread(target=wait, args=[bytes(9001)], name="waiting", daemon=True)
thread.start()
ready.wait()
run({"a": 1})
"""

PROGRAM_WITHOUT_THREADS = """
import sys
import heapsnap

sys.modules.pop("threading", None)
empty = {"nothing": None, "something": bytes(9000)}
sys.exit(heapsnap.dump(sys.argv[1]) != sys.argv[1])
"""


def take_snapshot(program: str, path: Path, *flags: str) -> Path:
    done = subprocess.run(
        [sys.executable, *flags, "-c", program, str(path)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module", params=["heap.json", "heap.json.gz"])
def snapshot_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = take_snapshot(PROGRAM, tmp_path_factory.mktemp("independent") / request.param)
    assert path.read_bytes().startswith(GZIP_MAGIC) == path.name.endswith(".gz")
    return path


@pytest.fixture(scope="module")
def plain(snapshot_file: Path) -> Snapshot:
    return read(snapshot_file)


@pytest.fixture(scope="module")
def loaded(snapshot_file: Path) -> LoadedSnapshot:
    return load(snapshot_file)


def full_name(kind: ObjectType) -> str:
    return f"{kind.module}.{kind.qualname}"


PROGRAM_WITH_ZONE = """
import datetime, sys
import heapsnap

class Zone(datetime.tzinfo):
    pass

# A datetime is not the collector's, and holds its zone.
moments = [datetime.datetime(2000, 1, 1, tzinfo=Zone())]
assert heapsnap.dump(sys.argv[1]) is not None
"""


def object_of_node(loaded: LoadedSnapshot, node: int) -> Object:
    count, references = NO_COUNT, []
    if node < loaded.container_count:
        count = int(loaded.refcount_by_node[node])
        edges = slice(*loaded.first_edge_by_node[node : node + 2])
        references = [
            (loaded.edge_names[name], int(loaded.address_by_node[referent]))
            for name, referent in zip(
                loaded.name_by_edge[edges], loaded.referent_by_edge[edges], strict=True
            )
        ]
    site = NO_SITE if loaded.site_by_node is None else int(loaded.site_by_node[node])
    return Object(
        type_name=full_name(loaded.types[loaded.type_by_node[node]]),
        shallow_bytes=int(loaded.shallow_bytes_by_node[node]),
        refcount=None if count == NO_COUNT else count,
        references=references,
        site=None if site == NO_SITE else astuple(loaded.sites[site - 1]),
    )


def roots_by_address(loaded: LoadedSnapshot) -> dict[str, Any]:
    """The roots as the file writes them, but for frames: None where they have no row."""

    def address(node: int) -> int | None:
        return None if node == NO_NODE else int(loaded.address_by_node[node])

    return {
        "modules": {name: address(node) for name, node in loaded.roots.modules.items()},
        "interpreter": [
            {"name": name, "address": address(node)} for name, node in loaded.roots.interpreter
        ],
        "threads": [
            {
                "ident": thread.ident,
                "name": thread.name,
                "daemon": thread.is_daemon,
                "current": thread.is_current,
                "local": address(thread.local_node),
                "exception": address(thread.exception_node),
                "frames": [
                    {
                        "function": frame.function,
                        "module": frame.module,
                        "file": frame.file,
                        "line": frame.line,
                        "frame": address(frame.node),
                        "names": [name for name, _ in frame.locals],
                        "addresses": [address(node) for _, node in frame.locals],
                    }
                    for frame in thread.frames
                ],
            }
            for thread in loaded.roots.threads
        ],
    }


def assert_same_objects(plain: Snapshot, loaded: LoadedSnapshot) -> None:
    addresses = loaded.address_by_node.tolist()
    assert len(addresses) == len(set(addresses))
    assert set(plain.objects) == set(addresses)
    for node, address in enumerate(addresses):
        ours, theirs = plain.objects[address], object_of_node(loaded, node)
        assert ours[:3] == theirs[:3]
        assert ours.site == theirs.site
        assert Counter(ours.references) == Counter(theirs.references)
    assert loaded.edge_count == sum(len(one.references) for one in plain.objects.values())


def follow(plain: Snapshot, *names: str) -> Object:
    """The object at the end of references from ``__main__``, positions counted."""
    described = plain.objects[plain.roots["modules"]["__main__"]]
    for name in (".__dict__", *names):
        targets = _targets(described, name)
        if not targets:
            # Up to 3.10 every instance has a dict of its own.
            (own,) = _targets(described, ".__dict__")
            targets = _targets(plain.objects[own], f"[{name[1:]!r}]")
        (target,) = targets
        described = plain.objects[target]
    return described


def _targets(described: Object, name: str) -> list[int]:
    return [address for text, address in number_positions(described.references) if text == name]


def length_of_bytes(plain: Snapshot, *names: str) -> int:
    described = follow(plain, *names)
    assert described.type_name == "builtins.bytes"
    return described.shallow_bytes - BYTES_HEADER


def test_both_readers_see_the_same_objects(plain: Snapshot, loaded: LoadedSnapshot) -> None:
    assert_same_objects(plain, loaded)


def test_both_readers_see_the_same_in_rows_that_the_agent_seldom_writes(tmp_path: Path) -> None:
    kind = {"module": "app", "address": 160, "layout": "object", "heap": True, "tracked": True}
    first = {
        "tracked": 3, "address": [16, 32, 48, 64, 80], "type": [0, 0, 1, 0], "size": [1, 2, 3, 4],
        "refcount": [5, -1, 0], "shape": [0, 1, 2], "out": [5, 2, 2],
        "to": [1, 2, 3, 3, 4, 4, 0, 1, 1], "names": {"row": [], "name": []},
        "types": [{**kind, "name": "A"}, {**kind, "name": "B"}],
        "shapes": [[".a", ".b", 2, ".none", 0, ".rest"], [], [".many", 9, ".never"]],
    }  # fmt: skip
    second = {
        "tracked": 1, "address": [16, 80, 64], "type": [1, 2, 1], "size": [10, 11, 12],
        "refcount": [7], "shape": [3], "out": [3], "to": [1, 1, 2],
        "names": {"row": [], "name": []},
        "types": [{**kind, "name": "A"}], "shapes": [["[-#]", 2, "[#]"]],
    }  # fmt: skip
    roots = {"modules": {}, "threads": [], "interpreter": [{"name": "it", "address": 16}]}
    end = {"rows": 7, "references": 12, "dump_seconds": 0.1, "complete": True}
    path = write_document(
        tmp_path / "a.json", header=HEADER, roots=roots, chunks=[pack(first), pack(second)], end=end
    )
    plain = read(path)
    assert_same_objects(plain, load(path))
    names = [name for name, _ in plain.objects[16].references]
    assert names == [".a", ".b", ".b", ".rest", ".rest", "[-#]", "[-#]", "[#]"]
    assert [name for name, _ in number_positions(plain.objects[16].references)][5:] == [
        "[1]", "[0]", "[0]",
    ]  # fmt: skip
    assert plain.objects[16][:3] == ("app.A", 1, 5)
    assert plain.objects[64][:3] == ("app.A", 4, None)


def test_both_readers_count_the_same_types(plain: Snapshot, loaded: LoadedSnapshot) -> None:
    names = [full_name(kind) for kind in loaded.types]
    assert count_by_type(plain) == Counter(names[number] for number in loaded.type_by_node)


def test_both_readers_see_the_same_roots(plain: Snapshot, loaded: LoadedSnapshot) -> None:
    roots = copy.deepcopy(plain.roots)
    for thread in roots["threads"]:
        for frame in thread["frames"]:
            frame["frame"] = frame["frame"] if frame["frame"] in plain.objects else None
    assert roots == roots_by_address(loaded)


def test_the_program_is_found_as_it_was_written(plain: Snapshot) -> None:
    assert count_by_type(plain)["__main__.Cursor"] == 3
    for number in range(3):
        cursor = ("['cursors']", f"[{number}]")
        assert length_of_bytes(plain, *cursor, ".rows") == 1000 + number
        assert length_of_bytes(plain, *cursor, ".connection") == 2000 + number
    assert length_of_bytes(plain, "['as_dict']", "['rows']") == 1003
    assert length_of_bytes(plain, "['pair']", ".right") == 3001
    for number in range(4):
        record = ("['records']", f"[{number}]")
        assert length_of_bytes(plain, *record, "['name']") == 4000 + number
        assert length_of_bytes(plain, *record, "['value']") == 5000 + number
    for number in range(5):
        assert length_of_bytes(plain, "['some']", f"[{number}]") == 7000 + number
        assert length_of_bytes(plain, "['queue']", f"[{number}]") == 8000 + number
    closure = ("['closure']", ".__closure__(first, second)")
    assert length_of_bytes(plain, *closure, "[0]", ".cell_contents") == 6000
    assert length_of_bytes(plain, *closure, "[1]", ".cell_contents") == 6001
    assert follow(plain, "['loop']", "[0]") is follow(plain, "['loop']")
    wide = [name for name, _ in number_positions(follow(plain, "['wide']").references)]
    assert sorted(wide) == sorted(f"[{position}]" for position in range(3000))


@pytest.mark.parametrize("name", ["['table']", "['texts']"])
def test_a_large_dict_has_all_its_values_and_keys(plain: Snapshot, name: str) -> None:
    names = Counter(text for text, _ in follow(plain, name).references)
    assert names.total() == 10_000
    assert names["<key>"] == 5000


def test_a_value_of_none_is_a_reference_as_any_other(plain: Snapshot) -> None:
    assert follow(plain, "['empty']", "['nothing']").type_name == "builtins.NoneType"
    assert length_of_bytes(plain, "['empty']", "['something']") == 9000


def test_a_value_of_none_is_a_reference_in_a_program_without_threads(tmp_path: Path) -> None:
    plain = read(take_snapshot(PROGRAM_WITHOUT_THREADS, tmp_path / "heap.json"))
    assert follow(plain, "['empty']", "['nothing']").type_name == "builtins.NoneType"


def test_both_readers_see_where_objects_were_allocated(tmp_path: Path) -> None:
    path = take_snapshot(PROGRAM, tmp_path / "heap.json", "-X", "tracemalloc")
    plain, loaded = read(path), load(path)
    assert_same_objects(plain, loaded)
    line = 1 + PROGRAM.splitlines().index("some = tuple(bytes(7000 + n) for n in range(5))")
    for number in range(5):
        assert follow(plain, "['some']", f"[{number}]").site == ("<string>", line)
    assert load(path).header["tracemalloc_frames"] == 1


def test_both_readers_see_what_was_found_in_memory(tmp_path: Path) -> None:
    path = take_snapshot(PROGRAM_WITH_ZONE, tmp_path / "heap.json")
    plain, loaded = read(path), load(path)
    assert plain.found_in_memory is not None
    assert loaded.found_in_memory is not None
    addresses = loaded.address_by_node[loaded.found_in_memory]
    assert set(map(tuple, addresses.tolist())) == plain.found_in_memory
    kinds = {
        (plain.objects[holder].type_name, plain.objects[held].type_name)
        for holder, held in plain.found_in_memory
    }
    assert ("datetime.datetime", "__main__.Zone") in kinds


def test_without_tracemalloc_no_site_is_in_the_file(
    plain: Snapshot, loaded: LoadedSnapshot
) -> None:
    assert {described.site for described in plain.objects.values()} == {None}
    assert loaded.site_by_node is None
    assert "tracemalloc_frames" not in loaded.header


def test_the_threads_are_found_as_they_were(plain: Snapshot) -> None:
    threads = {thread["name"]: thread for thread in plain.roots["threads"]}
    assert set(threads) == {"MainThread", "waiting"}
    current, waiting = threads["MainThread"], threads["waiting"]
    assert (current["current"], waiting["current"]) == (True, False)
    assert (current["daemon"], waiting["daemon"]) == (False, True)
    assert [frame["function"] for frame in current["frames"]] == ["<module>", "run"]
    assert current["frames"][1]["names"] == ["local"]
    assert plain.objects[current["exception"]].type_name == "builtins.KeyError"
    (frame,) = (frame for frame in waiting["frames"] if frame["file"] == "<string>")
    (value,) = frame["addresses"]
    assert plain.objects[value].shallow_bytes == 9001 + BYTES_HEADER
