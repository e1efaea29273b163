"""Libraries that not everybody needs: imported when asked for, told of where they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from heapsnap.errors import ExportError

EXTRA_BY_MODULE = {
    "pyarrow": "tables",
    "pyarrow.parquet": "tables",
    "pandas": "tables",
    "polars": "tables",
    "duckdb": "sql",
}


def require(module: str) -> Any:
    """Import a library of an extra.

    Raises:
        ExportError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        extra = EXTRA_BY_MODULE[module]
        raise ExportError(
            f"'{module.partition('.')[0]}' is not installed, which this needs",
            hint=f"pip install 'heapsnap[{extra}]'",
        ) from error
