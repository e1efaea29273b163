"""Questions in SQL about one snapshot, answered by DuckDB.

Owns the fence: a question may read the five tables and nothing else, neither a file nor the
network nor an object of this program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heapsnap.errors import ExportError
from heapsnap.export.extras import require
from heapsnap.export.tables import TABLES, arrow_table

if TYPE_CHECKING:
    from heapsnap.analysis.heap.places import Places

SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
READING = ("SELECT", "EXPLAIN")


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows of an answer; ``is_cut``: there are more than were asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool


def query(heap: Places, question: str, *, most: int | None = None) -> QueryResult:
    """Answer a question in SQL.

    Args:
        heap: The snapshot; only the tables that the question names are made.
        question: One ``SELECT``.
        most: Rows to return; None: all.

    Raises:
        ExportError: DuckDB is not installed, or will not answer that.
    """
    duckdb = require("duckdb")
    require("pyarrow")
    _check(duckdb, question)
    with duckdb.connect(":memory:", config=SETTINGS) as connection:
        words = question.lower()
        for name in TABLES:
            if name in words:
                connection.register(name, arrow_table(heap, name))
        connection.execute("SET lock_configuration = true")
        try:
            answer = connection.execute(question)
            rows = answer.fetchall() if most is None else answer.fetchmany(most + 1)
        except duckdb.Error as error:
            raise _refused(str(error)) from error
        columns = tuple(str(column[0]) for column in answer.description)
    shown = rows if most is None else rows[:most]
    return QueryResult(columns, tuple(map(tuple, shown)), is_cut=len(shown) < len(rows))


def _check(duckdb: Any, question: str) -> None:
    try:
        statements = duckdb.extract_statements(question)
    except duckdb.Error as error:
        raise _refused(str(error)) from error
    kinds = [statement.type.name for statement in statements]
    if len(kinds) != 1 or kinds[0] not in READING:
        found = ", ".join(kinds) or "nothing"
        raise ExportError(
            f"found {found}, expected one SELECT",
            hint=f"the tables are {', '.join(TABLES)}; they can only be read",
        )


def _refused(message: str) -> ExportError:
    """DuckDB's own words, on one line, without the drawing of where in the text it stumbled."""
    first = message.partition("\n\nLINE ")[0]
    return ExportError(
        f"DuckDB: {' '.join(first.split())}", hint="docs/sql.md has the columns and ten examples"
    )
