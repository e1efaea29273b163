"""The tables of a snapshot as Parquet files, for whatever reads those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.export.extras import require
from heapsnap.export.tables import TABLES, arrow_table

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.analysis.heap.places import Places

ROWS_A_GROUP = 500_000


def write_parquet(heap: Places, folder: Path) -> None:
    """Write each table into a file of its name; one table at a time is in memory.

    Args:
        heap: The snapshot.
        folder: Where to; made if it is not there.

    Raises:
        ExportError: pyarrow is not installed.
    """
    parquet = require("pyarrow.parquet")
    header = heap.snapshot.header
    about = {b"heapsnap.pid": str(header["pid"]), b"heapsnap.time": str(header["time"])}
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        table = arrow_table(heap, name).replace_schema_metadata(about)
        parquet.write_table(table, folder / f"{name}.parquet", row_group_size=ROWS_A_GROUP)
