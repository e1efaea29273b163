"""Entering processes that never heard of heapsnap: each is answered or told apart, and lives on.

``HEAPSNAP_TEST_ATTACH_TIMES=20`` enters each process twenty times instead of twice.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner

from heapsnap.cli.main import app
from heapsnap.live import gdb
from heapsnap.live.procfs import read_mappings, read_process
from heapsnap.snapshot.reader import load
from tests.agent.reading import Reading
from tests.live.conftest import INTERPRETERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    from tests.agent.interpreters import Python

    Start = Callable[..., subprocess.Popen[str]]

TIMES = int(os.environ.get("HEAPSNAP_TEST_ATTACH_TIMES", "2"))
PATIENCE = "60"
DOCS = Path(__file__).resolve().parents[2] / "docs"
NEWEST = max(INTERPRETERS, key=lambda python: python.version)

pytestmark = [
    pytest.mark.skipif(not gdb.is_installed(), reason="gdb is not installed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc"),
]


def attach(pid: int, folder: Path, *options: str, timeout: str = PATIENCE) -> Result:
    arguments = ["dump", "--attach", str(pid), "--directory", str(folder), "--timeout", timeout]
    return CliRunner().invoke(app, [*arguments, *options], prog_name="heapsnap")


def snapshot_of(result: Result) -> dict:
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    schema = json.loads((DOCS / "dump.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    (snapshot,) = told["snapshots"]
    return snapshot


def ways_in(process: subprocess.Popen[str], folder: Path) -> set[str]:
    """Enter a process again and again, look at each snapshot; the ways on which it was entered."""
    ways = set()
    for number in range(1, TIMES + 1):
        snapshot = snapshot_of(attach(process.pid, folder, "--json"))
        header = load(snapshot["file"]).header
        assert (header["pid"], header["reason"], header["mode"]) == (
            process.pid,
            "attached",
            "fork",
        )
        assert header["sequence"] == number
        assert process.poll() is None
        ways.add(snapshot["way"])
    assert len(list(folder.iterdir())) == TIMES  # the snapshots, and nothing else
    return ways


@pytest.mark.parametrize("what", ["sleeping", "polling"])
def test_an_idle_process_is_entered_and_stays_idle(
    what: str, python: Python, start: Start, tmp_path: Path
) -> None:
    process = start(what, python=python.path)
    way = "gdb, in its idle main thread"
    if what == "polling" and python.version >= (3, 14):
        way = "sys.remote_exec, woken from epoll_wait"
    assert ways_in(process, tmp_path) == {way}
    assert "memfd:heapsnap" not in {m.path for m in read_mappings(read_process(process.pid))}


def test_a_busy_process_is_asked_and_goes_on(python: Python, start: Start, tmp_path: Path) -> None:
    process = start("looping", python=python.path)
    expected = "sys.remote_exec" if python.version >= (3, 14) else "gdb, a pending call"
    assert ways_in(process, tmp_path) == {expected}


def test_a_process_blocked_in_a_lock_is_entered(
    python: Python, start: Start, tmp_path: Path
) -> None:
    ways_in(start("locked", python=python.path), tmp_path)


def test_a_main_thread_that_waits_for_busy_threads_is_entered(
    python: Python, start: Start, tmp_path: Path
) -> None:
    ways_in(start("joining", python=python.path), tmp_path)


def test_a_blocked_read_goes_on_where_it_was(python: Python, start: Start, tmp_path: Path) -> None:
    process = start("reading", python=python.path)
    ways_in(process, tmp_path)
    out, err = process.communicate("", timeout=60)
    assert (process.returncode, out) == (0, "read to the end\n")
    assert all(line.startswith("heapsnap: wrote ") for line in err.splitlines())


def test_a_sleep_ends_when_it_should(python: Python, start: Start, tmp_path: Path) -> None:
    process = start("napping", python=python.path)
    attach(process.pid, tmp_path)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert float(out) >= 3.0


def test_a_long_call_of_c_code_is_told_apart_and_goes_on(
    python: Python, start: Start, tmp_path: Path
) -> None:
    process = start("in_c", python=python.path)
    result = attach(process.pid, tmp_path, timeout="1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has run no Python code for 1 s: it is in a long call of C code" in result.stderr
    assert "the request is withdrawn, the process goes on as before" in result.stderr
    assert process.poll() is None


def test_a_withdrawn_request_leaves_no_file_beside_a_regular_expression(
    python: Python, start: Start, tmp_path: Path
) -> None:
    # From 3.14 on the script is run in the midst of it, and the thread that it starts waits.
    process = start("in_a_regular_expression", python=python.path)
    result = attach(process.pid, tmp_path, timeout="1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the request is withdrawn" in result.stderr
    until = time.monotonic() + 10
    while list(tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []
    assert process.poll() is None


@pytest.mark.parametrize(
    ("what", "doing"),
    [
        ("keeping_the_gil", "it waits in C code (clock_nanosleep) that keeps the GIL"),
        ("mutex", "it waits for a lock of C code"),
    ],
)
def test_what_else_the_main_thread_may_be_doing_is_said(
    what: str, doing: str, start: Start, tmp_path: Path
) -> None:
    for python in dict.fromkeys((INTERPRETERS[0], NEWEST)):
        process = start(what, python=python.path)
        result = attach(process.pid, tmp_path, timeout="1")
        assert (result.exit_code, result.stdout) == (1, "")
        assert doing in result.stderr
        assert process.poll() is None


def test_a_withdrawn_request_comes_to_nothing_when_the_call_ends(
    python: Python, start: Start, tmp_path: Path
) -> None:
    process = start("seconds_in_c", python=python.path)
    result = attach(process.pid, tmp_path, timeout="0.5")
    assert "the request is withdrawn" in result.stderr
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "done\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_process_with_a_subinterpreter_refuses_and_says_why(
    python: Python, start: Start, tmp_path: Path
) -> None:
    process = start("beside_a_subinterpreter", python=python.path)
    result = attach(process.pid, tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "refused: a subinterpreter lives in this process" in result.stderr
    assert process.poll() is None
    assert list(tmp_path.iterdir()) == []


def test_a_second_snapshot_finds_nothing_of_the_first(
    python: Python, start: Start, tmp_path: Path
) -> None:
    """With the collector off: whatever a visit leaves in cycles would stay and be seen."""
    process = start("uncollected", python=python.path)
    attach(process.pid, tmp_path)
    first, second = (snapshot_of(attach(process.pid, tmp_path, "--json")) for _ in range(2))
    assert pages_of_ours(process.pid) == 0
    counts = [Counter(Reading(row["file"]).count_by_type()) for row in (first, second)]
    assert counts[0] - counts[1] == counts[1] - counts[0] == Counter()


def pages_of_ours(pid: int) -> int:
    """Pages that hold the text which gdb has put there."""
    found = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for mapping in read_mappings(read_process(pid)):
            if mapping.path:
                continue
            for page in range(mapping.start, mapping.end, 4096):
                try:
                    memory.seek(page)
                    found += memory.read(13) == b"exec(compile("
                except OSError:
                    break  # a guard page: nothing in this part can be read
    return found


def test_a_whole_tree_is_entered(start: Start, tmp_path: Path) -> None:
    process = start("tree")
    result = attach(process.pid, tmp_path, "--children", "--json")
    assert result.exit_code == 0, result.stderr
    assert len(json.loads(result.stdout)["snapshots"]) == 3


def test_where_an_agent_listens_it_is_asked_by_its_signal(start: Start, tmp_path: Path) -> None:
    process = start("sleeping", tmp_path)
    assert snapshot_of(attach(process.pid, tmp_path, "--json"))["way"] == "signal USR1"


def test_a_handler_set_over_ours_is_gone_round(
    python: Python, start: Start, tmp_path: Path
) -> None:
    process = start("own_handler", tmp_path, python=python.path)
    snapshot = snapshot_of(attach(process.pid, tmp_path, "--json"))
    assert snapshot["way"] == "gdb, in its idle main thread"
    assert len(list(tmp_path.iterdir())) == 1
    assert process.poll() is None


def test_a_stopped_process_is_left_alone(start: Start, tmp_path: Path) -> None:
    process = start("sleeping")
    os.kill(process.pid, signal.SIGSTOP)
    while read_process(process.pid).state != "T":
        time.sleep(0.01)
    result = attach(process.pid, tmp_path)
    assert f"process {process.pid} (" in result.stderr
    assert f"is stopped\nhint: kill -CONT {process.pid}\n" in result.stderr


def test_a_process_without_a_descriptor_left_is_left_alone(
    python: Python, start: Start, tmp_path: Path
) -> None:
    process = start("without_descriptors", python=python.path)
    result = attach(process.pid, tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no descriptor left (RLIMIT_NOFILE)" in result.stderr
    assert list(tmp_path.iterdir()) == []
    os.killpg(process.pid, signal.SIGKILL)
    assert process.communicate()[1] == ""


def test_descriptors_that_come_to_an_end_on_the_way_in_are_told(
    python: Python, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heapsnap.live.attaching.has_descriptor_left", lambda _: True)
    # By a pending call; whoever is asked to run a script has to open that to begin with.
    monkeypatch.setattr("heapsnap.live.remote.SINCE", (4, 0))
    process = start("without_descriptors", python=python.path)
    result = attach(process.pid, tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "refused: too many open files" in result.stderr
    assert process.poll() is None
    assert list(tmp_path.iterdir()) == []
    os.killpg(process.pid, signal.SIGKILL)
    assert process.communicate()[1] == ""


def test_a_process_under_a_debugger_is_left_alone(start: Start, tmp_path: Path) -> None:
    process = start("sleeping")
    with gdb.Held(process.pid):
        result = attach(process.pid, tmp_path)
    assert "is held by another debugger, process " in result.stderr
    assert process.poll() is None


def test_a_call_that_does_not_come_back_is_taken_back(start: Start) -> None:
    from heapsnap.errors import AttachError
    from heapsnap.live.entering import C_LIBRARY
    from heapsnap.live.mount import seen_from_here
    from heapsnap.live.symbols import find_symbols

    process = start("reading")
    seen = read_process(process.pid)
    mappings = read_mappings(seen)
    image = next(m.path for m in mappings if C_LIBRARY.search(m.path))
    sleep = find_symbols(seen_from_here(seen, image), image, mappings, ["sleep"])["sleep"]
    with gdb.Held(process.pid, timeout_seconds=1) as held:
        with pytest.raises(AttachError, match="took longer than 1 s and was taken back"):
            held.call(sleep.address, 1000)
    out, err = process.communicate("", timeout=60)
    assert (process.returncode, out, err) == (0, "read to the end\n", "")


def test_a_debugger_that_came_meanwhile_is_named(start: Start) -> None:
    from heapsnap.errors import AttachError

    process = start("reading")
    with gdb.Held(process.pid):
        tracer = read_process(process.pid).tracer
        expected = f"process {process.pid} is held by another debugger, process {tracer}"
        with pytest.raises(AttachError, match=f"^{expected}$"), gdb.Held(process.pid):
            pass
    out, err = process.communicate("", timeout=60)
    assert (process.returncode, out, err) == (0, "read to the end\n", "")


def test_without_gdb_it_says_what_to_install(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start("sleeping")
    monkeypatch.setenv("PATH", "/nonexistent")
    result = attach(process.pid, tmp_path)
    assert "can only be entered with gdb, which is not installed" in result.stderr
    assert "hint: install gdb (apt install gdb)" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(NEWEST.version < (3, 14), reason="no Python 3.14 or later is listed")
@pytest.mark.parametrize("what", ["polling", "looping"])
def test_python_3_14_is_entered_without_gdb(
    what: str, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(what, python=NEWEST.path)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert snapshot_of(attach(process.pid, tmp_path, "--json"))["way"].startswith("sys.remote_exec")


@pytest.mark.skipif(NEWEST.version < (3, 14), reason="no Python 3.14 or later is listed")
def test_where_remote_exec_is_off_gdb_is_used(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start("looping", python=NEWEST.path, before=("env", "PYTHON_DISABLE_REMOTE_DEBUG=1"))
    assert snapshot_of(attach(process.pid, tmp_path, "--json"))["way"] == "gdb, a pending call"


def test_a_folder_that_is_none_is_told_so(start: Start, tmp_path: Path) -> None:
    process = start("sleeping")
    missing, file = tmp_path / "missing", tmp_path / "file"
    file.touch()
    error = attach(process.pid, missing).stderr
    assert f"error: '{missing}' does not exist, as process {process.pid} sees it\n" in error
    assert f"error: '{file}' is no folder" in attach(process.pid, file).stderr


def test_a_folder_that_everybody_may_change_is_refused(start: Start, tmp_path: Path) -> None:
    process = start("sleeping")
    tmp_path.chmod(0o777)
    result = attach(process.pid, tmp_path)
    assert "everybody may delete files in" in result.stderr


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder to which another user finds its way; those of pytest are closed to it."""
    with tempfile.TemporaryDirectory(prefix="heapsnap-nobody-", dir="/var/tmp") as folder:
        os.chown(folder, 65534, 65534)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_a_folder_that_its_user_cannot_reach_is_refused(
    start: Start, nobodys_folder: Path, tmp_path: Path
) -> None:
    if not _may_run(sys.executable):
        pytest.skip(f"nobody may not run {sys.executable}")
    before = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    process = start("sleeping", before=before, worker=_readable_worker(nobodys_folder))
    closed = nobodys_folder / "closed"
    (closed / "open").mkdir(parents=True)
    (closed / "open").chmod(0o1777)
    closed.chmod(0o700)
    result = attach(process.pid, closed / "open")
    assert f"the user of process {process.pid} may not write to '{closed}/open'" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
@pytest.mark.parametrize("what", ["sleeping", "looping"])
def test_another_users_process_is_entered_and_owns_its_snapshot(
    what: str, python: Python, start: Start, nobodys_folder: Path
) -> None:
    folder = nobodys_folder
    if not _may_run(python.path):
        pytest.skip(f"nobody may not run {python.path}")
    before = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    process = start(what, python=python.path, before=before, worker=_readable_worker(folder))
    snapshot = snapshot_of(attach(process.pid, folder, "--json"))
    assert os.stat(snapshot["file"]).st_uid == 65534
    assert process.poll() is None
    assert [path.suffix for path in folder.iterdir() if path.name.startswith(".")] == []


def _may_run(path: str) -> bool:
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", path, "-c", ""]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _readable_worker(folder: Path) -> Path:
    from tests.live.conftest import WORKER

    copy = folder / "worker.py"
    copy.write_text(WORKER.read_text())
    return copy
