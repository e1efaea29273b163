"""The header of a snapshot: which process, when, why, how much memory, what was not seen."""

import gc
import os
import sys
import time

from .files import read_file
from .identity import text
from .jsontext import dumps
from .redaction import OPEN

_STATUS_KEYS = {
    "rss_bytes": "VmRSS",
    "peak_rss_bytes": "VmHWM",
    "swap_bytes": "VmSwap",
    "anonymous_bytes": "RssAnon",
    "file_bytes": "RssFile",
    "shared_bytes": "RssShmem",
}


def read_memory(pid):
    """The memory of a process in bytes, as Linux tells it; None for what it does not tell."""
    memory = dict.fromkeys(_STATUS_KEYS)
    status = read_file(f"/proc/{pid}/status", 1 << 16).decode("ascii", "replace")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    for key, field in _STATUS_KEYS.items():
        words = fields.get(field, "").split()
        if words and words[0].isdigit():
            memory[key] = int(words[0]) * 1024
    memory["allocated_blocks"] = sys.getallocatedblocks()
    return memory


def collector_state():
    """What the collector has been doing: its settings and counts."""
    return {
        "enabled": gc.isenabled(),
        "count": list(gc.get_count()),
        "threshold": list(gc.get_threshold()),
        "freeze_count": gc.get_freeze_count(),
        "stats": gc.get_stats(),
        "garbage": len(gc.garbage),
        "debug": gc.get_debug(),
    }


def describe_process(reason, sequence, version):
    """The part of the header that is taken in the process itself; a few microseconds."""
    now = time.time()
    return {
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "agent_version": version,
        "time": now,
        "reason": reason,
        "sequence": sequence,
        "gc": collector_state(),
    }


def complete(header, *, mode, pause_seconds, thread_count, tracemalloc_frames, not_seen, redaction):
    """The JSON text of the whole header."""
    moment = time.gmtime(header["time"])
    full = {
        "pid": header["pid"],
        "ppid": header["ppid"],
        "host": platform_facts["host"],
        "argv": _argv(redaction),
        "executable": text(sys.executable),
        "python": sys.version,
        "version_info": list(sys.version_info),
        "implementation": sys.implementation.name,
        "platform": sys.platform,
        "debug_build": hasattr(sys, "gettotalrefcount"),
        "free_threaded": platform_facts["free_threaded"],
        "agent_version": header["agent_version"],
        "time": header["time"],
        "time_utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", moment),
        "reason": header["reason"],
        "mode": mode,
        "sequence": header["sequence"],
        "pause_seconds": pause_seconds,
        "memory": read_memory(header["pid"]),
        "gc": header["gc"],
        "thread_count": thread_count,
        # Only where it is on: else a snapshot is as it was before sites were known.
        **({"tracemalloc_frames": tracemalloc_frames} if tracemalloc_frames else {}),
        "redacted": redaction is not OPEN,
        "not_seen": not_seen,
    }
    return dumps(full)


def _argv(redaction):
    arguments = sys.argv if type(getattr(sys, "argv", None)) is list else []
    # The first is the program; what follows is said to it, and may be a password.
    return [text(arg) if n == 0 else redaction.name(text(arg)) for n, arg in enumerate(arguments)]


platform_facts = {
    "host": text(os.uname().nodename) if hasattr(os, "uname") else "",
    "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
}
