"""The heap as stacks of references, root first: what profile viewers draw as a flame.

Each object is counted once, at the place where its chosen path ends; so a frame's total is what is
held through that reference, and the root's total is the heap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.analysis.series.lay_over import lay_over
from heapsnap.analysis.series.place_tree import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heapsnap.analysis.heap.places import Places

DEEPEST = 200
"""Frames of a stack; what hangs deeper is counted with the last of them."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A place in the heap and what is there.

    ``frames`` lead from the root to the place, numbers of ``Stacks.frames``; ``objects`` and
    ``bytes`` have one entry for each heap.
    """

    frames: tuple[int, ...]
    objects: tuple[int, ...]
    bytes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Stacks:
    """All stacks of one heap, or of several that are compared; ``names`` are the heaps' names.

    ``frames`` are the distinct texts of references with what they lead to.
    """

    names: tuple[str, ...]
    frames: tuple[str, ...]
    stacks: tuple[Stack, ...]

    def texts(self, stack: Stack) -> list[str]:
        """The frames of a stack in words, root first."""
        return [self.frames[frame] for frame in stack.frames]


def find_stacks(heaps: Sequence[Places]) -> Stacks:
    """Collect the stacks of some heaps, laid over each other."""
    tree = lay_over(heaps)
    numbers: dict[str, int] = {}
    depth: list[int] = []
    frame_by_place: list[int] = []
    for place, above in enumerate(tree.parent):
        kind = tree.type[place].rpartition(".")[2] or tree.type[place]
        text = _frame_text(tree.reference[place], kind, is_root=above == NO_PLACE)
        frame_by_place.append(numbers.setdefault(text, len(numbers)))
        depth.append(1 if above == NO_PLACE else depth[above] + 1)
    totals: dict[int, list[list[int]]] = {}
    for place in range(len(tree.parent)):
        counts, sizes = tree.counts[:, place].tolist(), tree.sizes[:, place].tolist()
        if any(counts):
            shown = place
            while depth[shown] > DEEPEST:
                shown = tree.parent[shown]
            total = totals.setdefault(shown, [[0] * len(heaps), [0] * len(heaps)])
            for number, (count, size) in enumerate(zip(counts, sizes, strict=True)):
                total[0][number] += count
                total[1][number] += size
    stacks = [
        Stack(tuple(frame_by_place[step] for step in tree.path(place)), tuple(counts), tuple(sizes))
        for place, (counts, sizes) in totals.items()
    ]
    names = tuple(heap.snapshot.path.name for heap in heaps)
    return Stacks(names, tuple(numbers), tuple(stacks))


def _frame_text(reference: str, kind: str, *, is_root: bool) -> str:
    """``app.cache (module)``, ``.SESSIONS (dict)``, ``[*] (Session)``."""
    return f"{reference} ({kind})" if is_root else f"{reference} {kind}"


def folded_lines(stacks: Stacks) -> Iterator[str]:
    """Lines for flamegraph.pl: frames, then the bytes; of two heaps those of both.

    Yields:
        ``root;frame;frame 4096``. Two numbers are what ``difffolded.pl`` writes: before, after.
    """
    for stack in stacks.stacks:
        frames = ";".join(_folded_text(text) for text in stacks.texts(stack))
        yield f"{frames} {' '.join(map(str, stack.bytes))}"


def _folded_text(text: str) -> str:
    """A frame in which nothing ends the frame or the line."""
    shown = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return shown.replace(";", ":")
