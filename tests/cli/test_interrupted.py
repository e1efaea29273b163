"""Readers that are ended while they build an index, and readers at once: each next answer is right."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from heapsnap.index.part import UNFINISHED_PREFIX
from tests.cli.heaps_of_the_story import write_cursors

if TYPE_CHECKING:
    from pathlib import Path

TRIALS = 60 if os.environ.get("HEAPSNAP_LONG") else 4
COMMANDS = (("top", "--by", "retained", "--json"), ("why", "DictCursor", "--json"))
PATIENCE_SECONDS = 120


@dataclass
class Readers:
    """Starts the real program on one snapshot, with a cache folder of its own."""

    folder: Path

    def start(self, command: tuple[str, ...], index: str = "on") -> subprocess.Popen[bytes]:
        variables = {"XDG_CACHE_HOME": str(self.folder / "cache"), "HEAPSNAP_INDEX": index}
        return subprocess.Popen(
            [sys.executable, "-m", "heapsnap", *command, "-s", "a.json"],
            cwd=self.folder,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ask(self, command: tuple[str, ...], index: str = "on") -> tuple[int, bytes, bytes]:
        return finish(self.start(command, index))

    def forget(self) -> None:
        for name in ("cache", "a.json.index"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def kept(self) -> list[Path]:
        return list((self.folder / "a.json.index").iterdir())


def finish(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, stdout, stderr


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Readers:
    folder = tmp_path_factory.mktemp("readers")
    # Old enough for its entry in the file system to be believed.
    os.utime(write_cursors(folder / "a.json", 6000), (1, 1))
    return Readers(folder)


@pytest.fixture(scope="module")
def plain(readers: Readers) -> dict[tuple[str, ...], tuple[int, bytes, bytes]]:
    """The answers without an index."""
    return {command: readers.ask(command, "off") for command in COMMANDS}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_reader_that_is_ended_leaves_no_broken_index(
    readers: Readers, plain: dict[tuple[str, ...], tuple[int, bytes, bytes]], number: signal.Signals
) -> None:
    chance = random.Random(5)
    readers.forget()
    started = time.monotonic()
    assert readers.ask(COMMANDS[0]) == plain[COMMANDS[0]]
    takes = time.monotonic() - started
    assert readers.kept()
    ended = 0
    for trial in range(TRIALS):
        command = COMMANDS[trial % 2]
        readers.forget()
        process = readers.start(command)
        time.sleep(chance.uniform(takes / 3, takes))
        process.send_signal(number)
        code, _, said = finish(process)
        ended += code != 0
        assert b"Traceback" not in said or code == -signal.SIGKILL
        assert readers.ask(command) == plain[command]
    assert ended


def test_readers_at_once_of_one_new_file_do_not_disturb_each_other(
    readers: Readers, plain: dict[tuple[str, ...], tuple[int, bytes, bytes]]
) -> None:
    for _ in range(TRIALS // 2):
        readers.forget()
        processes = [(command, readers.start(command)) for command in (*COMMANDS, *COMMANDS)]
        for command, process in processes:
            assert finish(process) == plain[command]
        for command in COMMANDS:
            assert readers.ask(command) == plain[command]
    assert not [path for path in readers.kept() if path.name.startswith(UNFINISHED_PREFIX)]


@pytest.mark.parametrize("module", ["heapsnap.cli.main", "typer", "rich"])
def test_ctrl_c_while_the_program_is_loaded_ends_it_quietly(module: str) -> None:
    source = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from heapsnap.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, "ps"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
