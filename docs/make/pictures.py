"""The pictures in the pages, drawn from the story played for real.

    python docs/make/pictures.py            writes docs/pictures/; takes some two minutes

Needs graphviz's dot, Chromium with its driver, selenium, and the ``demo`` extra.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from heapsnap.demo.service import Service  # noqa: E402
from heapsnap.demo.story import PROGRAM  # noqa: E402
from tests.browser import chromium  # noqa: E402
from tests.programs.corpus import FOLDER, Program  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURES = CHECKOUT / "docs" / "pictures"
REQUESTS = (138, 400, 650, 899)
"""After how many requests a snapshot is taken."""


def play_story(folder: Path) -> list[Path]:
    """The leaking service's snapshots, one after each of ``REQUESTS``."""
    arguments = ["--directory", str(folder), "--duration", "300", "--rate", "150"]
    files = []
    with Service(PROGRAM, arguments) as service:
        for goal in REQUESTS:
            served = 0
            while served < goal:
                served = int(service.wait_for(r"served (\d+) ")[1])
            files.append(Path(service.take_snapshot()["file"]))
    return files


def heapsnap(folder: Path, *arguments: str | Path) -> None:
    """Run a command in the folder."""
    subprocess.run([sys.executable, "-m", "heapsnap", *arguments], cwd=folder, check=True)


def draw(folder: Path, snapshots: Sequence[Path]) -> None:
    """The pictures of the story, on light, on dark, and as SVG that follows the screen."""
    pair = ("-s", snapshots[-1], "--since", snapshots[0])
    heapsnap(folder, "why", "DictCursor", *pair, "--picture", PICTURES / "story-cycle.svg")
    heapsnap(folder, "graph", "DictCursor", *pair, "-o", PICTURES / "story-neighbourhood.svg")
    heapsnap(folder, "graph", "DictCursor", *pair, "-o", PICTURES / "story-light.png")
    heapsnap(folder, "graph", "DictCursor", *pair, "--dark", "-o", PICTURES / "story-dark.png")
    (folder / "undo").mkdir()
    before, after = Program(FOLDER / "leaks" / "undo_history.py").run(folder / "undo")
    undo = ("-s", after, "--since", before, "-o", PICTURES / "undo-history.svg")
    heapsnap(folder, "graph", "Edit", *undo)


def photograph(folder: Path, snapshots: Sequence[Path]) -> None:
    """The report as a desk and a phone show it."""
    page = folder / "report.html"
    heapsnap(folder, "report", *snapshots, "-o", page)
    with chromium(folder / "profile") as browser:
        for name, size, dark, place in (
            ("report-light", (1280, 900), False, ""),
            ("report-dark", (1280, 900), True, ""),
            ("report-growth", (1280, 900), False, "#growth"),
            ("report-phone", (390, 844), False, ""),
        ):
            width, height = size
            browser.open(page, width=width, height=height, dark=dark)
            if place:
                browser.ask("document.querySelector(arguments[0])?.scrollIntoView()", place)
            browser.driver.save_screenshot(str(PICTURES / f"{name}.png"))


def main() -> None:
    """Write all of them."""
    with tempfile.TemporaryDirectory(prefix="heapsnap-pictures-") as made:
        folder = Path(made).resolve()
        snapshots = play_story(folder)
        draw(folder, snapshots)
        photograph(folder, snapshots)


if __name__ == "__main__":
    main()
