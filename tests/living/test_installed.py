"""As it comes out of a wheel, and out of an editable installation: one variable installs the agent."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.living.service import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

LOOK = "import sys, signal; print('heapsnap' in sys.modules, callable(signal.getsignal(10)))"


@pytest.fixture(scope="module", params=["wheel", "editable"])
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with heapsnap alone installed; the agent needs nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    own = folder / "bin" / "python"
    what = [CHECKOUT] if request.param == "wheel" else ["-e", CHECKOUT]
    done = subprocess.run(
        [own, "-m", "pip", "install", "-q", "--no-deps", *what], capture_output=True, text=True, check=False
    )  # fmt: skip
    if "hatchling" in done.stderr and done.returncode:
        pytest.skip("hatchling, which builds the wheel, cannot be had here")
    assert done.returncode == 0, done.stderr
    return own


def seen(python: Path, *flags: str, **variables: str) -> tuple[str, str]:
    """What a fresh interpreter has, and what it says."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("HEAPSNAP_", "PYTHON"))}
    done = subprocess.run(
        [python, *flags, "-c", LOOK], env=own | variables, cwd="/", capture_output=True, text=True, check=True
    )  # fmt: skip
    return done.stdout.strip(), done.stderr


def test_the_variable_installs_it_and_without_it_nothing_happens(python: Path) -> None:
    assert seen(python) == ("False False", "")
    assert seen(python, HEAPSNAP_DIR="/tmp") == ("False False", "")
    assert seen(python, HEAPSNAP_INSTALL="1", HEAPSNAP_DIR="/tmp") == ("True True", "")
    assert seen(python, "-I", HEAPSNAP_INSTALL="1") == ("True True", "")
    assert seen(python, HEAPSNAP_INSTALL="0")[0].endswith("False")


def test_a_wrong_variable_lets_the_interpreter_start(python: Path) -> None:
    told, said = seen(python, HEAPSNAP_INSTALL="perhaps")
    assert told.endswith("False")
    assert said == "heapsnap: HEAPSNAP_INSTALL: expected 1 or 0, found 'perhaps'; left out\n"
    told, said = seen(python, HEAPSNAP_INSTALL="1", HEAPSNAP_THRESHOLD="x", HEAPSNAP_DIR="/tmp")
    assert told == "True True"
    assert said.startswith("heapsnap: HEAPSNAP_THRESHOLD: ")


def test_a_signal_that_cannot_be_handled_is_left_out(python: Path) -> None:
    told, said = seen(python, HEAPSNAP_INSTALL="1", HEAPSNAP_SIGNAL="KILL", HEAPSNAP_DIR="/tmp")
    assert told == "True True"
    assert said.startswith("heapsnap: HEAPSNAP_SIGNAL: ")
