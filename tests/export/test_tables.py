"""The five tables, read back by pandas, polars, DuckDB and Parquet's own reader."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

import heapsnap
from heapsnap.analysis.heap.places import Places
from heapsnap.errors import ExportError
from heapsnap.export import extras
from heapsnap.export.parquet import write_parquet
from heapsnap.export.tables import TABLES
from heapsnap.snapshot.reader import load
from tests.export.heaps_to_export import write_registry
from tests.heaps import load_heap

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.export.loaded import LoadedSnapshot


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> LoadedSnapshot:
    return heapsnap.load(write_registry(tmp_path_factory.mktemp("tables") / "b.json", 55))


def test_pandas_has_every_object_with_its_verdict_and_path(registry: LoadedSnapshot) -> None:
    objects = registry.to_pandas()
    assert len(objects) == registry.node_count
    assert objects["shallow_bytes"].sum() == registry.shallow_bytes_by_node.sum()
    cursors = objects[objects["type"] == "app.DictCursor"]
    assert set(cursors["verdict"]) == {"rooted"}
    paths = registry.to_pandas("paths").set_index("path")
    assert set(paths.loc[cursors["path"], "text"]) == {"app.REGISTRY.cache[*]"}
    (cache,) = set(cursors["held_by"])
    assert objects.set_index("node").loc[cache, "type"] == "dict"
    assert Counter(objects["verdict"]) == {"rooted": 123, "frame": 2, "c-held": 2, "garbage": 2}


def test_polars_has_every_reference_by_name(registry: LoadedSnapshot) -> None:
    refs = registry.to_polars("refs")
    assert len(refs) == registry.edge_count
    names = Counter(refs["name"].to_list())
    assert (names[".fetch"], names[".__self__"], names["[*]"]) == (55, 55, 55)


def test_arrow_has_types_and_roots(registry: LoadedSnapshot) -> None:
    types = {row["type"]: row for row in registry.to_arrow("types").to_pylist()}
    assert (types["app.DictCursor"]["count"], types["app.DictCursor"]["module"]) == (55, "app")
    roots = registry.to_arrow("roots").to_pylist()
    assert Counter(row["kind"] for row in roots) == {
        "module": 2, "frame": 1, "interpreter": 1, "c-held": 1, "garbage": 1,
    }  # fmt: skip
    (frame,) = [row for row in roots if row["kind"] == "frame"]
    assert (frame["function"], frame["line"], frame["name"]) == ("main", 3, "job")


def test_a_table_that_is_not_there_is_refused(registry: LoadedSnapshot) -> None:
    with pytest.raises(ValueError, match="expected objects, refs, types, roots, paths"):
        registry.to_arrow("references")


def test_parquet_files_are_what_duckdb_reads(registry: LoadedSnapshot, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    write_parquet(Places(registry), tmp_path / "out")
    assert {file.stem for file in (tmp_path / "out").iterdir()} == set(TABLES)
    answer = duckdb.sql(
        f"select o.type, count(*) from '{tmp_path}/out/refs.parquet' r "
        f"join '{tmp_path}/out/objects.parquet' o on o.node = r.referent "
        "where r.name = '.fetch' group by all"
    )
    assert answer.fetchall() == [("method", 55)]


def test_other_readers_of_parquet_find_the_same(registry: LoadedSnapshot, tmp_path: Path) -> None:
    write_parquet(Places(registry), tmp_path / "out")
    for name in TABLES:
        pandas, polars = (
            pytest.importorskip(library, reason=f"{library} is not installed: no such reader")
            for library in ("pandas", "polars")
        )
        file, expected = tmp_path / "out" / f"{name}.parquet", registry.to_arrow(name)
        # polars reads by an implementation of its own, pandas by Arrow's.
        assert polars.read_parquet(file, use_pyarrow=False).to_arrow().to_pylist() == (
            expected.to_pylist()
        )
        assert len(pandas.read_parquet(file)) == len(expected)


def test_names_that_no_utf8_can_hold_are_shown() -> None:
    snapshot = load_heap("module app -.odd-> thing:Thing", names={"thing": "\ud800 torn"})
    objects = heapsnap.offline.LoadedSnapshot.of(snapshot).to_arrow().to_pylist()
    assert r"\ud800 torn" in {row["name"] for row in objects}


def test_a_missing_library_is_an_error_with_the_extra_that_brings_it(
    registry: LoadedSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(extras.EXTRA_BY_MODULE, "no_such_library", "tables")
    with pytest.raises(ExportError) as refused:
        extras.require("no_such_library")
    assert refused.value.message == "'no_such_library' is not installed, which this needs"
    assert refused.value.hint == "pip install 'heapsnap[tables]'"


def test_an_empty_heap_has_empty_tables() -> None:
    tables = heapsnap.offline.LoadedSnapshot.of(load_heap("module app"))
    assert len(tables.to_arrow("refs")) == 0
    assert len(tables.to_arrow("objects")) == 1


def test_load_gives_the_methods(tmp_path: Path) -> None:
    path = write_registry(tmp_path / "a.json", 3)
    assert heapsnap.load(path).node_count == load(path).node_count
