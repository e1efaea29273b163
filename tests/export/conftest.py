"""The readers that are not ours: npm's packages, installed once a session by name."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import folder, heapsnap

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["folder", "heapsnap"]

JAVASCRIPT = Path(__file__).resolve().parent / "javascript"
PACKAGES = ("chrome-devtools-frontend", "esbuild", "memlab", "speedscope")
LOCALES = (
    'export const BUNDLED_LOCALES = ["en-US"], LOCALES = ["en-US"], DEFAULT_LOCALE = "en-US", '
    'REMOTE_FETCH_PATTERN = "", LOCAL_FETCH_PATTERN = "";'
)
PATIENCE_SECONDS = 300


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command prints, on stdout then on stderr; its failure is the test's."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """A folder in which Node finds the readers; kept between runs, since 300 MB are unpacked."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm and node are not installed: no reader of V8's format")
    folder = Path(tempfile.gettempdir(), f"heapsnap-node-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    done = folder / "installed.txt"
    if not done.is_file() or done.read_text() != " ".join(PACKAGES):
        # No package needs its scripts: memlab's would fetch a browser.
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        run("npm", "install", *quiet, "--prefix", folder, *PACKAGES)
        # The front end's build makes this file; nothing that is tested asks for a language.
        locales = folder / "node_modules" / PACKAGES[0] / "front_end/core/i18n/locales.js"
        locales.write_text(LOCALES)
        done.write_text(" ".join(PACKAGES))
    return folder


@pytest.fixture(scope="session")
def bundle(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``bundle("devtools.ts")``: a script of ours with the reader's sources, ready for Node."""

    def build(name: str) -> Path:
        folder = tmp_path_factory.mktemp("bundle")
        source = shutil.copy(JAVASCRIPT / name, node_modules / name)
        target = folder / "bundle.mjs"
        esbuild = next((node_modules / "node_modules" / "@esbuild").glob("*/bin/esbuild"))
        run(
            esbuild,
            source,
            "--bundle",
            "--platform=node",
            "--format=esm",
            "--log-level=error",
            "--loader:.css=text",
            f"--outfile={target}",
            cwd=node_modules,
        )
        return target

    return build


@pytest.fixture(scope="session")
def devtools(bundle: Callable[[str], Path]) -> Callable[..., Any]:
    """``devtools("DictCursor", a, b, c)``: what Chrome's Memory panel says of a class."""
    script = bundle("devtools.ts")

    def ask(class_name: str, *files: Path) -> Any:
        return json.loads(run("node", script, class_name, *files).splitlines()[0])

    return ask


@pytest.fixture(scope="session")
def speedscope(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """``speedscope(file)``: the page that speedscope makes of a file, in a real browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: nothing to open speedscope in")
    page = node_modules / "node_modules" / "speedscope" / "dist" / "release" / "index.html"

    # A file that it does not understand makes it ask, and the browser waits until time is up.
    def show(file: Path) -> str:
        # What speedscope's own command does: a script that hands the file over to the page.
        script = tmp_path_factory.mktemp("speedscope") / "profile.js"
        content = base64.b64encode(file.read_bytes()).decode()
        script.write_text(f"speedscope.loadFileFromBase64({json.dumps(file.name)}, {content!r})")
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000")
        address = f"{page.as_uri()}#localProfilePath={script}"
        return run(chromium, *flags, "--allow-file-access-from-files", "--dump-dom", address)

    return show
