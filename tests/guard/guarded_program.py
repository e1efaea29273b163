"""One of the programs of fixtures/programs as a guarded test: which one is in ``GUARDED_PROGRAM``.

Their ``stage.play(step)`` would send signals; here the guard does the rounds instead.
"""

import importlib.util
import os
import sys
import types

PROGRAM = os.environ["GUARDED_PROGRAM"]
COUNT, ROUNDS = int(os.environ["GUARDED_COUNT"]), int(os.environ["GUARDED_ROUNDS"])
STEPS = []


def load_program():
    sys.modules["stage"] = types.SimpleNamespace(play=lambda step, **_: STEPS.append(step))
    spec = importlib.util.spec_from_file_location("program", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    sys.modules["program"] = module
    spec.loader.exec_module(module)


load_program()


def test_program(heapsnap_guard):
    with heapsnap_guard(rounds=ROUNDS) as guard:
        for _ in guard.rounds():
            STEPS[0](COUNT)
