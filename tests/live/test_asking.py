"""`heapsnap dump` and `heapsnap ps` on real processes: what answers, what is refused unharmed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner

from heapsnap.cli.main import app
from heapsnap.live.procfs import list_tree, read_process
from heapsnap.snapshot.reader import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Start = Callable[..., subprocess.Popen[str]]

DOCS = Path(__file__).resolve().parents[2] / "docs"


def heapsnap(*arguments: object) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), prog_name="heapsnap")


def test_a_process_with_the_agent_writes_a_snapshot_and_says_where(
    start: Start, tmp_path: Path
) -> None:
    process = start("sleeping", tmp_path)
    result = heapsnap("dump", process.pid)
    assert (result.exit_code, result.stderr) == (0, "")
    path, rest = result.stdout.split("  ", 1)
    assert load(path).header["pid"] == process.pid
    assert Path(path).parent == tmp_path
    assert f"process {process.pid} stood still " in rest
    assert process.poll() is None


def test_a_whole_tree_writes_one_snapshot_each(start: Start, tmp_path: Path) -> None:
    process = start("tree", tmp_path)
    result = heapsnap("dump", "--children", process.pid, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    schema = json.loads((DOCS / "dump.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    pids = [member.pid for member in list_tree(process.pid)]
    assert len(pids) == 3
    assert [row["pid"] for row in told["snapshots"]] == pids
    assert [load(row["file"]).header["pid"] for row in told["snapshots"]] == pids


def test_one_that_is_silent_holds_up_nobody_and_each_answer_is_printed_as_it_comes(
    start: Start, tmp_path: Path
) -> None:
    process = start("tree_with_silence", tmp_path)
    command = [sys.executable, "-m", "heapsnap", "dump", "--children", "--timeout", "12"]
    began = time.monotonic()
    asking = subprocess.Popen(
        [*command, str(process.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert asking.stdout is not None
    paths = [asking.stdout.readline().split("  ")[0] for _ in range(3)]
    assert time.monotonic() - began < 12
    assert asking.poll() is None
    told, errors = asking.communicate()
    assert (asking.returncode, told) == (1, "")
    pids = [load(path).header["pid"] for path in paths]
    members = [m for m in list_tree(process.pid) if "resource_tracker" not in str(m.command)]
    assert pids == [members[0].pid, members[1].pid, members[3].pid]
    assert f"error: process {members[2].pid} has not begun a snapshot within 12 s" in errors
    assert "note: left out: 1 resource tracker of multiprocessing" in errors


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("sleeping",), "has no heapsnap in it: no signal was sent, it would end the process"),
        (("own_handler",), "has no heapsnap in it: no signal was sent"),
        (("given_up", "FOLDER"), "does not handle USR1 any more: no signal was sent"),
    ],
)
def test_a_process_that_would_not_answer_is_refused_and_lives(
    arguments: tuple[str, ...], reason: str, start: Start, tmp_path: Path
) -> None:
    process = start(*(tmp_path if word == "FOLDER" else word for word in arguments))
    result = heapsnap("dump", process.pid)
    assert (result.exit_code, result.stdout) == (1, "")
    assert reason in result.stderr
    assert result.stderr.startswith("error: ")
    assert "\nhint: " in result.stderr
    assert process.poll() is None
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_runs_no_python_and_a_missing_one_are_refused() -> None:
    process = subprocess.Popen(["sleep", "1000"])
    try:
        assert "(sleep) runs no Python" in heapsnap("dump", process.pid).stderr
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    result = heapsnap("dump", process.pid)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        1,
        f"error: no process {process.pid}",
    )


def test_a_stopped_process_is_sent_no_signal(start: Start, tmp_path: Path) -> None:
    process = start("sleeping", tmp_path)
    os.kill(process.pid, signal.SIGSTOP)
    while read_process(process.pid).state != "T":
        time.sleep(0.01)
    result = heapsnap("dump", process.pid)
    assert (result.exit_code, result.stdout) == (1, "")
    name = read_process(process.pid).name
    assert result.stderr == (
        f"error: process {process.pid} ({name}) is stopped: no signal was sent\n"
        f"hint: kill -CONT {process.pid}\n"
    )
    os.kill(process.pid, signal.SIGCONT)
    time.sleep(0.3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["--attach"], ["--children"]])
def test_a_threads_number_is_not_taken_for_a_process(options: list[str], start: Start) -> None:
    process = start("joining")
    (thread, *_) = {int(path.name) for path in Path(f"/proc/{process.pid}/task").iterdir()} - {
        process.pid
    }
    result = heapsnap("dump", *options, thread)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: {thread} is a thread of process {process.pid}, and no process\n"
        f"hint: ask process {process.pid}\n"
    )


@pytest.mark.parametrize("options", [[], ["--attach"], ["--children"]])
def test_a_number_that_no_process_can_have_is_none(options: list[str]) -> None:
    result = heapsnap("dump", *options, "99999999999999999999")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: no process 99999999999999999999\nhint: ")


@pytest.mark.parametrize("options", [[], ["--attach"]])
def test_a_process_that_has_ended_and_was_not_reaped_is_told_so(options: list[str]) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    while read_process(process.pid).state != "Z":
        time.sleep(0.01)
    result = heapsnap("dump", *options, process.pid)
    process.wait()
    assert result.exit_code == 1
    assert f"has ended, but process {os.getpid()} has not reaped it" in result.stderr


def test_a_handler_set_over_ours_ends_in_a_message_and_no_harm(
    start: Start, tmp_path: Path
) -> None:
    process = start("own_handler", tmp_path)
    result = heapsnap("dump", process.pid, "--timeout", "1")
    assert result.exit_code == 1
    assert "has not begun a snapshot within 1 s" in result.stderr
    assert "its own handler has replaced heapsnap's: heapsnap dump --attach" in result.stderr
    assert process.poll() is None


def test_a_folder_that_is_gone_is_said_before_anything_is_sent(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "heaps"
    folder.mkdir()
    process = start("sleeping", folder)
    folder.rmdir()
    result = heapsnap("dump", process.pid)
    assert result.exit_code == 1
    assert f"'{folder}', which cannot be read" in result.stderr


def test_ps_lists_processes_with_and_without_the_agent(start: Start, tmp_path: Path) -> None:
    with_agent, without = start("sleeping", tmp_path), start("sleeping")
    told = json.loads(heapsnap("ps", "--json").stdout)
    schema = json.loads((DOCS / "ps.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    by_pid = {row["pid"]: row for row in told["processes"]}
    assert os.getpid() not in by_pid
    assert by_pid[with_agent.pid]["agent"] == {
        "signal": "USR1",
        "directory": str(tmp_path),
        "listening": True,
    }
    assert by_pid[without.pid]["agent"] is None
    assert by_pid[without.pid]["rss_bytes"] > 1 << 20
    shown = heapsnap("ps").stdout.splitlines()
    assert shown[0].split() == ["pid", "rss", "python", "agent", "command"]
    assert any(f"{with_agent.pid} " in row and f"USR1 -> {tmp_path}" in row for row in shown)


def test_an_agent_that_listens_to_no_signal_is_seen_and_sent_none(
    start: Start, tmp_path: Path
) -> None:
    before = ("env", "HEAPSNAP_SIGNAL=off", "HEAPSNAP_EVERY=1h")
    process = start("sleeping", tmp_path, before=before)
    shown = heapsnap("ps").stdout.splitlines()
    (row,) = [row for row in shown if row.lstrip().startswith(f"{process.pid} ")]
    assert f"no signal -> {tmp_path}" in row
    told = json.loads(heapsnap("ps", "--json").stdout)["processes"]
    (agent,) = [row["agent"] for row in told if row["pid"] == process.pid]
    assert agent == {"signal": "off", "directory": str(tmp_path), "listening": False}
    result = heapsnap("dump", process.pid)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "listens to no signal, its rules alone take snapshots" in result.stderr
    assert f"hint: heapsnap dump --attach {process.pid} enters it" in result.stderr


def test_a_real_time_signal_is_called_as_it_was_asked_for(start: Start, tmp_path: Path) -> None:
    process = start("sleeping", tmp_path, before=("env", "HEAPSNAP_SIGNAL=RTMIN+2"))
    assert f"RTMIN+2 -> {tmp_path}" in heapsnap("ps").stdout
    told = json.loads(heapsnap("dump", process.pid, "--json").stdout)
    assert told["snapshots"][0]["way"] == "signal RTMIN+2"
