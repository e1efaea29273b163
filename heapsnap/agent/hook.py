"""The command that is started when a snapshot is complete: an upload, a message.

The supervisor of the snapshot starts it and turns into a small interpreter that waits for it. So
the process never has it as a child, and no copy of the heap stays in memory while it runs. It is
started without a shell.
"""

import _signal
import os
import sys

from . import talk
from .fork import fork_plainly
from .originals import kernel

LONGEST_SECONDS = 3600
"""A command that hangs is ended after this time, by SIGALRM."""

_PLACE = "%f"
_OURS = ("HEAPSNAP_", "PYTHONSTARTUP")
_OF_THE_WAITER = ("PYTHONHOME", "LD_LIBRARY_PATH")
_WAITER = """
import os, sys
_, status = os.waitpid(int(sys.argv[1]), 0)
if status:
    code = os.waitstatus_to_exitcode(status)
    how = f"with {code}" if code > 0 else f"by signal {-code}"
    os.write(2, os.fsencode(f"heapsnap: {sys.argv[2]} ended {how}; {sys.argv[3]} stays\\n"))
"""


def words_for(command, path):
    """The command with the file in place of each ``%f``, or at its end where there is none."""
    if any(_PLACE in word for word in command):
        return [word.replace(_PLACE, path) for word in command]
    return [*command, path]


def follow(command, path):
    """Start the command for the snapshot at ``path``, in the supervisor, and see how it ends.

    Does not return where an interpreter can be had to wait in its place.
    """
    started = fork_plainly()
    if started == 0:
        _become(command, path)
        # It has said why it did not start, and that is how it ended.
        os._exit(0)
    if started < 0:
        # No further process may be made: then nobody waits for it.
        _become(command, path)
        return
    told = (f"the hook {command[0]!r}", talk.shown(path))
    words = [sys.executable, "-S", "-s", "-c", _WAITER, str(started), *told]
    variables = {k: v for k, v in os.environ.items() if k in _OF_THE_WAITER}
    # A server that embeds Python names itself there, and would start once more.
    if os.path.basename(sys.executable or "").startswith("python"):
        try:
            os.execve(sys.executable, words, variables)  # noqa: S606
        except OSError:
            pass
    kernel.waitpid(started, 0)


def _become(command, path):
    """Turn this process into the command; returns, and has said why, where that cannot be."""
    for number in (_signal.SIGPIPE, _signal.SIGTERM, _signal.SIGHUP):
        _signal.signal(number, _signal.SIG_DFL)
    _signal.alarm(LONGEST_SECONDS)
    # A command in Python is not to be watched in its turn.
    variables = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    variables["HEAPSNAP_FILE"] = path
    try:
        os.execvpe(command[0], words_for(command, path), variables)  # noqa: S606
    except OSError as problem:
        talk.say(f"the hook {command[0]!r} did not start: {problem.strerror}; {path} stays")
