"""How a program asks for snapshots: signals by name and number, folders, names, workers."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import heapsnap
from tests.agent.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agent.interpreters import Python

    Scenario = Callable[[str], dict[str, Any]]

HEAVY = {
    "numpy", "scipy", "typer", "rich", "orjson", "networkx", "graphviz", "objgraph",
    "json", "re", "typing", "dataclasses", "enum", "inspect", "logging", "asyncio",
}  # fmt: skip
IMPORTED = "import {}; import sys; print(*sys.modules)"


@dataclass(frozen=True)
class Played:
    """What a scenario told, and where its snapshots are."""

    folder: Path
    told: dict[str, Any]


@pytest.fixture(scope="session")
def played(python: Python, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Played]:
    """Play a scenario of the program, once for all tests that ask for it."""

    @cache
    def play_scenario(name: str) -> Played:
        folder = tmp_path_factory.mktemp("door")
        return Played(folder, python.run("door.py", folder, name, flags=["-S"]).facts)

    return play_scenario


@pytest.fixture
def play(played: Callable[[str], Played]) -> Scenario:
    """What a scenario told."""
    return lambda name: played(name).told


def modules_after(python: Python, module: str) -> set[str]:
    """What is loaded once the module is, in an interpreter without ``site``."""
    return set(python.evaluate(IMPORTED.format(module), flags=["-S"]).stdout.split())


def test_the_agent_is_imported_without_any_package(python: Python) -> None:
    finished = python.evaluate("import heapsnap.agent", flags=["-S", "-W", "error"])
    assert (finished.exit_code, finished.stderr) == (0, "")


def test_importing_heapsnap_loads_the_agent_and_nothing_heavy(python: Python) -> None:
    loaded = modules_after(python, "heapsnap") - modules_after(python, "sys")
    assert loaded & HEAVY == set()
    ours = {name for name in loaded if name.startswith("heapsnap.")}
    assert all(name.startswith("heapsnap.agent") for name in ours)


def test_usr1_is_the_default_and_others_are_named_or_numbered(play: Scenario) -> None:
    told = play("by_name_and_number")
    host = re.escape(re.sub(r"[^\w.-]", "-", socket.gethostname()))
    pattern = rf"heapsnap-{host}-{told['pid']}-\d{{8}}T\d{{6}}-[123]\.json"
    assert len(told["names"]) == 3
    assert all(re.fullmatch(pattern, name) for name in told["names"])
    assert told["one_is_free"]


def test_the_header_says_which_signal_it_was_and_counts(
    played: Callable[[str], Played],
) -> None:
    folder = played("by_name_and_number").folder
    headers = sorted(
        (json.loads(path.read_text())["header"] for path in folder.glob("*.json")),
        key=lambda header: header["sequence"],
    )
    assert [header["sequence"] for header in headers] == [1, 2, 3]
    assert [header["reason"] for header in headers] == [
        "signal USR1",
        "signal USR2",
        "signal PROF",
    ]


def test_a_signal_that_does_not_exist_is_refused(play: Scenario) -> None:
    told = play("wrong_signals")
    assert told["name"] == "there is no signal named 'NONE'"
    assert told["handler"] in {"0", "Handlers.SIG_DFL", "signal"}


def test_a_handler_that_is_there_is_not_replaced_unless_asked(play: Scenario) -> None:
    told = play("handled_already")
    assert told == {
        "refused": "signal USR1 is handled already by __main__.own_handler; "
        "choose another, or pass chain=True (ours first, then that) or replace=True",
        "kept": "__main__",
        "replaced": "heapsnap.agent.door",
        "restored": "__main__",
    }


def test_uninstall_gives_an_ignored_signal_back(play: Scenario) -> None:
    assert play("ignored_before")["ignored"]


def test_uninstall_leaves_a_handler_alone_that_was_set_later(play: Scenario) -> None:
    assert play("taken_over_later")["kept"] == "__main__"


def test_installing_in_another_thread_is_refused_and_changes_nothing(play: Scenario) -> None:
    told = play("from_another_thread")
    assert "main thread" in told["error"]
    assert told["handler"] != "heapsnap.agent.door"


def test_snapshots_go_where_the_environment_says(played: Callable[[str], Played]) -> None:
    run = played("directory_from_the_environment")
    path = Path(run.told["path"])
    assert path.parent == run.folder
    assert Reading(path).header["reason"] == "dump()"


def test_snapshots_go_to_the_folder_that_was_current_at_the_installation(play: Scenario) -> None:
    told = play("current_directory")
    assert str(Path(told["path"]).parent) == told["expected"]


def test_a_path_may_be_relative_or_an_object_and_is_used_once(
    played: Callable[[str], Played],
) -> None:
    run = played("paths")
    told = run.told
    assert told["relative"] == str(run.folder / "relative.json")
    assert told["object"] == str(run.folder / "object.json")
    assert told["again"] is None
    assert told["odd"]
    assert told["modes"] == ["0o600"]


def test_a_path_that_ends_in_gz_is_compressed(played: Callable[[str], Played]) -> None:
    folder = played("paths").folder
    path = folder / "zipped.json.gz"
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert Reading(path).snapshot.is_complete
    assert path.stat().st_size * 3 < (folder / "relative.json").stat().st_size


def test_compressed_snapshots_are_private_and_load(played: Callable[[str], Played]) -> None:
    run = played("gzipped")
    (name,) = run.told["names"]
    assert name.endswith(".json.gz")
    assert (run.folder / name).stat().st_mode & 0o777 == 0o600
    assert Reading(run.folder / name).snapshot.is_complete


def test_another_thread_may_ask_and_is_the_current_one(play: Scenario) -> None:
    threads = Reading(play("dump_in_thread")["path"]).snapshot.roots.threads
    assert {thread.name: thread.is_current for thread in threads} == {
        "MainThread": False,
        "dumper": True,
    }


def test_a_forked_worker_counts_its_own_snapshots(play: Scenario) -> None:
    told = play("in_a_worker")
    first, second, pid, handler = told["worker"]
    assert told["exit_code"] == 0
    assert re.search(rf"-{pid}-[^-]*-1\.json$", first)
    assert re.search(rf"-{pid}-[^-]*-2\.json$", second)
    assert handler == "heapsnap.agent.door"
    assert told["second"].endswith("-2.json")
    assert Reading(second).header["pid"] == pid


def test_a_worker_that_is_forked_during_a_snapshot_can_take_its_own(play: Scenario) -> None:
    first, second, *_ = play("forked_during_a_snapshot")["worker"]
    assert first is not None
    assert second is not None


def test_the_functions_of_the_c_api_stay_as_the_program_knows_them(play: Scenario) -> None:
    told = play("shared_library_functions")
    assert told["before"] == [True, None]
    assert told["path"] is not None


def test_in_this_process_a_snapshot_is_taken_and_nothing_else_happens(tmp_path: Path) -> None:
    path = heapsnap.dump(tmp_path / "own.json")
    assert path == str(tmp_path / "own.json")
    assert Path(path).read_text().endswith('"complete":true}}\n')


def test_in_this_process_installing_and_uninstalling_changes_nothing(tmp_path: Path) -> None:
    heapsnap.install("USR2", tmp_path)
    heapsnap.install("USR1", tmp_path)
    heapsnap.uninstall()
