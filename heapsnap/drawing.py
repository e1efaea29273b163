"""Running graphviz's ``dot``: the one place where a picture becomes a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.dot import draw
from heapsnap.render.svg import inline_svg

if TYPE_CHECKING:
    from heapsnap.analysis.pictures.picture import Picture


def run_dot(source: str, ending: str) -> bytes:
    """Draw DOT source.

    Args:
        source: DOT.
        ending: ``svg``, ``png`` or ``pdf``.

    Raises:
        graphviz.ExecutableNotFound: There is no ``dot``.
        graphviz.CalledProcessError: It failed.
    """
    import graphviz  # noqa: PLC0415 - it looks for its program; who draws nothing need not wait

    drawn: bytes = graphviz.Source(source).pipe(format=ending)
    return drawn


def draw_svg(picture: Picture) -> str | None:
    """The picture as SVG for the inside of a page; None where there is no ``dot``."""
    import graphviz  # noqa: PLC0415 - as above

    try:
        drawn = run_dot(draw(picture, is_titled=False), "svg")
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError):
        return None
    return inline_svg(drawn.decode(), picture.title)
