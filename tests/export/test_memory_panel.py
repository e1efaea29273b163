"""Chromium's own Memory panel opens what is exported: the front end that ships in the browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import FLAGS
from tests.cli.heaps_of_the_story import write_cursors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

websocket = pytest.importorskip("websocket", reason="websocket-client (it comes with selenium)")
PATIENCE_SECONDS = 90
CLICK_SECONDS = 3
SHOW_PANEL = (
    "import('devtools://devtools/bundled/ui/legacy/legacy.js')"
    ".then(front => front.ViewManager.ViewManager.instance().showView('heap-profiler'))"
    ".then(() => true)"
)
ALL = """
(function walk(root) {
  return [...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? [e, ...walk(e.shadowRoot)] : [e]);
})(document)
"""
FILE_INPUT = f"{ALL}.find(e => e.tagName === 'INPUT' && e.type === 'file')"
ENTRY = f"""(() => {{
  const entry = {ALL}.find(e =>
    e.className?.includes?.('heap-snapshot-sidebar-tree-item') && /kB/.test(e.innerText));
  const place = entry?.getBoundingClientRect();
  return place ? [place.x + place.width / 2, place.y + place.height / 2].join() : '';
}})()"""
ROWS = f"{ALL}.filter(e => e.tagName === 'TR').map(e => e.innerText.trim()).join('\\n')"


class FrontEnd:
    """The page of the developer tools, over the protocol that it speaks itself."""

    def __init__(self, port: str) -> None:
        self.port = port
        inspected = self.ask("/json")[0]["id"]
        address = "devtools://devtools/bundled/devtools_app.html?" + urllib.parse.urlencode(
            {"ws": f"127.0.0.1:{port}/devtools/page/{inspected}"}
        )
        page = self.ask(f"/json/new?{urllib.parse.quote(address, safe='')}", method="PUT")
        self.socket = websocket.create_connection(
            page["webSocketDebuggerUrl"], timeout=PATIENCE_SECONDS
        )
        self.sent = 0
        screen = {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **screen)

    def ask(self, path: str, *, method: str = "GET") -> Any:
        address = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(urllib.request.Request(address, method=method)) as answer:
            return json.load(answer)

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.sent:
                return answer.get("result", {})

    def evaluate(self, script: str) -> dict[str, Any]:
        return self.command("Runtime.evaluate", expression=script, awaitPromise=True)["result"]

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            mouse = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.command("Input.dispatchMouseEvent", **mouse)

    def wait_for(self, script: str, is_there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end, found = time.monotonic() + PATIENCE_SECONDS, {}
        while time.monotonic() < end:
            found = self.evaluate(script)
            if is_there(found):
                return found
            time.sleep(0.2)
        raise AssertionError(f"{script}: {found}")


@pytest.fixture
def front_end(tmp_path: Path) -> Iterator[FrontEnd]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian: chromium)")
    profile = tmp_path / "profile"
    command = ["chromium", *FLAGS, "--remote-debugging-port=0", "--remote-allow-origins=*"]
    browser = subprocess.Popen(
        [*command, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end, where = time.monotonic() + PATIENCE_SECONDS, profile / "DevToolsActivePort"
        while time.monotonic() < end and not (where.is_file() and where.read_text().strip()):
            time.sleep(0.1)
        yield FrontEnd(where.read_text().split()[0])
    finally:
        browser.terminate()
        browser.wait(timeout=PATIENCE_SECONDS)


def test_the_memory_panel_lists_our_classes(
    front_end: FrontEnd, heapsnap: Callable[..., Result], folder: Path
) -> None:
    write_cursors(folder / "b.json", 250, sequence=2)
    assert heapsnap("export", "b.json", "--to", "heapsnapshot").exit_code == 0
    front_end.wait_for(SHOW_PANEL, lambda found: found.get("value") is True)
    chooser = front_end.wait_for(FILE_INPUT, lambda found: "objectId" in found)
    file = str((folder / "b.heapsnapshot").resolve())
    front_end.command("DOM.setFileInputFiles", files=[file], objectId=chooser["objectId"])

    clicked = [0.0]

    def shows_classes(found: dict[str, Any]) -> bool:
        # The entry tells its size once the file has been read; a click before that is lost,
        # and one on what is chosen already does nothing.
        place = front_end.evaluate(ENTRY).get("value")
        if place and not found.get("value") and time.monotonic() > clicked[-1] + CLICK_SECONDS:
            clicked.append(time.monotonic())
            front_end.click(*map(float, place.split(",")))
        return "DictCursor" in str(found.get("value"))

    rows = front_end.wait_for(ROWS, shows_classes)["value"]
    assert "×250" in rows.replace(" ", "").replace("\t", ""), rows
