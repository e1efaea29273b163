"""Processes that see other files and other pids than we do, as in a container."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from heapsnap.cli.main import app
from heapsnap.live import gdb
from heapsnap.live.mount import named_by_process, seen_from_here
from heapsnap.live.procfs import list_tree, read_link, read_process
from heapsnap.snapshot.reader import load
from tests.live.conftest import INTERPRETERS, START_ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Start = Callable[..., subprocess.Popen[str]]

NEWEST = max(INTERPRETERS, key=lambda python: python.version)
BOTH = list(dict.fromkeys((INTERPRETERS[0], NEWEST)))
IDS = [f"{python.version[0]}.{python.version[1]}" for python in BOTH]


def _may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = [*START_ELSEWHERE, "mount -t tmpfs none /var/tmp"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not _may_unshare(), reason="no namespaces may be made here"),
    pytest.mark.skipif(not gdb.is_installed(), reason="gdb is not installed"),
]


def dump(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["dump", *map(str, arguments)], prog_name="heapsnap")


def started_elsewhere(
    start: Start, preparation: str, *arguments: object, **keywords: object
) -> int:
    """Start a worker behind ``unshare``; its pid as we see it."""
    before = (*START_ELSEWHERE, f'{preparation} && exec "$@"', "sh")
    return list_tree(start(*arguments, before=before, **keywords).pid)[-1].pid


HEAPS = "mount -t tmpfs none /var/tmp && mkdir /var/tmp/heaps"


def test_its_agent_is_asked_and_the_file_reached_through_its_root(start: Start) -> None:
    pid = started_elsewhere(start, HEAPS, "sleeping", "/var/tmp/heaps")
    result = dump(pid, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    (snapshot,) = json.loads(result.stdout)["snapshots"]
    assert snapshot["file"].startswith(f"/proc/{pid}/root/var/tmp/heaps/heapsnap-")
    assert snapshot["file_in_process"].startswith("/var/tmp/heaps/heapsnap-")
    assert (snapshot["pid"], snapshot["pid_in_process"]) == (pid, 1)
    assert load(snapshot["file"]).header["pid"] == 1
    assert "  there: /var/tmp/heaps/heapsnap-" in dump(pid).stdout


@pytest.mark.parametrize("python", BOTH, ids=IDS)
@pytest.mark.parametrize("what", ["sleeping", "looping"])
def test_it_is_entered(what: str, python: object, start: Start) -> None:
    pid = started_elsewhere(start, HEAPS, what, python=python.path)
    result = dump("--attach", pid, "--directory", "/var/tmp/heaps", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    (snapshot,) = json.loads(result.stdout)["snapshots"]
    assert load(snapshot["file"]).header["pid"] == 1
    folder = seen_from_here(read_process(pid), "/var/tmp/heaps")
    assert len(list(folder.iterdir())) == 1


def test_with_a_root_that_cannot_be_written_to_a_place_is_found(start: Start) -> None:
    preparation = (
        "mount --make-rprivate / && mount -t tmpfs none /var/tmp && mount --bind / / "
        "&& for folder in /tmp /dev/shm; do mount --bind $folder $folder "
        "&& mount -o remount,bind,ro $folder; done && mount -o remount,bind,ro /"
    )
    pid = started_elsewhere(start, preparation, "sleeping")
    result = dump("--attach", pid)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"/proc/{pid}/root/var/tmp/heapsnap-")


def test_a_full_disk_leaves_no_file_and_is_said(start: Start) -> None:
    preparation = "mount -t tmpfs -o size=300k none /var/tmp"
    pid = started_elsewhere(start, preparation, "sleeping")
    result = dump("--attach", pid, "--directory", "/var/tmp")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: process {pid} refused: no space left on device\n")
    assert "hint: make room on the disk of " in result.stderr
    assert list(seen_from_here(read_process(pid), "/var/tmp").iterdir()) == []


def test_a_relative_folder_means_nothing_there(start: Start) -> None:
    pid = started_elsewhere(start, HEAPS, "sleeping")
    result = dump("--attach", pid, "--directory", "heaps")
    assert result.exit_code == 2
    assert "has files of its own, so 'heaps' means nothing to it" in result.stderr


def test_links_are_followed_from_its_root_and_not_from_ours(start: Start, tmp_path: Path) -> None:
    preparation = (
        "mount -t tmpfs none /var/tmp && mkdir /var/tmp/real && ln -s /var/tmp/real /var/tmp/a "
        "&& ln -s ../tmp/a /var/tmp/b"
    )
    pid = started_elsewhere(start, preparation, "sleeping")
    assert str(seen_from_here(read_process(pid), "/var/tmp/b/x")) == (
        f"/proc/{pid}/root/var/tmp/real/x"
    )
    assert seen_from_here(read_process(os.getpid()), "/var/tmp/b") == type(tmp_path)("/var/tmp/b")


@pytest.fixture
def jail(tmp_path: Path) -> Iterator[Path]:
    """The folders of our root in another one, in the same mount namespace; no devices, no /proc."""
    folder = tmp_path / "jail"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
    try:
        for path in type(folder)("/").iterdir():
            inner = folder / path.name
            if path.is_symlink():
                inner.symlink_to(path.readlink())
            elif path.is_dir() and path.name not in {"proc", "sys", "dev"}:
                inner.mkdir()
                subprocess.run(["mount", "--bind", path, inner], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", folder], check=True)


@pytest.mark.parametrize("python", BOTH, ids=IDS)
@pytest.mark.parametrize("what", ["sleeping", "looping"])
def test_another_root_in_the_same_mount_namespace_is_entered(
    what: str, python: object, start: Start, jail: Path
) -> None:
    worker = start(what, python=python.path, before=("chroot", str(jail)))
    result = dump("--attach", worker.pid, "--directory", "/var/tmp", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    (snapshot,) = json.loads(result.stdout)["snapshots"]
    assert snapshot["file"].startswith(f"/proc/{worker.pid}/root/var/tmp/heapsnap-")
    assert load(snapshot["file"]).header["pid"] == worker.pid
    type(jail)(snapshot["file"]).unlink()


def test_the_current_folder_is_called_as_the_process_calls_it(start: Start, jail: Path) -> None:
    worker = start("sleeping", before=("chroot", str(jail)))
    process = read_process(worker.pid)
    assert named_by_process(process, read_link(process, "cwd")) == "/"
    assert named_by_process(process, f"{jail}/var/tmp") == "/var/tmp"
    assert named_by_process(process, f"{jail}er/var") == f"{jail}er/var"
