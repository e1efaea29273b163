"""Programs that leak and programs that only look as if they did, under the guard.

Run as a script it plays each of them twenty times and prints how often the guard was right:

    python -m tests.guard.programs [TIMES]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.guard.test_plugin import HERE, run_pytest

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = HERE.parents[1] / "fixtures" / "programs"
LEAKS = {
    "bound_method_on_instance": (6, "Cursor grows by 6 every round, garbage"),
    "callback_registry": (6, "Widget grows by 6 every round, held by program.LISTENERS[*]"),
    "dict_cache": (1, "Page grows by 1 every round, held by program.CACHE[*]"),
    "mutable_default": (3, "Item grows by 3 every round, held by program.add_item.__defaults__"),
    "tasks_kept": (4, "Task of serve() grows by 4 every round, held by program.TASKS{*}"),
}
"""How many steps make a round, and what the failure must say."""
BOUNDED = {
    "churn": 40,
    "evicting_cache": 40,
    "full_lru_cache": 40,
    "reloaded_configuration": 20,
    "warming_process": 20,
}
"""How many steps make a round: what has a limit reaches it in the rounds that warm up."""


def run_guarded(program: Path, count: int, rounds: int) -> tuple[int, str]:
    """Exit code and output of a pytest that runs the program under the guard."""
    variables = {
        "GUARDED_PROGRAM": str(program),
        "GUARDED_COUNT": str(count),
        "GUARDED_ROUNDS": str(rounds),
    }
    # Without the other plugins there is half as much to look through.
    return run_pytest(
        "-p",
        "heapsnap.guard.plugin",
        HERE / "guarded_program.py",
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        **variables,
    )


def is_right(name: str, *, rounds: int = 5) -> tuple[bool, str]:
    """Whether the guard judges the program as a person would, and what pytest wrote."""
    if name in LEAKS:
        count, expected = LEAKS[name]
        code, output = run_guarded(FOLDER / "leaks" / f"{name}.py", count, rounds)
        return code == 1 and expected in output, output
    code, output = run_guarded(FOLDER / "bounded" / f"{name}.py", BOUNDED[name], rounds)
    return code == 0, output


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for name in (*LEAKS, *BOUNDED):
        right = 0
        for _ in range(times):
            ended_well, output = is_right(name)
            right += ended_well
            if not ended_well:
                print(output)
        kind = "leaks, found" if name in LEAKS else "is bounded, passes"
        print(f"{name:28} {kind:20} {right} of {times}", flush=True)


if __name__ == "__main__":
    main()
