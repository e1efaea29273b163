"""The command as a process: pipes, colours, Ctrl-C, pictures, completion, what it imports."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heapsnap.cli import picture, progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "heapsnap"]


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **changes}


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env=environment(**changes),
        check=False,
    )


@pytest.mark.usefixtures("story")
def test_a_pipe_gets_plain_text_and_colours_only_if_forced() -> None:
    plain, forced = run("top", "-s", "b.json"), run("top", "-s", "b.json", FORCE_COLOR="1")
    assert plain.returncode == forced.returncode == 0
    assert "\x1b" not in plain.stdout
    assert "\x1b[" in forced.stdout


@pytest.mark.usefixtures("story")
def test_a_narrow_terminal_cuts_no_chain() -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "why", "DictCursor", "-s", "b.json"],
        stdout=slave,
        stderr=subprocess.DEVNULL,
        env=environment(COLUMNS="30", NO_COLOR="1", TERM="xterm"),
    ):
        os.close(slave)
        shown = b""
        try:
            while part := os.read(master, 65536):
                shown += part
        except OSError:  # the end of a terminal on Linux
            pass
    os.close(master)
    styled = shown.decode()
    text = re.sub(r"\x1b\[[0-9;]*m", "", styled)
    chain = "DictCursor .fetchall_items -> bound method fetchall_items .__self__ -> DictCursor"
    assert chain in text
    assert "\x1b[1m" in styled
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", styled), "colours in spite of NO_COLOR"


@pytest.mark.usefixtures("story")
def test_a_terminal_that_knows_only_ascii_gets_an_answer(folder: Path) -> None:
    (folder / "b.json").rename(folder / "bü.json")
    answer = run("top", "-s", "bü.json", PYTHONIOENCODING="ascii")
    assert answer.returncode == 0, answer.stderr
    assert r"b\xfc.json" in answer.stdout


@pytest.mark.usefixtures("story")
def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        [*COMMAND, "top", "-s", "b.json", "--all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_ctrl_c_is_quiet(heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("heapsnap.cli.answers.choose_snapshot", interrupted)
    result = heapsnap("top")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "")


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("why", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    script = (
        "import sys; from heapsnap.cli.main import main\n"
        f"sys.argv = ['heapsnap', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'networkx', 'graphviz', 'orjson', 'objgraph'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_help_names_every_command(heapsnap: Callable[..., Result]) -> None:
    words = heapsnap("--help").stdout.split()
    assert {"diff", "why", "top", "refs", "info", "demo"} <= set(words)
    assert heapsnap("-h").exit_code == 0


@pytest.mark.usefixtures("story")
def test_type_names_are_completed() -> None:
    answer = run(
        _HEAPSNAP_COMPLETE="complete_bash", COMP_WORDS="heapsnap why -s b.json Dict", COMP_CWORD="4"
    )
    assert answer.stdout.split() == ["DictCursor"]
    assert answer.stderr == ""


@pytest.mark.usefixtures("story")
@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz's program dot is not installed")
@pytest.mark.parametrize(("ending", "opening"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_picture_is_drawn(
    ending: str, opening: bytes, folder: Path, heapsnap: Callable[..., Result]
) -> None:
    for number, command in enumerate(("why", "refs")):
        path = folder / f"{number}.{ending}"
        result = heapsnap(command, "DictCursor", "-s", "b.json", "--picture", path)
        assert (result.exit_code, result.stderr) == (0, "")
        assert path.read_bytes().startswith(opening)


@pytest.mark.usefixtures("story")
def test_without_the_program_the_source_is_left_and_the_command_told(
    folder: Path, heapsnap: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    result = heapsnap("why", "DictCursor", "-s", "b.json", "--picture", "chain.svg")
    assert result.exit_code == 1
    assert "the cycle: " in result.stdout
    assert result.stderr == (
        "error: cannot draw 'chain.svg': graphviz's program 'dot' is not installed; "
        "the source of the picture is in 'chain.dot'\n"
        "hint: where graphviz is installed: dot -Tsvg -o chain.svg chain.dot\n"
    )
    assert (folder / "chain.dot").read_text().startswith("digraph heapsnap {")
    assert not (folder / "chain.svg").exists()


def test_pictures_are_known_by_their_ending() -> None:
    paths = [Path(f"x.{ending}") for ending in ("svg", "png", "pdf", "dot")]
    assert [picture.check_picture(path) for path in paths] == paths
    assert picture.check_picture(None) is None


@pytest.mark.usefixtures("story")
def test_progress_is_shown_on_a_terminal_after_a_while_and_then_removed(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    threads = threading.active_count()
    with progress.Waiting() as waiting:
        assert waiting.load(folder / "b.json").node_count > 700
        waiting.step("growth")
        assert waiting._progress is not None
        assert waiting._progress.tasks[0].description == "growth"
    # The thread that draws the bar ends by itself, a moment later.
    for _ in range(200):
        if threading.active_count() <= threads:
            break
        time.sleep(0.01)
    assert threading.active_count() <= threads


@pytest.mark.usefixtures("story")
def test_no_progress_where_nobody_looks(folder: Path) -> None:
    with progress.Waiting() as waiting:
        waiting.load(folder / "b.json")
        waiting.step("growth")
        assert waiting._progress is None
