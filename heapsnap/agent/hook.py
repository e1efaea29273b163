"""The command that is started when a snapshot is complete: an upload, a message.

The supervisor of the snapshot turns into it. So the process never has it as a child, nobody waits
for it, and no copy of the heap stays in memory while it runs. It is started without a shell.
"""

import _signal
import os

from . import talk

LONGEST_SECONDS = 3600
"""A command that hangs is ended after this time, by SIGALRM."""

_PLACE = "%f"
_OURS = ("HEAPSNAP_", "PYTHONSTARTUP")


def words_for(command, path):
    """The command with the file in place of each ``%f``, or at its end where there is none."""
    if any(_PLACE in word for word in command):
        return [word.replace(_PLACE, path) for word in command]
    return [*command, path]


def become(command, path):
    """Turn this process, the supervisor of the snapshot at ``path``, into the command.

    Returns only where the command cannot be started, and has then said so.
    """
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
