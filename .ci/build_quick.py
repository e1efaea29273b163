"""Builds the chunk in C (heapsnap/agent/csource) where there is a compiler; never fails.

hatchling runs this for every wheel and every editable install. What comes out works on each
Python from 3.10 on (stable ABI). HEAPSNAP_BUILD=pure leaves it out.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "heapsnap/agent/_quick.abi3.so"
PATIENCE_SECONDS = 120


class CustomBuildHook(BuildHookInterface):
    """Adds the compiled module to the wheel, or nothing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the files are gathered."""
        del version
        if self.target_name != "wheel" or not build(Path(self.root)):
            return
        build_data["pure_python"] = False
        build_data["tag"] = "cp310-abi3-" + sysconfig.get_platform().replace("-", "_")
        build_data["artifacts"].append(NAME)


def build(root: Path) -> bool:
    """Compile; whether it worked."""
    target = root / NAME
    target.unlink(missing_ok=True)
    if os.environ.get("HEAPSNAP_BUILD") == "pure" or not can_be_used():
        return False
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[:1]
    fresh = target.with_suffix(".new")
    command = [
        *compiler, "-O2", "-fPIC", "-shared", "-I", sysconfig.get_path("include"),
        str(root / "heapsnap/agent/csource/quick.c"), "-o", str(fresh),
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
        fresh.replace(target)
    except (OSError, subprocess.SubprocessError):
        # No compiler, no headers: the walk stays Python.
        fresh.unlink(missing_ok=True)
        return False
    return True


def can_be_used() -> bool:
    """Where the stable ABI is that of the C source: CPython on Linux, with the GIL."""
    is_free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return sys.platform == "linux" and sys.implementation.name == "cpython" and not is_free_threaded


if __name__ == "__main__":
    sys.exit(
        0
        if build(Path(__file__).resolve().parents[1])
        else "not built: no compiler, or no headers of Python's"
    )
