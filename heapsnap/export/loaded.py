"""What ``heapsnap.load`` returns: a snapshot that hands itself on to other libraries.

A class of its own since the model knows nothing of formats; it adds no data.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from heapsnap.export import frames
from heapsnap.snapshot.model import Snapshot

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from typing_extensions import Self


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSnapshot(Snapshot):
    """A snapshot for a notebook; the tables are listed in ``docs/exports.md``."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """The same arrays under this class."""
        return cls(*(getattr(snapshot, field.name) for field in fields(Snapshot)))

    def to_arrow(self, table: str = "objects") -> pa.Table:
        """See ``heapsnap.export.frames.to_arrow``."""
        return frames.to_arrow(self, table)

    def to_pandas(self, table: str = "objects") -> pd.DataFrame:
        """See ``heapsnap.export.frames.to_pandas``."""
        return frames.to_pandas(self, table)

    def to_polars(self, table: str = "objects") -> pl.DataFrame:
        """See ``heapsnap.export.frames.to_polars``."""
        return frames.to_polars(self, table)

    def to_networkx(self, name: str, *, depth: int = 2, most: int = 20) -> nx.MultiDiGraph[int]:
        """See ``heapsnap.export.networks.to_networkx``."""
        from heapsnap.export import networks

        return networks.to_networkx(self, name, depth=depth, most=most)
