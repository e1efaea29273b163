"""What an extension's object holds without telling the collector is found in its own memory."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.why import why
from tests.agent.interpreters import PROGRAMS
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from heapsnap.analysis.results import HoldingGroup
    from tests.agent.interpreters import Python

INCLUDE = "import sysconfig; print(sysconfig.get_paths()['include'])"


@pytest.fixture(scope="session")
def built(python: Python, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the extension, built for this Python."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is installed")
    headers = python.evaluate(INCLUDE).stdout.strip()
    folder = tmp_path_factory.mktemp("untold")
    # Debian keeps the file of the architecture one folder up.
    paths = [f"-I{headers}", f"-I{headers}/.."]
    source = PROGRAMS / "untold.c"
    command = [compiler, "-shared", "-fPIC", *paths, source, "-o", folder / "untold.so"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Python.h" in done.stderr:
        pytest.skip("the headers of this Python are not installed")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(
    scope="session",
    params=["", pytest.param("1", id="in Python")],
)
def pair(
    python: Python,
    built: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> tuple[Reading, Reading]:
    folder = tmp_path_factory.mktemp("pair")
    before, after = folder / "before.json", folder / "after.json"
    path = f"{PROGRAMS.parents[2]}:{built}"
    variables = {"PYTHONPATH": path, "HEAPSNAP_PURE": request.param}
    done = python.run("untold_holders.py", before, after, variables=variables)
    assert done.exit_code == 0, done.stderr
    return Reading(before), Reading(after)


def group_of(pair: tuple[Reading, Reading], type_name: str) -> HoldingGroup:
    before, after = pair
    (group,) = why(after.snapshot, type_name, since=before.snapshot).groups
    assert group.verdict == "c-held"
    return group


@pytest.mark.parametrize(
    ("held", "holder"),
    [
        ("InUntold", "untold.Untold"),
        ("InCareless", "untold.Careless"),
        ("InSubclass", "__main__.Derived"),
    ],
)
def test_the_likely_holder_is_named_with_its_grounds_and_with_what_holds_it(
    pair: tuple[Reading, Reading], held: str, holder: str
) -> None:
    _, likely, in_its_turn = group_of(pair, held).detail
    assert likely == (
        f"likely holder: {holder}: the address of 23 of 23 such objects stood in the memory of "
        "one, which does not tell the collector"
    )
    # Which of them is the example is left to the order of the rows.
    name = holder.rpartition(".")[2]
    assert re.fullmatch(
        rf"held in its turn: module __main__ \.HOLDERS -> list \[\d+\] -> {name}", in_its_turn
    )


def test_where_the_reference_is_out_of_sight_nobody_can_tell(
    pair: tuple[Reading, Reading],
) -> None:
    cannot_tell = (
        "likely holder: cannot tell: its address stood in no object of a class that leaves unsaid "
        "what it holds"
    )
    assert group_of(pair, "InVariable").detail[1:] == (cannot_tell,)
    assert group_of(pair, "InBuried").detail[1:] == (
        cannot_tell,
        "as many more of an extension's objects, which may be chance: untold.Buried, untold.Untold",
    )


def test_what_the_collector_is_told_is_not_looked_for(pair: tuple[Reading, Reading]) -> None:
    snapshot = pair[1].snapshot
    assert snapshot.found_in_memory is not None
    edges = set(
        zip(
            pair[1].places.graph.referrer_by_edge.tolist(),
            snapshot.referent_by_edge.tolist(),
            strict=True,
        )
    )
    assert not edges & set(map(tuple, snapshot.found_in_memory.tolist()))
