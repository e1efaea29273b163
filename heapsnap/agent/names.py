"""What the snapshots of a process are called: a template, and which files it made.

``%p`` pid, ``%h`` host, ``%t`` time (UTC, sortable), ``%n`` number within the process, ``%e``
program, ``%r`` reason, ``%%`` a per cent sign.
"""

import os
import sys
import time

from . import header
from .files import is_there

DEFAULT_TEMPLATE = "heapsnap-%h-%p-%t-%n"
LETTERS = "phtner%"
_ENDINGS = (".json", ".json.gz")
_PATTERNS = {"p": r"\d+", "t": r"\d{8}T\d{6}", "n": r"\d+", "%": "%"}
_LONGEST_PART = 60
_MOST_OF_ONE_NAME = 1000


def read_template(text):
    """A template that can be used: known letters, no folder, an ending that readers know.

    Raises:
        ValueError: It cannot be.
    """
    if "/" in text or "\0" in text or not text.strip("."):
        raise ValueError(f"expected the name of a file, without its folder, found {text!r}")
    for letter, _ in _pieces(text):
        if letter is not None and (not letter or letter not in LETTERS):
            raise ValueError(f"expected %p %h %t %n %e %r or %% and not %{letter} in {text!r}")
    for ending in reversed(_ENDINGS):
        if text.endswith(ending):
            return text
    return text + _ENDINGS[0]


def compressed(template):
    """The same template for a compressed file."""
    return template if template.endswith(".gz") else template + ".gz"


def fill(template, *, pid, moment, number, reason):
    """The name of one file.

    Args:
        template: As ``read_template`` returns it.
        pid: Of the process.
        moment: Seconds since 1970.
        number: Which of the process's snapshots it is.
        reason: Why it is taken; its first word is used.
    """
    first_word = reason.split(None, 1)[0] if reason.strip() else ""
    values = {
        "p": str(pid),
        "h": _plain(header.platform_facts["host"]),
        "t": time.strftime("%Y%m%dT%H%M%S", time.gmtime(moment)),
        "n": str(number),
        "e": _plain(_program()),
        "r": _plain(first_word.lower()).strip("-"),
        "%": "%",
    }
    return "".join(text if letter is None else values[letter] for letter, text in _pieces(template))


def free_path(directory, name):
    """A path in the folder at which nothing stands: the name, or with ``-2``, ``-3``, ... to it."""
    path = os.path.join(directory, name)
    stem, ending = _split(path)
    for number in range(2, _MOST_OF_ONE_NAME):
        if not is_there(path):
            break
        path = f"{stem}-{number}{ending}"
    return path


def expression(template):
    """A regular expression for the names that the template makes, in any process on any host."""
    # Here, since only who deletes old files needs it.
    import re

    stem, ending = _split(template)
    parts = [
        re.escape(text) if letter is None else _PATTERNS.get(letter, r"[\w.-]*")
        for letter, text in _pieces(stem)
    ]
    return re.compile("".join(parts) + r"(-\d+)?" + re.escape(ending))


def _pieces(template):
    """Pairs: (None, text as it is) or (letter, "")."""
    start, *rest = template.split("%")
    yield None, start
    skipped = False
    for position, piece in enumerate(rest):
        if skipped:
            skipped = False
            yield None, piece
        elif not piece and position + 1 < len(rest):
            # Two signs in a row: the second belongs to the first.
            skipped = True
            yield "%", ""
        else:
            yield piece[:1], ""
            yield None, piece[1:]


def _split(path):
    for ending in reversed(_ENDINGS):
        if path.endswith(ending):
            return path[: -len(ending)], ending
    return path, ""


def _program():
    """What runs here: the script, the package of ``-m``, or else the interpreter."""
    argv = getattr(sys, "argv", None)
    first = argv[0] if type(argv) is list and argv and type(argv[0]) is str else ""
    folder, name = os.path.split(first)
    if name in ("__main__.py", "__init__.py"):
        name = os.path.basename(folder)
    return name.removesuffix(".py") if name.strip("-") and name != "-c" else "python"


def _plain(text):
    """Letters, digits, dots and dashes only: a name for every file system and shell."""
    cut = text[:_LONGEST_PART]
    return "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in cut)
