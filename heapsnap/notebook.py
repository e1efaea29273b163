"""What notebooks show of results: tables and pictures, without being asked.

Owns which result looks like what. Loaded with the public functions of the offline side; what
renders is loaded when the first result is shown.
"""

from __future__ import annotations

from heapsnap.analysis.pictures.picture import Picture
from heapsnap.analysis.results import Diff, Refs, Top, Why
from heapsnap.shown import html_of
from heapsnap.snapshot.model import Snapshot


@html_of.register(Snapshot)
def show_snapshot(result: Snapshot) -> str:
    """What the header says."""
    from heapsnap.render.fragments import snapshot_fragment  # noqa: PLC0415 - see the module

    return snapshot_fragment(result)


@html_of.register(Diff)
def show_diff(result: Diff) -> str:
    """The verdict, a picture of the first culprit, and the tables."""
    from heapsnap.analysis.pictures.chain_pictures import picture_culprit  # noqa: PLC0415
    from heapsnap.render.fragments import diff_fragment  # noqa: PLC0415

    first = result.culprits[0] if result.culprits else None
    picture = None if first is None else picture_culprit(first, result.after.path.name)
    return diff_fragment(result, None if picture is None else _draw(picture))


@html_of.register(Why)
def show_why(result: Why) -> str:
    """The verdict, a picture of all ways of holding, and each of them."""
    from heapsnap.analysis.pictures.chain_pictures import picture_why  # noqa: PLC0415
    from heapsnap.render.fragments import why_fragment  # noqa: PLC0415

    return why_fragment(result, _draw(picture_why(result)))


@html_of.register(Top)
def show_top(result: Top) -> str:
    """The table of types."""
    from heapsnap.render.fragments import top_fragment  # noqa: PLC0415

    return top_fragment(result)


@html_of.register(Refs)
def show_refs(result: Refs) -> str:
    """The table of references."""
    from heapsnap.render.fragments import refs_fragment  # noqa: PLC0415

    return refs_fragment(result)


@html_of.register(Picture)
def show_picture(result: Picture) -> str:
    """The picture; its title where there is no program to draw it."""
    from heapsnap.render.dot import caption_of  # noqa: PLC0415
    from heapsnap.render.fragments import picture_fragment  # noqa: PLC0415

    return picture_fragment(result.title, _draw(result), caption_of(result))


def _draw(picture: Picture) -> str | None:
    from heapsnap.drawing import draw_svg  # noqa: PLC0415

    return draw_svg(picture)
