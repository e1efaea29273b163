"""In gunicorn's workers: on a signal that gunicorn leaves free, and before one ends.

gunicorn gives its workers handlers of its own after they are forked, for USR1 and USR2 among
others, whatever stood there.
"""

from . import door, settings, signals, talk

SIGNAL = "RTMIN+2"
"""A signal that neither gunicorn nor its workers use."""


def post_fork(server, worker):
    """Install heapsnap in a worker, as the ``HEAPSNAP_`` variables say."""
    number = settings.gather({}).signal if settings.is_set("signal") else signals.number_of(SIGNAL)
    if number in getattr(worker, "SIGNALS", ()):
        talk.say(f"gunicorn handles {signals.name_of(number)} itself; {SIGNAL} is used instead")
        number = signals.number_of(SIGNAL)
    try:
        door.install(number)
    except ValueError as problem:
        # A worker without snapshots serves; one that ends here is started again for ever.
        talk.say(f"not installed: {problem}")


def worker_exit(server, worker):
    """Take a last snapshot of a worker that ends: replaced by gunicorn, or told to (TERM)."""
    door.take("recycled by gunicorn")
