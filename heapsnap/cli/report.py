"""The command that writes the answer as one page, to be looked at and sent."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapsnap.cli.choose import remember_diff
from heapsnap.cli.group import tell
from heapsnap.cli.options import Snapshots, check_several
from heapsnap.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.answers.report import Finding


def report(
    snapshots: Snapshots,
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The page to write.")
    ] = Path("heapsnap-report.html"),
    opened: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """The answer as one page of HTML, with pictures: nothing to install, nothing is loaded."""
    from heapsnap import __version__
    from heapsnap.analysis.answers.report import report as explain
    from heapsnap.cli.progress import Waiting
    from heapsnap.render.report import render_report

    paths = check_several(snapshots)
    with Waiting() as waiting:
        result = explain(waiting.load_all(paths), progress=waiting.step)
        waiting.step("drawing")
        pictures = draw_findings(result.findings)
    remember_diff(paths[0], paths[-1])
    write_page(render_report(result, pictures, version=__version__), output)
    typer.echo(str(output))
    if opened:
        webbrowser.open(output.absolute().as_uri())


def draw_findings(findings: Sequence[Finding]) -> list[str | None]:
    """A picture for each; a note on stderr where there is no ``dot`` to draw them."""
    from heapsnap.drawing import draw_svg

    pictures = [draw_svg(finding.picture) for finding in findings]
    if None in pictures:
        tell("note", "no pictures: graphviz's program 'dot' is not installed, or could not draw")
    return pictures


def write_page(page: str, output: Path) -> None:
    """Write the file.

    Raises:
        PictureError: It cannot be written.
    """
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PictureError(
            f"cannot write '{output}': {(error.strerror or str(error)).lower()}",
            hint="choose another place with -o FILE",
        ) from error
