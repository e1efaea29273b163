"""The lines of a snapshot that are not chunks: header, roots, rows of tables, end.

Owns their checks. Values are handed on as JSON gave them; roots become nodes in ``assemble``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from heapsnap.agent.format import FORMAT, VERSION
from heapsnap.errors import DamagedSnapshotError, NotASnapshotError
from heapsnap.snapshot.chunks import INT64_MAX, kind_of
from heapsnap.snapshot.lines import LINES_HINT
from heapsnap.snapshot.model import ObjectType, Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heapsnap.snapshot.lines import Line, Where

OTHER_FILE_HINT = "name a file that heapsnap wrote"
CUT_HINT = "the process was stopped before it wrote an object: take a new snapshot"

OPENING = b'{"format":"heapsnap"'
CHUNKS_LINE = b'"chunks":['
CHUNKS_END_LINE = b"],"
SHORT_LINE_BYTES = 16  # A chunk has more: it is compared without being copied.

Kinds: TypeAlias = "Mapping[str, tuple[type, ...]]"
TEXT, INTEGER, BOOLEAN = (str,), (int,), (bool,)
LIST, OBJECT, NULL = (list,), (dict,), (type(None),)
NUMBER = (int, float)
KIND_NAMES: Mapping[type, str] = {
    str: "text", int: "an integer", float: "a number", bool: "a boolean", list: "a list",
    dict: "an object", type(None): "null",
}  # fmt: skip

HEADER_KINDS: Kinds = {
    "pid": INTEGER, "ppid": INTEGER, "host": TEXT, "argv": LIST, "executable": TEXT,
    "python": TEXT, "version_info": LIST, "implementation": TEXT, "platform": TEXT,
    "debug_build": BOOLEAN, "free_threaded": BOOLEAN, "agent_version": TEXT,
    "time": NUMBER, "time_utc": TEXT, "reason": TEXT, "mode": TEXT, "sequence": INTEGER,
    "pause_seconds": NUMBER + NULL, "memory": OBJECT, "gc": OBJECT,
    "thread_count": INTEGER, "redacted": BOOLEAN, "not_seen": LIST,
}  # fmt: skip
MEMORY_KINDS: Kinds = {
    "rss_bytes": INTEGER + NULL, "peak_rss_bytes": INTEGER + NULL, "swap_bytes": INTEGER + NULL,
    "anonymous_bytes": INTEGER + NULL, "file_bytes": INTEGER + NULL,
    "shared_bytes": INTEGER + NULL, "allocated_blocks": INTEGER + NULL,
}  # fmt: skip
GC_KINDS: Kinds = {
    "enabled": BOOLEAN, "count": LIST, "threshold": LIST, "freeze_count": INTEGER, "stats": LIST,
    "garbage": INTEGER, "debug": INTEGER,
}  # fmt: skip
ROOTS_KINDS: Kinds = {"modules": OBJECT, "threads": LIST, "interpreter": LIST}
INTERPRETER_KINDS: Kinds = {"name": TEXT, "address": INTEGER}
THREAD_KINDS: Kinds = {
    "ident": INTEGER, "name": TEXT + NULL, "daemon": BOOLEAN + NULL, "current": BOOLEAN,
    "local": INTEGER + NULL, "exception": INTEGER + NULL, "frames": LIST,
}  # fmt: skip
FRAME_KINDS: Kinds = {
    "function": TEXT, "module": TEXT + NULL, "file": TEXT, "line": INTEGER + NULL,
    "frame": INTEGER, "names": LIST, "addresses": LIST,
}  # fmt: skip
TYPE_KINDS: Kinds = {
    "module": TEXT, "name": TEXT, "address": INTEGER, "layout": TEXT, "heap": BOOLEAN,
    "tracked": BOOLEAN,
}  # fmt: skip
END_KINDS: Kinds = {
    "rows": INTEGER, "references": INTEGER, "dump_seconds": NUMBER, "complete": BOOLEAN,
}  # fmt: skip
FOUND_KINDS: Kinds = {"holder": LIST, "held": LIST}
HEADER_LISTS: Kinds = {"argv": TEXT, "not_seen": TEXT, "version_info": TEXT + INTEGER}
GC_LISTS: Kinds = {"count": INTEGER, "threshold": INTEGER, "stats": OBJECT}


def check_object(where: Where, what: str, value: Any, kinds: Kinds) -> dict[str, Any]:
    """The object, with every key that ``kinds`` names and each value of its kind.

    Raises:
        DamagedSnapshotError: It is not so.
    """
    if not isinstance(value, dict):
        raise where.damaged(f"{what} is {kind_of(value)}, expected an object")
    for key, kinds_of_value in kinds.items():
        if key not in value:
            raise where.damaged(f"{what} has no '{key}'")
        # Not isinstance: a boolean is an int to it, and nowhere an integer here.
        if type(value.get(key)) not in kinds_of_value:
            found, expected = kind_of(value.get(key)), _name_kinds(kinds_of_value)
            raise where.damaged(f"{what}: '{key}' is {found}, expected {expected}")
    return value


def check_opening(line: Line) -> dict[str, Any]:
    """Line 1: the format, its version and the header; the header is returned.

    Raises:
        NotASnapshotError: Another kind of file, or another version.
        DamagedSnapshotError: It begins like a snapshot and does not go on like one.
    """
    text, path = line.text, line.where.path
    try:
        value = line.where.parse(text[:-1] + b"}" if line.is_whole and text[-1:] == b"," else text)
    except DamagedSnapshotError as error:
        if not line.is_whole and (OPENING.startswith(text) or text.startswith(OPENING)):
            raise line.where.damaged("the file ends within the header", hint=CUT_HINT) from error
        if text.startswith(OPENING):
            raise
        hint = LINES_HINT if text == b"{" else OTHER_FILE_HINT
        raise NotASnapshotError(
            f"'{path}' is no snapshot: line 1 is no JSON, expected {OPENING.decode()}...",
            hint=hint,
        ) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise NotASnapshotError(
            f'\'{path}\' is other JSON, expected "format": "{FORMAT}"', hint=OTHER_FILE_HINT
        )
    version = value.get("version")
    if type(version) is not int or version != VERSION:
        raise NotASnapshotError(
            f"'{path}' has version {str(version)[:40]!r} of the format, expected {VERSION}",
            hint="read it with the version of heapsnap that wrote it",
        )
    if not text.endswith(b","):
        raise line.where.damaged("the whole document, expected its first line", hint=LINES_HINT)
    return _check_header(line.where, value.get("header"))


def _check_header(where: Where, value: Any) -> dict[str, Any]:
    header = check_object(where, "header", value, HEADER_KINDS)
    check_object(where, "header.memory", header["memory"], MEMORY_KINDS)
    check_object(where, "header.gc", header["gc"], GC_KINDS)
    for holder, lists in ((header, HEADER_LISTS), (header["gc"], GC_LISTS)):
        for key, kinds in lists.items():
            for entry in holder[key]:
                if type(entry) not in kinds:
                    raise where.damaged(
                        f"header: '{key}' holds {kind_of(entry)}, expected {_name_kinds(kinds)}"
                    )
    return header


def _name_kinds(kinds: tuple[type, ...]) -> str:
    return " or ".join(KIND_NAMES[kind] for kind in kinds)


def check_roots(line: Line) -> dict[str, Any]:
    """Line 2: the roots, checked, by address still.

    Raises:
        DamagedSnapshotError: They are not as the format has them.
    """
    if not line.is_whole:
        raise line.where.damaged("the file ends within the roots", hint=CUT_HINT)
    if not (line.text.startswith(b'"roots"') and line.text.endswith(b",")):
        raise line.where.damaged(
            f"expected '\"roots\":{{', found {_beginning(line)}", hint=LINES_HINT
        )
    value = line.where.parse(b"{" + line.text[:-1] + b"}")
    roots = check_object(line.where, "roots", value.get("roots"), ROOTS_KINDS)
    for name, address in roots["modules"].items():
        _check_address(line.where, f"module '{name[:80]}'", address)
    for entry in roots["interpreter"]:
        check_object(line.where, "an interpreter root", entry, INTERPRETER_KINDS)
        _check_address(line.where, "an interpreter root", entry["address"])
    for thread in roots["threads"]:
        check_object(line.where, "a thread", thread, THREAD_KINDS)
        for key in ("local", "exception"):
            if thread[key] is not None:
                _check_address(line.where, f"a thread's '{key}'", thread[key])
        for frame in thread["frames"]:
            _check_frame(line.where, check_object(line.where, "a frame", frame, FRAME_KINDS))
    return roots


def _check_frame(where: Where, frame: dict[str, Any]) -> None:
    _check_address(where, "a frame", frame["frame"])
    names, addresses = frame["names"], frame["addresses"]
    if len(names) != len(addresses):
        raise where.damaged(f"a frame has {len(names)} names and {len(addresses)} addresses")
    for name, address in zip(names, addresses, strict=True):
        if not isinstance(name, str):
            raise where.damaged(f"a frame's 'names' hold {kind_of(name)}, expected text")
        _check_address(where, "a frame's variable", address)


def _check_address(where: Where, what: str, address: Any) -> None:
    if type(address) is not int:
        raise where.damaged(f"{what}: the address is {kind_of(address)}, expected an integer")
    if not 0 < address <= INT64_MAX:
        raise where.damaged(f"{what}: the address is {address}, expected 1 to 2**63-1")


def check_chunks_line(line: Line) -> None:
    """Line 3.

    Raises:
        DamagedSnapshotError: It is something else.
    """
    if line.text != CHUNKS_LINE:
        raise line.where.damaged(
            f"expected '\"chunks\":[', found {_beginning(line)}", hint=LINES_HINT
        )


def check_type(where: Where, raw: Any) -> ObjectType:
    """One row of the type table.

    Raises:
        DamagedSnapshotError: It is not as the format has it.
    """
    entry = check_object(where, "a type", raw, TYPE_KINDS)
    _check_address(where, "a type", entry["address"])
    return ObjectType(
        entry["module"],
        entry["name"],
        entry["address"],
        entry["layout"],
        entry["heap"],
        entry["tracked"],
    )


def check_site(where: Where, raw: Any) -> Site:
    """One row of the table of sites.

    Raises:
        DamagedSnapshotError: It is not as the format has it.
    """
    if type(raw) is not list or [type(part) for part in raw] != [str, int]:
        raise where.damaged(f"a site is {str(raw)[:80]}, expected a file and a line")
    return Site(*raw)


def is_chunks_end(line: Line) -> bool:
    """True for the line that closes the list of chunks."""
    return len(line.raw) < SHORT_LINE_BYTES and line.text == CHUNKS_END_LINE


def is_end(line: Line) -> bool:
    """True for the last line; it needs no line break, its second brace closes the document."""
    return line.raw.startswith(b'"end"') and line.text.endswith(b"}}")


def check_end(line: Line, *, row_count: int, reference_count: int) -> dict[str, Any]:
    """The last line: what it says, checked.

    Raises:
        DamagedSnapshotError: It is something else, or counts other than what was read.
    """
    if not is_end(line):
        raise line.where.damaged(
            f"expected '\"end\":{{', found {_beginning(line)}", hint=LINES_HINT
        )
    value = line.where.parse(b"{" + line.text)
    end = check_object(line.where, "the end", value.get("end"), END_KINDS)
    for key, found in (("rows", row_count), ("references", reference_count)):
        if end[key] != found:
            raise line.where.damaged(f"the file holds {found} {key}, its end says {end[key]}")
    if "found_in_memory" in end:
        _check_found(line.where, end["found_in_memory"])
    return end


def _check_found(where: Where, raw: Any) -> None:
    found = check_object(where, "'found_in_memory'", raw, FOUND_KINDS)
    if len(found["holder"]) != len(found["held"]):
        raise where.damaged(
            f"'found_in_memory' has {len(found['holder'])} holders of {len(found['held'])} objects"
        )
    for address in (*found["holder"], *found["held"]):
        _check_address(where, "'found_in_memory'", address)


def _beginning(line: Line) -> str:
    """The first characters of a line, for an error."""
    return repr(line.raw[:20].rstrip().decode("ascii", "replace"))
