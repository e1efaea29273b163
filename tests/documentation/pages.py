"""The blocks of a page, run in order in one shell, and how what they print is compared.

In a page

* a block ``python`` that begins with ``# name.py`` is that file, written before what follows;
* one that begins with ``# from heapsnap/...`` must stand in that file, line for line;
* a block ``console`` is typed into a shell, a ``$`` line each, and prints what stands below it;
* ``<!-- wait: FILE PATTERN -->`` is where a reader waits until the file has such a line.

Figures may differ: a number stands for any number, ``...`` for anything, on a line of its own for
any lines. A ``$`` line with nothing below it may print nothing.

    python -m tests.documentation.pages docs/tutorial.md     fills in what is missing below `$`
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"^```(?P<kind>python|console)\n(?P<text>.*?)^```$|^<!-- wait: (?P<file>\S+) (?P<pattern>[^\n]*) -->$",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?")
SIZE = re.compile(r"# (?:bytes|KB|MB|GB)\b")
DURATION = re.compile(r"# (?:ms|s|min)\b")
FILE = re.compile(r"heapsnap-\S+?-#-#T#-#\.json")
HOST = re.compile(r"\bon \S+ \(")
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Block:
    """One step of a page: ``kind`` is ``file``, ``excerpt``, ``console`` or ``wait``."""

    kind: str
    name: str
    text: str


def read_blocks(page: Path) -> list[Block]:
    """All steps of a page, in order."""
    blocks = []
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        text = found["text"] or ""
        if found["file"]:
            blocks.append(Block("wait", found["file"], found["pattern"]))
        elif found["kind"] == "console":
            blocks.append(Block("console", "", text))
        elif named := re.match(r"# (from )?(\S+\.py)\n", text):
            kind = "excerpt" if named[1] else "file"
            blocks.append(Block(kind, named[2], text[named.end() if named[1] else 0 :].strip("\n")))
    return blocks


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each ``$`` line of a block, and what the page says that it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def shape(text: str) -> str:
    """The text without what differs from run to run: figures, the host, widths of columns."""
    lines = (" ".join(line.split()) for line in text.strip().splitlines())
    named = (HOST.sub("on HOST (", line) for line in lines)
    figures = (SIZE.sub("# bytes", NUMBER.sub("#", line)) for line in named)
    files = (FILE.sub("heapsnap-FILE.json", line) for line in figures)
    shaped = (DURATION.sub("# seconds", line) for line in files)
    return "".join(f"{line}\n" for line in shaped)


def is_as_written(expected: str, printed: str) -> bool:
    """Whether what was printed has the shape that the page shows."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in shape(expected).splitlines()
    )
    return re.fullmatch(pattern, shape(printed)) is not None


class Shell:
    """A bash in a folder of its own, as a reader has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        variables = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSNAP_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), variables.get("PATH", "")])
        variables |= {"PATH": path, "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1", "COLUMNS": "100"}
        variables["XDG_CACHE_HOME"] = str(folder / ".cache")
        self.bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.run("set -m")  # so that %1 is a job

    def run(self, command: str) -> str:
        """What a command prints, on both streams, with paths as seen from the folder."""
        assert self.bash.stdin and self.bash.stdout
        mark = f"-- done {os.urandom(8).hex()}"
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null\necho '{mark}'\n")
        self.bash.stdin.flush()
        printed = ""
        for line in self.bash.stdout:
            if line.rstrip("\n").endswith(mark):
                printed += line.rstrip("\n").removesuffix(mark)
                return printed.replace(f"{self.folder}{os.sep}", "")
            printed += line
        raise AssertionError(f"the shell ended in {command!r}: {printed}")

    def wait_for(self, name: str, pattern: str) -> None:
        """Wait as a reader does, until a file has a line that matches."""
        end, text = time.monotonic() + PATIENCE_SECONDS, ""
        while time.monotonic() < end:
            path = self.folder / name
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            if re.search(pattern, text):
                return
            time.sleep(0.1)
        raise AssertionError(f"no {pattern!r} in {name}: {text[-2000:]}")

    def close(self) -> None:
        """End what is still running in it, and the shell."""
        self.run("jobs -p | xargs -r kill 2>/dev/null; wait")
        assert self.bash.stdin
        self.bash.stdin.close()
        self.bash.wait(timeout=PATIENCE_SECONDS)


def play(page: Path, shell: Shell) -> Iterator[tuple[str, str, str]]:
    """Do what a page says: each command, what the page says it prints, and what it printed."""
    for block in read_blocks(page):
        if block.kind == "file":
            (shell.folder / block.name).write_text(block.text + "\n", encoding="utf-8")
        elif block.kind == "excerpt":
            source = (CHECKOUT / block.name).read_text(encoding="utf-8")
            assert block.text in source, f"{page.name}: not in {block.name}:\n{block.text}"
        elif block.kind == "wait":
            shell.wait_for(block.name, block.text)
        else:
            for command, expected in commands(block.text):
                yield command, expected, shell.run(command)


def fill(page: Path, folder: Path) -> None:
    """Write into the page what its commands print, where nothing stands below them."""
    shell = Shell(folder)
    text = page.read_text(encoding="utf-8")
    for command, expected, printed in play(page, shell):
        if not expected.strip() and printed.strip():
            # The first that has nothing below it yet.
            bare = re.compile(rf"^\$ {re.escape(command)}\n(?=\$ |```)", re.MULTILINE)
            text = bare.sub(lambda found, new=printed.rstrip(): f"{found[0]}{new}\n", text, count=1)
    shell.close()
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="heapsnap-page-") as made:
            fill(Path(name), Path(made).resolve())
