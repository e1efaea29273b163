"""Whose code it is: the program's own, a library's that was installed, or Python's.

Owns that guess. It rests on the files of the code in the snapshot; what has no code in it
(classes written in C) counts as a library's.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from heapsnap.analysis.heap.roots import is_standard_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heapsnap.snapshot.model import Snapshot

MADE_AT_RUN_TIME = "(<"
"""Libraries make functions from text, whose file is called `<string>`."""
MODULE_OF_TYPE = "<module>"
"""What the reference of a class to its module is called."""
INSTALLED_IN = ("/site-packages/", "/dist-packages/")


class Origin(Enum):
    """Whose code."""

    PYTHON = "python"
    LIBRARY = "library"
    PROGRAM = "program"


class Origins:
    """Tells for modules and types whose they are.

    Args:
        snapshots: Heaps of one program; what one of them knows holds for all.
    """

    def __init__(self, snapshots: Iterable[Snapshot]) -> None:
        own, installed = {"__main__", "__mp_main__"}, set()
        for snapshot in snapshots:
            for package, code in _code_of_packages(snapshot):
                if any(folder in code for folder in INSTALLED_IN):
                    installed.add(package)
                elif MADE_AT_RUN_TIME not in code:
                    own.add(package)
        self._programs_own = own - installed

    def of_module(self, name: str) -> Origin:
        """Whose a module is.

        Args:
            name: Of the module, of a type in it, or of anything whose name begins with it.
        """
        package = name.partition(".")[0]
        if is_standard_library(package):
            return Origin.PYTHON
        return Origin.PROGRAM if package in self._programs_own else Origin.LIBRARY

    def of_type(self, full_name: str) -> Origin:
        """Whose a type is.

        Args:
            full_name: Built-in types have no module in theirs.
        """
        return self.of_module(full_name) if "." in full_name else Origin.PYTHON


def types_written_in_c(snapshot: Snapshot) -> frozenset[str]:
    """Full names of the types that C declares, or makes at run time for an extension's module.

    A class that a ``class`` statement makes does not refer to its module (``ht_module``,
    Include/cpython/object.h).
    """
    made = set()
    if MODULE_OF_TYPE in snapshot.edge_names:
        edges = np.flatnonzero(snapshot.name_by_edge == snapshot.edge_names.index(MODULE_OF_TYPE))
        owners = np.searchsorted(snapshot.first_edge_by_node, edges, side="right") - 1
        made = set(snapshot.address_by_node[owners].tolist())
    return frozenset(
        kind.full_name for kind in snapshot.types if not kind.is_heap_type or kind.address in made
    )


def _code_of_packages(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Top-level package of each function, and the name of its code: ``handle (/srv/app.py:12)``."""
    if ".__code__" not in snapshot.edge_names:
        return
    number = snapshot.edge_names.index(".__code__")
    edges = np.flatnonzero(snapshot.name_by_edge == number)
    owners = np.searchsorted(snapshot.first_edge_by_node, edges, side="right") - 1
    names = snapshot.name_by_node
    for owner, code in zip(owners.tolist(), snapshot.referent_by_edge[edges].tolist(), strict=True):
        yield names.get(owner, "").partition(".")[0], names.get(code, "")
