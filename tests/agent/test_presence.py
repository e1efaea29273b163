"""What can be seen from outside of an installed agent: one named page, no longer than it is true."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from heapsnap.agent import presence

if TYPE_CHECKING:
    from tests.agent.interpreters import Python

SOURCE = """
import json, os, sys, heapsnap

def seen():
    lines = [line.split(None, 5)[-1].rstrip() for line in open("/proc/self/maps")]
    return [line for line in lines if line.startswith("/memfd:")]

def in_child():
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, json.dumps(seen()).encode())
        os._exit(0)
    os.close(writing)
    return json.loads(os.read(reading, 9999))

descriptors = len(os.listdir("/proc/self/fd"))
told = {"before": seen()}
heapsnap.install("USR1", "/tmp")
told["descriptors"] = len(os.listdir("/proc/self/fd")) - descriptors
os.closerange(3, 256)
told["installed"] = seen()
told["worker"] = in_child()
heapsnap.install("USR2", "/")
told["again"] = seen()
heapsnap.install("off", "/tmp", every="1h")
told["off"] = seen()
heapsnap.uninstall()
told["uninstalled"] = seen()
heapsnap.install("USR1", "/" + "long/" * 60)
told["long"] = seen()
sys.stdout.write(json.dumps(told) + "\\n")
sys.stdout.flush()
os.execv(sys.executable, [sys.executable, "-S", "-c", "print([l for l in open('/proc/self/maps') if 'memfd' in l])"])
"""


def test_the_page_is_there_while_the_handler_is(python: Python) -> None:
    finished = python.evaluate(SOURCE, flags=["-S"])
    first, executed = finished.stdout.splitlines()
    told = json.loads(first)
    assert told == {
        "before": [],
        "installed": ["/memfd:heapsnap:1:10:/tmp (deleted)"],
        "descriptors": 0,
        "worker": ["/memfd:heapsnap:1:10:/tmp (deleted)"],
        "again": ["/memfd:heapsnap:1:12:/ (deleted)"],
        "off": ["/memfd:heapsnap:1:0:/tmp (deleted)"],
        "uninstalled": [],
        "long": ["/memfd:heapsnap:1:10: (deleted)"],
    }
    assert executed == "[]"


def test_a_name_can_be_read_back_whatever_the_folder_is_called() -> None:
    for folder in ("/a", "/a b (deleted)", "/a:b%0A", "/line\nend\\012", "/\udcff"):
        assert presence.read_name(presence.name_of(10, folder)) == (10, folder)


def test_other_names_are_nobodys_presence() -> None:
    for name in ("", "heapsnap:2:10:/a", "heapsnap:1:x:/a", "heapsnap"):
        assert presence.read_name(name) is None
