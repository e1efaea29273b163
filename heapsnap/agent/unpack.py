"""The agent, loaded from text in a process that has no heapsnap, to take one snapshot.

This file goes in as text, with the names in capitals filled in. What it loads stays loaded, under
a name that no import statement finds by accident: so a second snapshot finds the heap as the first
one did, and only what the program has done in between is new.
"""

import os
import sys

SOURCES: "dict[str, str]" = {}
"""Module name → source, each after those that it imports."""
NAME = DIRECTORY = RESULT = ""
IS_GZIP = False
FILES = "<heapsnap>/agent/"
"""What the agent's code calls its folder, by which it leaves its own frames out of a snapshot."""


def take():
    """Take the snapshot; the file RESULT says how it went."""
    result = os.open(RESULT, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        told = _load().take(DIRECTORY, IS_GZIP)
    except BaseException as problem:
        told = f"failed 0:{type(problem).__name__}: {problem}"
    os.write(result, told.encode("utf-8", "surrogateescape"))
    os.close(result)


def _load():
    if NAME not in sys.modules:
        _load_module(NAME, "", is_package=True)
        for name, source in SOURCES.items():
            _load_module(f"{NAME}.{name}", source)
    return sys.modules[f"{NAME}.stowaway"]


def _load_module(full_name, source, *, is_package=False):
    package, _, name = full_name.rpartition(".")
    module = type(sys)(full_name)
    spec = type(sys.__spec__)(full_name, None, is_package=is_package)
    file = f"{FILES}{name if package else '__init__'}.py"
    vars(module).update(__spec__=spec, __package__=package or full_name, __file__=file)
    sys.modules[full_name] = module
    exec(compile(source, file, "exec", dont_inherit=True), vars(module))  # noqa: S102 - its purpose
    if package:
        setattr(sys.modules[package], name, module)
