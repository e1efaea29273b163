"""``heapsnap run`` and the variables: a program is as without heapsnap, but for the agent in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from heapsnap.cli.run import STARTUP
from tests.agent.interpreters import find_interpreters
from tests.living.service import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

RUN = [sys.executable, "-m", "heapsnap", "run"]
PROGRAM = """
import json, os, signal, subprocess, sys
CHILD = "import json, signal, sys; print(json.dumps([signal.getsignal(10).__class__.__name__, sys.path]))"
told = {
    "argv": sys.argv, "path": sys.path, "name": __name__, "file": __file__, "pid": os.getpid(),
    "flags": list(map(str, sys.flags)), "main": sorted(k for k in globals() if k != "told"),
    "handlers": [str(n) for n in signal.valid_signals() if callable(signal.getsignal(n))],
    "agent": signal.getsignal(signal.SIGUSR1).__class__.__name__,
    "mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
    "spec": str(__spec__) if __spec__ is None else __spec__.name,
    "child": json.loads(subprocess.run([sys.executable, "-c", CHILD], stdout=-1).stdout),
}
print(json.dumps(told), flush=True)
if sys.argv[-1] == "raise":
    raise RuntimeError("as ever")
if sys.argv[-1] == "kill":
    os.kill(os.getpid(), signal.SIGTERM)
sys.exit(5)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a script, and a package that runs."""
    (tmp_path / "app.py").write_text(PROGRAM)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(PROGRAM)
    return tmp_path


def run(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("HEAPSNAP_", "PYTHON"))}
    return subprocess.run(
        words, cwd=folder, env=own | variables, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip


def told_by(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "words",
    [
        ["app.py", "a", "-m", "--help", "--", "b"],
        ["-m", "package", "-d", "x"],
        ["-mpackage", "x"],
        ["app.py"],
    ],
)
def test_a_program_sees_what_it_sees_without(folder: Path, words: list[str]) -> None:
    with_it = run(folder, *RUN, *words)
    without = run(folder, sys.executable, *words)
    assert (with_it.returncode, with_it.stderr) == (without.returncode, without.stderr) == (5, "")
    told, plain = told_by(with_it), told_by(without)
    assert (told.pop("agent"), plain.pop("agent")) == ("function", "Handlers")
    assert set(told.pop("handlers")) - set(plain.pop("handlers")) == {str(signal.SIGUSR1)}
    (handler, path), (plain_handler, plain_path) = told.pop("child"), plain.pop("child")
    assert (handler, plain_handler) == ("function", "Handlers")
    assert path == plain_path
    del told["pid"], plain["pid"]
    assert told == plain


@pytest.mark.parametrize("words", [["-c", "CODE", "-c", "--help"], ["-cCODE", "a"]])
def test_code_is_run_as_python_runs_it(folder: Path, words: list[str]) -> None:
    code = "import os, signal, sys; print(sys.argv, __name__, signal.getsignal(10).__class__)"
    words = [word.replace("CODE", code) for word in words]
    done = run(folder, *RUN, *words)
    plain = run(folder, sys.executable, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("<")[0] == plain.stdout.split("<")[0]
    assert done.stdout.endswith("<class 'function'>\n")


def test_a_program_ends_as_it_ends_without(folder: Path) -> None:
    raising = run(folder, *RUN, "app.py", "raise")
    plain = run(folder, sys.executable, "app.py", "raise")
    assert (raising.returncode, raising.stderr) == (plain.returncode, plain.stderr)
    assert run(folder, *RUN, "app.py", "kill").returncode == -signal.SIGTERM


def test_the_program_takes_the_place_of_the_command(folder: Path) -> None:
    with subprocess.Popen([*RUN, "app.py"], cwd=folder, stdout=-1, text=True) as process:
        told = json.loads(process.stdout.readline())
    assert told["pid"] == process.pid


@pytest.mark.parametrize("python", find_interpreters(), ids=lambda python: str(python.version))
def test_pythons_without_heapsnap_have_the_agent_too(folder: Path, python: Any) -> None:
    """Any command after ``--``; here Pythons in which heapsnap is not installed."""
    done = run(folder, *RUN, "--", python.path, "app.py")
    told = told_by(done)
    assert told["agent"] == told["child"][0] == "function"
    assert str(STARTUP) not in told["path"]
    if python.path != sys.executable:
        assert str(CHECKOUT) not in told["path"]


def test_the_programs_own_sitecustomize_runs_once(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text(
        "import sys; open('seen', 'a').write(' '.join(sys.orig_argv[1:]) + '\\n')"
    )
    done = run(folder, *RUN, "app.py", PYTHONPATH=str(folder))
    assert told_by(done)["agent"] == "function"
    assert (folder / "seen").read_text().splitlines().count("app.py") == 1


def test_a_sitecustomize_that_fails_is_told_as_ever(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("1 / 0")
    with_it = run(folder, *RUN, "app.py", PYTHONPATH=str(folder))
    without = run(folder, sys.executable, "app.py", PYTHONPATH=str(folder))
    last = [done.stderr.strip().splitlines()[-1] for done in (with_it, without)]
    assert last[0] == last[1]
    assert with_it.returncode == 5


def test_what_cannot_be_run_is_two_lines(folder: Path) -> None:
    for words, error in {
        ("missing.py",): "cannot run 'missing.py': no such file",
        ("--", "no-such-command"): "cannot run 'no-such-command': no such command",
    }.items():
        done = run(folder, *RUN, *words)
        assert done.returncode == 1
        assert done.stderr.splitlines() == [
            f"error: {error}",
            "hint: heapsnap run app.py, heapsnap run -m package, heapsnap run -- gunicorn app:app",
        ]
    wrong = run(folder, *RUN, "--signal", "FOO", "app.py")
    assert wrong.returncode == 2
    assert "there is no signal named 'FOO'" in wrong.stderr
    assert run(folder, *RUN).returncode == 2


def test_options_of_our_own_come_before_the_program(folder: Path) -> None:
    (folder / "app.py").write_text(
        "import os, signal, time, glob\n"
        "os.kill(os.getpid(), signal.SIGUSR2)\n"
        "deadline = time.monotonic() + 50\n"
        "while not glob.glob('there/*.json') and time.monotonic() < deadline: time.sleep(0.05)\n"
    )
    (folder / "there").mkdir()
    done = run(folder, *RUN, "--signal", "USR2", "-d", "there", "app.py")
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "there").glob("*.json"))) == 1
