"""The offline side as functions: what the commands do, with results in place of text.

The public names ``heapsnap.load``, ``diff``, ``why`` and ``picture`` come from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from heapsnap.analysis.answers import diff as diff_analysis
from heapsnap.analysis.answers import why as why_analysis
from heapsnap.analysis.pictures import neighbourhood_picture
from heapsnap.export.loaded import LoadedSnapshot
from heapsnap.snapshot import reader
from heapsnap.snapshot.model import Snapshot

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from heapsnap.analysis.pictures.links import Direction
    from heapsnap.analysis.pictures.picture import Picture
    from heapsnap.analysis.results import Diff, Why

    Source: TypeAlias = Snapshot | str | os.PathLike[str]

__all__ = ["diff", "load", "picture", "why"]


def load(
    path: str | os.PathLike[str], *, progress: Callable[[int, int], None] | None = None
) -> LoadedSnapshot:
    """Read a snapshot file, plain or gzipped, whole or cut.

    Args:
        path: The file; its first bytes tell whether it is gzipped, not its name.
        progress: Called now and then with bytes done and bytes in all, of the file on disk.

    Returns:
        The heap, with ``to_pandas()`` and the like. Of a file that was cut, everything up to the
        cut (``is_complete`` is False, and the header's ``not_seen`` says how much was lost).

    Raises:
        SnapshotNotFoundError: There is no such file, or it cannot be opened.
        NotASnapshotError: It is another kind of file, or of another version.
        DamagedSnapshotError: It contradicts the format or itself.
        HeapsnapError: It needs more memory than there is.
    """
    return LoadedSnapshot.of(reader.load(path, progress=progress))


def diff(before: Source, after: Source, *later: Source) -> Diff:
    """Explain what grew from one snapshot to the next, or over many.

    Args:
        before: The baseline: a file, or what ``load`` made of it.
        after: The next snapshot.
        later: Further ones, in the order of time. With them only what grew in every step is a
            culprit.

    Raises:
        HeapsnapError: A file cannot be read; see ``heapsnap.load``.
    """
    first, *between, last = (_loaded(source) for source in (before, after, *later))
    return diff_analysis.diff(before=first, after=last, between=between)


def why(
    snapshot: Source,
    type_name: str,
    *,
    since: Source | None = None,
    through: Sequence[str] = (),
    not_through: Sequence[str] = (),
    max_groups: int = 5,
    max_alternatives: int = 2,
) -> Why:
    """Explain who holds the objects of a type.

    Args:
        snapshot: A file, or what ``load`` made of it.
        type_name: The type's last component, a dotted suffix or a glob.
        since: A baseline; what grew since then comes first.
        through: Types, names or printed paths: only chains that lead through one of them.
        not_through: The same: only chains that lead through none of them.
        max_groups: How many ways of holding to explain.
        max_alternatives: Further chains for each of them.

    Raises:
        UnknownTypeError: No object of such a type is in the snapshot.
        HeapsnapError: A file cannot be read; see ``heapsnap.load``.
    """
    return why_analysis.why(
        _loaded(snapshot),
        type_name,
        since=None if since is None else _loaded(since),
        through=through,
        not_through=not_through,
        max_groups=max_groups,
        max_alternatives=max_alternatives,
    )


def picture(
    snapshot: Source,
    name: str,
    *,
    since: Source | None = None,
    directions: Sequence[Direction] = ("up", "down"),
    depth: int | None = None,
) -> Picture:
    """Merge what is around objects into a picture: a networkx graph that notebooks show drawn.

    Args:
        snapshot: A file, or what ``load`` made of it.
        name: A type, an address, or the name of a module, function or class.
        since: A baseline; what grew since then is marked.
        directions: ``"up"`` for who holds them, ``"down"`` for what they hold.
        depth: How many references far; None: 4 up and 2 down.

    Raises:
        UnknownTypeError: Nothing in the snapshot answers to the name.
        HeapsnapError: A file cannot be read; see ``heapsnap.load``.
    """
    return neighbourhood_picture.picture_neighbourhood(
        _loaded(snapshot),
        name,
        since=None if since is None else _loaded(since),
        directions=directions,
        depth=depth,
    )


def _loaded(source: Source) -> Snapshot:
    return source if isinstance(source, Snapshot) else load(source)
