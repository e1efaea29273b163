"""What a suspended greenlet's variables hold: function, line and variable are named."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.agent.interpreters import PROGRAMS
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agent.interpreters import Python

PROGRAM = PROGRAMS / "greenlets.py"


@pytest.fixture(scope="session", params=["", pytest.param("1", id="in Python")])
def reading(
    python: Python, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Reading:
    if python.evaluate("import greenlet").exit_code:
        pytest.skip("greenlet is not installed in this Python")
    path = tmp_path_factory.mktemp("greenlets") / "heap.json"
    done = python.run("greenlets.py", path, variables={"HEAPSNAP_PURE": request.param})
    # The greenlet went on to its end after its variables had been read, and the collector left
    # alone what we must not call garbage.
    assert done.facts == {"collected": 0, "alive": 1}
    return Reading(path)


def line_of(function: str) -> int:
    """The line at which a function waits."""
    lines = PROGRAM.read_text().splitlines()
    start = lines.index(next(line for line in lines if line.startswith(f"def {function}(")))
    waiting = ".switch()" if function != "outer" else "inner(InInner())"
    return 1 + next(n for n, line in enumerate(lines) if n > start and waiting in line)


@pytest.mark.parametrize(
    ("held", "path", "function"),
    [
        ("InInner", "__main__.WORKER.gr_frame(inner) local variable held", "inner"),
        ("InTuple", "__main__.WORKER.gr_frame(inner) local variable pair[*]", "inner"),
        ("InOuter", "__main__.WORKER.gr_frame(outer) local variable seen[*]", "outer"),
        ("InCell", "__main__.WORKER.gr_frame(outer) local variable shared", "outer"),
    ],
)
def test_every_function_of_the_stack_is_named_with_line_and_variable(
    reading: Reading, held: str, path: str, function: str
) -> None:
    (group,) = reading.why(held)
    assert (group.verdict, group.path) == ("rooted", path)
    frame = group.chain.steps[2]
    assert frame.text == f"frame {function} ({PROGRAM}:{line_of(function)})"


def test_what_only_a_lost_greenlet_holds_is_no_garbage(reading: Reading) -> None:
    (group,) = reading.why("InGarbage")
    assert group.verdict == "c-held"
    assert group.path.endswith("local variable own")
    assert f"frame wait_in_a_knot ({PROGRAM}:{line_of('wait_in_a_knot')})" in (
        group.chain.steps[0].text
    )


def test_no_object_has_more_references_than_are_counted(reading: Reading) -> None:
    assert reading.anomalies() == []
    assert reading.header["not_seen"] == []


def test_in_the_process_itself_they_are_not_read_and_it_is_said(tmp_path: Path) -> None:
    pytest.importorskip("greenlet", reason="greenlet is not installed")
    source = (
        "import sys, greenlet, heapsnap\n"
        "g = greenlet.greenlet(lambda: greenlet.getcurrent().parent.switch()); g.switch()\n"
        "from heapsnap.agent import fork\n"
        "fork.can_fork = False\n"
        "assert heapsnap.dump(sys.argv[1])\n"
    )
    path = tmp_path / "heap.json"
    subprocess.run([sys.executable, "-c", source, str(path)], check=True, cwd=PROGRAMS.parents[2])
    header = json.loads(path.read_text())["header"]
    assert header["mode"] == "inline"
    assert "variables of suspended greenlets" in header["not_seen"]
