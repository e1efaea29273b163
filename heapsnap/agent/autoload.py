"""Installs heapsnap when the interpreter starts, where the environment asks for it.

``heapsnap.pth`` in the folder of installed packages imports this if ``HEAPSNAP_INSTALL`` is set;
so does ``startup/sitecustomize.py``, which ``heapsnap run`` puts on ``PYTHONPATH`` for
interpreters that have no such file. Both may be there. Nothing that goes wrong here may keep the
program from starting.
"""

import os
import sys

from . import door, settings, talk

_done = False


def start():
    """Install, once, as the variables say; says on stderr why, where it cannot."""
    global _done
    if _done:
        # In a virtual environment Python reads its folders twice.
        return
    _done = True
    if not _is_asked_for() or _is_heapsnap_itself():
        return
    try:
        door.install()
    except Exception as problem:
        talk.say(f"not installed: {problem}")


def _is_asked_for():
    text = os.environ.get(settings.START, "")
    try:
        return settings.read_flag(text)
    except ValueError as problem:
        talk.say(f"{settings.START}: {problem}; left out")
        return False


def _is_heapsnap_itself():
    """Whether this is the command line, which takes a lot of memory and is nobody's service."""
    words = getattr(sys, "orig_argv", [])
    for position, word in enumerate(words[1:], 1):
        if word == "-m":
            return words[position + 1 : position + 2] == ["heapsnap"]
        if not word.startswith("-"):
            return os.path.basename(word) == "heapsnap"
    return False
