"""Reading a snapshot file: the only way from a path to a ``Snapshot``.

Owns the order of the lines and what a cut file means. Each line's own rules are in
``document`` and ``chunks``; what holds across them in ``assemble``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heapsnap.errors import HeapsnapError
from heapsnap.snapshot.assemble import assemble
from heapsnap.snapshot.chunks import Chunk, check_chunk, kind_of, parse_chunk
from heapsnap.snapshot.document import (
    check_chunks_line,
    check_end,
    check_opening,
    check_roots,
    check_site,
    check_type,
    is_chunks_end,
    is_end,
)
from heapsnap.snapshot.lines import LINES_HINT, Line, Where, read_lines
from heapsnap.snapshot.shapes import ShapeTable

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from heapsnap.snapshot.model import ObjectType, Site, Snapshot


def load(
    path: str | os.PathLike[str], *, progress: Callable[[int, int], None] | None = None
) -> Snapshot:
    """Read a snapshot file, plain, gzipped or packed by zstd, whole or cut.

    Args:
        path: The file; its first bytes tell whether and how it is packed, not its name.
        progress: Called now and then with bytes done and bytes in all, of the file on disk.

    Returns:
        The heap. Of a file that was cut, everything up to the cut (``is_complete`` is
        False, and the header's ``not_seen`` says how many references were lost).

    Raises:
        SnapshotNotFoundError: There is no such file, or it cannot be opened.
        NotASnapshotError: It is another kind of file, or of another version.
        DamagedSnapshotError: It contradicts the format or itself.
        HeapsnapError: It needs more memory than there is.
    """
    file = Path(path)
    try:
        return _read(file, read_lines(file, progress))
    except MemoryError as error:
        raise HeapsnapError(
            f"not enough memory to read '{file}'",
            hint="read it on a machine with about 150 bytes for each object in it",
        ) from error


def _read(path: Path, lines: Iterator[Line]) -> Snapshot:
    header = check_opening(_next_line(lines, path, 1))
    roots_line = _next_line(lines, path, 2)
    roots = check_roots(roots_line)
    body = _Body()
    is_complete = body.read(lines)
    return assemble(
        path,
        header=header,
        roots=roots,
        roots_where=roots_line.where,
        chunks=body.chunks,
        types=body.types,
        shapes=body.shapes,
        sites=body.sites,
        found_in_memory=body.found_in_memory,
        is_complete=is_complete,
    )


def _next_line(lines: Iterator[Line], path: Path, number: int) -> Line:
    """The next line; an empty one, cut at its first character, where the file ends."""
    return next(lines, Line(Where(path, number), b""))


class _Body:
    """What stands after the roots, gathered line by line."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.types: list[ObjectType] = []
        self.shapes = ShapeTable()
        self.sites: list[Site] = []
        self.found_in_memory: Mapping[str, list[int]] | None = None

    def read(self, lines: Iterator[Line]) -> bool:
        """Read up to the end or to the cut; True if the end was there."""
        whole = (line for line in lines if line.is_whole or is_end(line))
        opening = next(whole, None)
        if opening is None:
            return False
        check_chunks_line(opening)
        is_another_expected = True
        for line in whole:
            if is_chunks_end(line):
                if is_another_expected and self.chunks:
                    raise line.where.damaged("expected a chunk after the comma", hint=LINES_HINT)
                break
            if not is_another_expected:
                raise line.where.damaged("expected '],' after the last chunk", hint=LINES_HINT)
            is_another_expected = self._add(line)
        end = next(whole, None)
        if end is None:
            return False
        said = check_end(
            end,
            row_count=sum(chunk.row_count for chunk in self.chunks),
            reference_count=sum(len(chunk.to) for chunk in self.chunks),
        )
        for line in lines:
            if line.text:
                raise line.where.damaged("expected nothing after the end")
        self.found_in_memory = said.get("found_in_memory")
        return bool(said["complete"])

    def _add(self, line: Line) -> bool:
        """Take one chunk; True if a comma promises another."""
        where = line.where
        raw, has_comma = parse_chunk(line)
        raw.setdefault("sites", [])
        for key in ("types", "shapes", "sites"):
            if not isinstance(raw.get(key), list):
                raise where.damaged(f"'{key}' is {kind_of(raw.get(key))}, expected a list")
        self.types += [check_type(where, entry) for entry in raw["types"]]
        for shape in raw["shapes"]:
            self.shapes.add(where, shape)
        self.sites += [check_site(where, entry) for entry in raw["sites"]]
        chunk = check_chunk(
            where,
            raw,
            type_count=len(self.types),
            shape_count=len(self.shapes),
            site_count=len(self.sites),
        )
        self.chunks.append(chunk)
        return has_comma
