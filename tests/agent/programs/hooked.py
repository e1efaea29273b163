"""Objects that only the hooks of the interpreter hold: signal handlers, tracing functions.

Arguments: FILE MODE. Takes a snapshot there, in a child or inline, and tells who was finalized.
"""

import os
import signal
import sys

from telling import tell

import heapsnap

PROCESS = os.getpid()
FINALIZED = sys.argv[1] + ".finalized"


class Kept:
    def __del__(self):
        if os.getpid() != PROCESS:
            with open(FINALIZED, "a", encoding="ascii") as file:
                file.write(type(self).__name__ + "\n")


class InHandler(Kept):
    pass


class InTrace(Kept):
    pass


class InProfile(Kept):
    pass


class InUnraisable(Kept):
    pass


class InAsyncGeneratorHook(Kept):
    pass


class NoComparison:
    """A handler whose comparison would be code of the program's."""

    def __init__(self):
        self.kept = InHandler()

    def __call__(self, number, frame):
        pass

    def __eq__(self, other):
        with open(FINALIZED, "a", encoding="ascii") as file:
            file.write("compared\n")
        return NotImplemented

    __hash__ = None


def chain_handlers(count):
    for _ in range(count):
        previous = signal.getsignal(signal.SIGTERM)

        def handle(number, frame, previous=previous, kept=InHandler()):  # noqa: B008 - on purpose
            del kept
            if callable(previous):
                previous(number, frame)

        signal.signal(signal.SIGTERM, handle)


def hook_holding(kept):
    def hook(*_):
        return kept and None

    return hook


if sys.argv[2] == "inline":
    import heapsnap.agent.fork as fork

    fork.can_fork = False
chain_handlers(50)
signal.signal(signal.SIGUSR2, NoComparison())
sys.unraisablehook = hook_holding(InUnraisable())
sys.set_asyncgen_hooks(firstiter=hook_holding(InAsyncGeneratorHook()))
sys.setprofile(hook_holding(InProfile()))
sys.settrace(hook_holding(InTrace()))
written = heapsnap.dump(sys.argv[1])
sys.settrace(None)
sys.setprofile(None)
tell(path=written, finalized=os.path.exists(FINALIZED))
os._exit(0)
