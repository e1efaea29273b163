"""A progress bar on stderr, for people who wait: only on a terminal, only after a second."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.progress import Progress
    from typing_extensions import Self

    from heapsnap.snapshot.model import Snapshot

PATIENCE_SECONDS = 1.0


class Waiting:
    """Shows what is being done while the block runs."""

    def __init__(self) -> None:
        self._progress = _make_progress() if sys.stderr.isatty() else None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._task = self._progress.add_task("", total=None)
            self._timer = threading.Timer(PATIENCE_SECONDS, self._progress.start)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None and self._timer is not None:
            self._timer.cancel()
            self._timer.join()  # it may be just about to start what is stopped here
            self._progress.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while lines are printed."""
        is_shown = self._progress is not None and self._progress.live.is_started
        if self._progress is not None and is_shown:
            self._progress.stop()
        yield
        if self._progress is not None and is_shown:
            self._progress.start()

    def load(self, path: Path) -> Snapshot:
        """Read a snapshot, with a bar that tells how far."""
        from heapsnap.snapshot.kept import open_snapshot

        if self._progress is None:
            return open_snapshot(path)
        self._describe(f"reading {path.name}")
        return open_snapshot(path, progress=self._show_part)

    def load_all(self, paths: Sequence[Path]) -> list[Snapshot]:
        """Read several snapshots, side by side where that pays."""
        from heapsnap.cli.side_by_side import prepare

        if self._progress is not None:
            self._describe(f"reading {len(paths)} snapshots")
        prepare(paths, self._show_share)
        return [self.load(path) for path in paths]

    def step(self, name: str) -> None:
        """Say what is done now; nobody knows for how long."""
        if self._progress is not None:
            self._describe(name)

    def tell(self, name: str) -> None:
        """Say how far it is, with no new beginning for the clock."""
        if self._progress is not None:
            from heapsnap.render.escape import escape_terminal

            self._progress.update(self._task, description=escape_terminal(name))

    def _describe(self, text: str) -> None:
        from heapsnap.render.escape import escape_terminal

        assert self._progress is not None
        self._progress.reset(self._task, total=None, description=escape_terminal(text))

    def _show_share(self, done: float) -> None:
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=1.0)

    def _show_part(self, done: int, total: int) -> None:
        assert self._progress is not None
        self._progress.update(self._task, completed=done, total=total)


def _make_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )
