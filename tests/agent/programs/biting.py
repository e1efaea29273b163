"""Hooks that must not be called while a snapshot is taken, and the register of hostile objects.

A hook writes its name to FOLDER/bites, once armed: a file, since what runs in the child must show
too. Each object is a row of its own, so a bite names the row that was touched.
"""

import os
import sys

FOLDER = sys.argv[1]
STATE = {"armed": False, "row": ""}
ROWS = {}
SINCE = {}


def row(since=(3, 10)):
    """Register a function that builds one hostile object; its name is the name of the row."""

    def register(build):
        if sys.version_info >= since:
            ROWS[build.__name__] = build
        return build

    return register


def bite(name):
    """Note that code of the program ran."""
    if STATE["armed"]:
        with open(os.path.join(FOLDER, "bites"), "a", encoding="utf-8") as file:
            file.write(f"{name} in {os.getpid()}\n")


def biting(name, error=ValueError):
    """A method that must not be called; it raises, as well."""
    label = f"{STATE['row']}: {name}"

    def hook(*args, **keywords):
        bite(label)
        if STATE["armed"]:
            raise error(name)
        return NotImplemented

    return hook


def noting(name, result):
    """A method that must not be called, and does no more than that."""
    label = f"{STATE['row']}: {name}"

    def hook(*args, **keywords):
        bite(label)
        return result

    return hook


def biting_text(value):
    """A ``str`` that is equal to a plain one, and tells whoever compares it."""
    label = STATE["row"]

    class Text(str):
        __slots__ = ()

        def __eq__(self, other):
            bite(f"{label}: str.__eq__")
            return str.__eq__(self, other)

        def __hash__(self):
            bite(f"{label}: str.__hash__")
            return str.__hash__(self)

    names = ("str", "repr", "len", "getitem", "format", "contains", "iter", "add", "mod", "lt")
    for name in names:
        setattr(Text, f"__{name}__", biting(f"str.__{name}__"))
    for name in ("encode", "isascii", "startswith", "endswith", "split", "isprintable", "join"):
        setattr(Text, name, biting(f"str.{name}"))
    return Text(value)


def build_all():
    """Every hostile object by the name of its row."""
    built = {}
    for name, build in ROWS.items():
        STATE["row"] = name
        built[name] = build()
    STATE["row"] = ""
    return built
