"""Results as JSON: the shapes that ``docs/*.schema.json`` promise.

Owns the names and the order of the keys. Texts are as in the snapshot; what does not print is
spelled as JSON can, so that the document may be shown on a terminal as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heapsnap.analysis.results import (
        AllocationSite,
        Chain,
        Culprit,
        Diff,
        HoldingGroup,
        Pattern,
        Refs,
        SnapshotFacts,
        Top,
        TypeGrowth,
        Why,
    )
    from heapsnap.errors import HeapsnapError
    from heapsnap.live.listing import PythonProcess
    from heapsnap.live.tree import TreeAnswer


def json_text(value: Mapping[str, Any]) -> str:
    """The document as text, indented, with a line end; lone surrogates are replaced by ``?``."""
    try:
        document = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except TypeError:
        document = orjson.dumps(_without_surrogates(value), option=orjson.OPT_INDENT_2)
    text = document.decode()
    # JSON requires this of the 32 control characters of ASCII only.
    if not text.replace("\n", "").isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
    return text + "\n"


def diff_json(result: Diff) -> dict[str, Any]:
    """``heapsnap diff --json``."""
    return {
        "schema": "heapsnap.diff/1",
        "before": snapshot_json(result.before),
        "after": snapshot_json(result.after),
        "snapshots": [snapshot_json(facts) for facts in result.snapshots],
        "same_process": result.same_process,
        "culprits": [_culprit(culprit) for culprit in result.culprits],
        "sporadic": [_culprit(culprit) for culprit in result.sporadic],
        "warming": [_culprit(culprit) for culprit in result.warming],
        "types": [_type_growth(row) for row in result.types],
        "containers": [
            {
                "path": row.path,
                "type": row.type,
                "entries_before": row.entries_before,
                "entries_after": row.entries_after,
                "growth": row.entries_after - row.entries_before,
                "containers": row.containers,
            }
            for row in result.containers
        ],
        "garbage": [
            {
                "owner": row.owner,
                "types": list(row.types),
                "count_before": row.count_before,
                "count_after": row.count_after,
                "growth": row.count_after - row.count_before,
                "bytes_before": row.bytes_before,
                "bytes_after": row.bytes_after,
            }
            for row in result.garbage
        ],
    }


def why_json(result: Why) -> dict[str, Any]:
    """``heapsnap why --json``."""
    return {
        "schema": "heapsnap.why/1",
        "snapshot": snapshot_json(result.snapshot),
        "since": None if result.since is None else snapshot_json(result.since),
        "type": result.type,
        "count": result.count,
        "count_before": result.count_before,
        "through": list(result.through),
        "not_through": list(result.not_through),
        "left_out": result.left_out,
        "groups": [_group(group) for group in result.groups],
    }


def top_json(result: Top) -> dict[str, Any]:
    """``heapsnap top --json``."""
    return {
        "schema": "heapsnap.top/1",
        "snapshot": snapshot_json(result.snapshot),
        "by": result.by,
        "types": [
            {
                "type": row.type,
                "count": row.count,
                "bytes": row.bytes,
                "largest_bytes": row.largest_bytes,
                **({} if row.retained_bytes is None else {"retained_bytes": row.retained_bytes}),
            }
            for row in result.types
        ],
    }


def refs_json(result: Refs) -> dict[str, Any]:
    """``heapsnap refs --json``."""
    return {
        "schema": "heapsnap.refs/1",
        "snapshot": snapshot_json(result.snapshot),
        "type": result.type,
        "count": result.count,
        "references": [
            {
                "reference": row.reference,
                "type": row.type,
                "count": row.count,
                "bytes": row.bytes,
            }
            for row in result.references
        ],
        "example": [
            {"level": level, "reference": reference, "text": text}
            for level, reference, text in result.example
        ],
    }


def info_json(facts: SnapshotFacts) -> dict[str, Any]:
    """``heapsnap info --json``."""
    return {
        "schema": "heapsnap.info/1",
        "snapshot": snapshot_json(facts),
        "references": facts.references,
        "garbage_objects": facts.garbage_objects,
        "garbage_bytes": facts.garbage_bytes,
        "warnings": list(facts.warnings),
        "header": dict(facts.header),
    }


def ps_json(found: Sequence[PythonProcess]) -> dict[str, Any]:
    """``heapsnap ps --json``."""
    return {"schema": "heapsnap.ps/1", "processes": [_process(seen) for seen in found]}


def dump_json(result: TreeAnswer) -> dict[str, Any]:
    """``heapsnap dump --json``."""
    return {
        "schema": "heapsnap.dump/1",
        "snapshots": [
            {
                "file": str(answer.path),
                "file_in_process": answer.inner_path,
                "pid": answer.pid,
                "pid_in_process": answer.header["pid"],
                "way": answer.way,
                "bytes": answer.size_bytes,
                "pause_seconds": answer.pause_seconds,
                "held_seconds": answer.held_seconds,
                "time": answer.header["time"],
                "under_way_before": answer.is_earlier,
            }
            for answer in result.answers
        ],
        "refused": [_problem(pid, error) for pid, error in result.refused],
        "failed": [_problem(pid, error) for pid, error in result.failed],
    }


def _process(seen: PythonProcess) -> dict[str, Any]:
    process, interpreter, agent = seen.process, seen.interpreter, seen.agent
    version = interpreter.version if interpreter else None
    return {
        "pid": process.pid,
        "pid_in_process": process.inner_pid,
        "parent": process.parent,
        "uid": process.uid,
        "rss_bytes": process.rss_bytes,
        "python": None if version is None else f"{version[0]}.{version[1]}",
        "command": list(process.command),
        "open": seen.is_open,
        "agent": None
        if agent is None
        else {
            "signal": agent.signal_name,
            "directory": agent.directory or None,
            "listening": agent.is_listening,
        },
    }


def _problem(pid: int, error: HeapsnapError) -> dict[str, Any]:
    return {"pid": pid, "error": error.message, "hint": error.hint}


def snapshot_json(facts: SnapshotFacts) -> dict[str, Any]:
    """A snapshot, as every document has it."""
    return {
        "file": str(facts.path),
        "pid": facts.pid,
        "time": facts.time,
        "objects": facts.objects,
        "bytes": facts.python_bytes,
        "rss_bytes": facts.rss_bytes,
    }


def _culprit(culprit: Culprit) -> dict[str, Any]:
    return {
        "type": culprit.type,
        "called": culprit.called,
        "holder": culprit.holder,
        "verdict": culprit.verdict,
        "count_before": culprit.count_before,
        "count_after": culprit.count_after,
        "counts": list(culprit.counts),
        "sizes": list(culprit.sizes),
        "is_larger": culprit.is_larger,
        "growth": culprit.growth,
        "bytes_growth": culprit.bytes_growth,
        "retained_bytes_growth": culprit.retained_bytes_growth,
        "chain": _steps(culprit.chain),
        "fingerprint": culprit.fingerprint,
        "consequences": [
            {"type": row.type, "growth": row.growth, "bytes_growth": row.bytes_growth}
            for row in culprit.consequences
        ],
        "allocated_at": _sites(culprit.allocated_at),
    }


def _type_growth(row: TypeGrowth) -> dict[str, Any]:
    return {
        "type": row.type,
        "count_before": row.count_before,
        "count_after": row.count_after,
        "growth": row.growth,
        "bytes_before": row.bytes_before,
        "bytes_after": row.bytes_after,
    }


def _group(group: HoldingGroup) -> dict[str, Any]:
    return {
        "count": group.count,
        "growth": group.growth,
        "verdict": group.verdict,
        "bytes": group.bytes,
        "retained_bytes": group.retained_bytes,
        "path": group.path,
        "chain": _steps(group.chain),
        "grows_at": group.chain.grows_at,
        "cycle": None if group.cycle is None else _steps(group.cycle),
        "alternatives": [_steps(chain) for chain in group.alternatives],
        "detail": list(group.detail),
        "pattern": None if group.pattern is None else _pattern(group.pattern),
        "fingerprint": group.fingerprint,
        "allocated_at": _sites(group.allocated_at),
    }


def _sites(sites: Sequence[AllocationSite]) -> list[dict[str, Any]]:
    return [
        {"file": site.file, "line": site.line, "count": site.count, "growth": site.growth}
        for site in sites
    ]


def _pattern(pattern: Pattern) -> dict[str, Any]:
    return {"id": pattern.id, "explanation": pattern.explanation, "fix": pattern.fix}


def _steps(chain: Chain) -> list[dict[str, Any]]:
    return [
        {"reference": step.reference, "type": step.type, "name": step.name, "text": step.text}
        for step in chain.steps
    ]


def _without_surrogates(value: Any) -> Any:
    """The same with every text such that UTF-8 can hold it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(part) for part in value]
    return value
