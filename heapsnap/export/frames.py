"""The tables of a snapshot for a notebook: Arrow, pandas, polars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.analysis.heap.places import Places
from heapsnap.export.extras import require
from heapsnap.export.tables import arrow_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from heapsnap.snapshot.model import Snapshot


def to_arrow(snapshot: Snapshot, table: str = "objects") -> pa.Table:
    """One table of a snapshot for Arrow.

    Args:
        snapshot: What ``heapsnap.load`` returns.
        table: ``objects``, ``refs``, ``types``, ``roots`` or ``paths``; see ``docs/exports.md``.

    Raises:
        ExportError: pyarrow is not installed.
        ValueError: There is no such table.
    """
    return arrow_table(Places(snapshot), table)


def to_pandas(snapshot: Snapshot, table: str = "objects") -> pd.DataFrame:
    """The same for pandas; texts that repeat are categories."""
    require("pandas")
    return to_arrow(snapshot, table).to_pandas()


def to_polars(snapshot: Snapshot, table: str = "objects") -> pl.DataFrame:
    """The same for polars."""
    frame: pl.DataFrame = require("polars").from_arrow(to_arrow(snapshot, table))
    return frame
