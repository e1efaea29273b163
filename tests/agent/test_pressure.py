"""How close the memory is to its end: control groups of both versions, the address space."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heapsnap.agent import pressure

MB = 1 << 20
FIRST_VERSION = Path("/sys/fs/cgroup/memory")
SECOND_VERSION = Path("/sys/fs/cgroup")


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write files under a folder that stands for ``/``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def ceilings(root: Path) -> list[tuple[int, int]]:
    found = [group.ceiling() for group in pressure.find_groups(root)]
    return [(c.used_bytes, c.allowed_bytes) for c in found if c is not None]


def test_version_2_is_read_with_what_stands_above_and_without_what_can_be_dropped(
    tmp_path: Path,
) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pod/app\n",
            "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            "sys/fs/cgroup/pod/app/memory.max": "max\n",
            "sys/fs/cgroup/pod/memory.max": f"{100 * MB}\n",
            "sys/fs/cgroup/pod/memory.current": f"{70 * MB}\n",
            "sys/fs/cgroup/pod/memory.stat": f"anon 5\ninactive_file {20 * MB}\n",
        },
    )
    assert ceilings(root) == [(50 * MB, 100 * MB)]


def test_version_1_in_a_container_sees_its_own_part_of_the_tree(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/docker/abc\n0::/\n",
            "proc/self/mountinfo": (
                "31 23 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
            ),
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{100 * MB}\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{70 * MB}\n",
            "sys/fs/cgroup/memory/memory.stat": f"total_inactive_file {10 * MB}\n",
        },
    )
    assert ceilings(root) == [(60 * MB, 100 * MB)]


def test_no_limit_is_no_ceiling(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/a\n0::/../elsewhere\n",
            "proc/self/mountinfo": (
                "31 23 0:27 / /m1 rw - cgroup cgroup rw,memory\n"
                "31 23 0:27 / /m2 rw - cgroup2 cgroup2 rw\nnonsense\n"
            ),
            "m1/a/memory.limit_in_bytes": "9223372036854771712\n",
            "m2/memory.max": "max\n",
        },
    )
    assert ceilings(root) == []
    assert ceilings(tmp_path / "nothing") == []


def test_this_process_has_a_size_and_a_ceiling() -> None:
    assert pressure.read_rss() > MB
    found = pressure.read_ceilings(pressure.find_groups())
    assert found
    assert all(0 < c.used_bytes < c.allowed_bytes for c in found)


@pytest.fixture
def group():
    """A control group of 200 MB of this machine's own, where it lets us make one."""
    name = f"heapsnap-test-{os.getpid()}"
    if os.access(FIRST_VERSION / "tasks", os.W_OK):
        folder, limit = FIRST_VERSION / name, "memory.limit_in_bytes"
    elif os.access(SECOND_VERSION / "cgroup.subtree_control", os.W_OK):
        (SECOND_VERSION / "cgroup.subtree_control").write_text("+memory")
        folder, limit = SECOND_VERSION / name, "memory.max"
    else:
        pytest.skip("no control group of memory that this user may write to")
    folder.mkdir()
    (folder / limit).write_text(f"{200 * MB}\n")
    yield folder
    deadline = time.monotonic() + 20
    while True:
        try:
            folder.rmdir()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


HUNGRY = """
import os, sys, time
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
import heapsnap
heapsnap.install(directory=sys.argv[2], threshold="60%", poll=0.05)
kept = []
deadline = time.monotonic() + 60
while not [n for n in os.listdir(sys.argv[2]) if n.endswith(".json")]:
    assert time.monotonic() < deadline
    if len(kept) < 130:
        kept.append(bytearray(b"x" * (1 << 20)))
    time.sleep(0.01)
"""


def test_a_real_control_group_gives_its_snapshot_before_it_is_full(
    group: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY, str(group), str(tmp_path)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("*.json")
    start = path.read_text()[:20_000]
    assert "threshold of 60%: 12" in start
    assert "MB of 200 MB of the memory of its control group" in start
