"""What the program's own signal handlers raise in the middle of a snapshot reaches the program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

ROUNDS = 120 if os.environ.get("HEAPSNAP_LONG") else 18


@pytest.mark.parametrize("threads", [0, 2])
@pytest.mark.parametrize("how", ["signal", "dump", "inline", "nested"])
def test_what_a_handler_raises_reaches_the_program_and_nothing_is_left(
    python: Python, tmp_path: Path, how: str, threads: int
) -> None:
    finished = python.run("raising.py", tmp_path, how, threads, ROUNDS, flags=["-S"])
    facts = finished.facts
    assert facts["raised"] == facts["reached"] == facts["settled"] == ROUNDS
    assert facts["in_the_agent"] > 0
    assert facts["after"] == facts["before"]
    assert not facts["children"]
    assert facts["parts"] == []
    assert Reading(facts["last"]).snapshot.is_complete
    assert "Traceback" not in finished.stderr
