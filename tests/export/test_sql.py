"""Questions in SQL: the ten examples of the documentation, and what no question may do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("duckdb", reason="DuckDB, of the extra `sql`, is not installed")

from heapsnap.analysis.heap.places import Places
from heapsnap.errors import ExportError
from heapsnap.export.sql import query
from heapsnap.export.tables import TABLES, arrow_table
from heapsnap.snapshot.reader import load
from tests.export.heaps_to_export import write_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(load(write_registry(tmp_path_factory.mktemp("sql") / "b.json", 55)))


def test_the_page_has_ten_examples() -> None:
    assert len(EXAMPLES) == 10


@pytest.mark.parametrize("number", range(10))
def test_each_example_of_the_page_answers(number: int, registry: Places) -> None:
    result = query(registry, EXAMPLES[number])
    assert result.rows, EXAMPLES[number]


def test_the_page_lists_the_columns_that_there_are(registry: Places) -> None:
    for name in TABLES:
        (section,) = re.findall(rf"^### {name}\n(.*?)^#", PAGE + "\n#", re.DOTALL | re.MULTILINE)
        listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert listed == arrow_table(registry, name).column_names


@pytest.mark.parametrize(
    "question",
    [
        "select * from read_csv('/etc/hostname')",
        "select * from '/etc/hostname'",
        "select * from read_text('/etc/hostname')",
        "select * from glob('/*')",
        "select * from sniff_csv('/etc/hostname')",
        "copy types to '/tmp/heapsnap-stolen.csv'",
        "attach '/tmp/heapsnap-stolen.db'",
        "export database '/tmp/heapsnap-stolen'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "create table stolen as select 1",
        "drop view types",
        "select 1; select 2",
        "select getenv('HOME')",
        "select * from registry",
        "",
        "selec",
    ],
)
def test_nothing_but_the_tables_can_be_read(question: str, registry: Places) -> None:
    with pytest.raises(ExportError) as refused:
        query(registry, question)
    assert refused.value.hint
    assert "\n" not in refused.value.message


def test_rows_beyond_the_limit_are_told_of(registry: Places) -> None:
    result = query(registry, "select node from objects order by 1", most=3)
    assert (result.rows, result.is_cut) == (((0,), (1,), (2,)), True)
    assert not query(registry, "select 1 as one", most=1).is_cut


def test_the_command(heapsnap: Callable[..., Result], folder: Path, registry: Places) -> None:
    write_registry(folder / "b.json", 5)
    question = "select type, count, shallow_bytes from types where module = 'app' order by 1"
    answer = heapsnap("sql", "b.json", question)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[:2] == [
        "type            count  shallow_bytes",
        "app.DictCursor      5          1,000",
    ]
    told = json.loads(heapsnap("sql", "b.json", question, "--json").stdout)
    assert (told["columns"][0], told["rows"][0]) == ("type", ["app.DictCursor", 5, 1000])
    wrong = heapsnap("sql", "b.json", "select nothing from types")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("error: DuckDB: ")


def test_hostile_names_send_nothing_to_the_terminal(
    heapsnap: Callable[..., Result], folder: Path
) -> None:
    write_registry(folder / "b.json", 5)
    answer = heapsnap("sql", "b.json", "select distinct name from refs", "--all")
    assert "\x1b" not in answer.stdout
    assert r"\x1b" in answer.stdout
