"""Dead links in the built site: every address inside it must lead to a file and a place in it.

    python docs/make/links.py FOLDER        1 and a line for each that leads nowhere

Addresses of other sites are not asked: a build must not depend on them.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Addresses(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Collect one element."""
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.places.add(value)
            elif name in {"href", "src", "data"} and value:
                self.targets.append(value)


def read_page(path: Path) -> Addresses:
    """The addresses of one page."""
    page = Addresses()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def find_dead(site: Path) -> list[str]:
    """A line for each link that leads nowhere."""
    pages = {path.resolve(): read_page(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site}: no page in it"]
    return [
        f"{path.relative_to(site.resolve())}: {target}"
        for path, page in pages.items()
        for target in page.targets
        if not is_alive(path, target, pages)
    ]


def is_alive(path: Path, target: str, pages: dict[Path, Addresses]) -> bool:
    """Whether there is what a link of the page at ``path`` means."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return True
    there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if there.is_dir():
        there /= "index.html"
    if not there.is_file():
        return False
    place = unquote(parts.fragment)
    return not place or there not in pages or place in pages[there].places


if __name__ == "__main__":
    dead = find_dead(Path(sys.argv[1]))
    sys.stdout.writelines(f"leads nowhere: {line}\n" for line in dead)
    sys.exit(1 if dead else 0)
