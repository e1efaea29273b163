"""The stacks of suspended greenlets: what their functions' variables hold, read in the child.

A greenlet does not tell the collector of the frames in which it stands, and no table of the
interpreter has them. It gives its innermost frame itself (``gr_frame``), from where the others
follow. Each becomes a row to which the greenlet refers. Counts of these frames say nothing: the
collector takes what they hold for held from outside, and so must we.

Reading makes frame objects and, up to 3.12, dicts that stay: free in the child, and not done in the
process itself.

References:
    ``src/greenlet/TPythonState.cpp`` (greenlet 3.x): from 3.12 on ``gr_frame`` links frames anew,
    since what lay between them in C has been copied away with the stack.
"""

import gc
import sys
import types
from itertools import compress

from .identity import (
    back_of_frame,
    code_of_frame,
    derives_from,
    dict_of_module,
    entry_of,
    function_of_code,
    namespace_of_type,
    with_subclasses,
)
from .kinds import local_variables

FIRST_UNTRIED = (3, 15)
"""No greenlet has been seen on this Python: reading a frame wrongly would cost the snapshot."""

MOST_FRAMES = 1000
"""Of one greenlet, innermost first."""


def greenlet_class():
    """The class of all greenlets; None where greenlet is not loaded."""
    module = entry_of(sys.modules, "greenlet") if type(sys.modules) is dict else None
    if not derives_from(type(module), types.ModuleType):
        return None
    kind = entry_of(dict_of_module(module), "greenlet")
    return kind if type(kind) is type else None


def are_readable(*, in_child):
    """Whether suspended greenlets, if there are any, can be looked into here."""
    return in_child and sys.version_info < FIRST_UNTRIED


def read_suspended(objects):
    """What the walk must take for the referents of greenlets and of the frames they stand in.

    Args:
        objects: All that the collector tracks.

    Returns:
        Address → referents, and a list of the frames.
    """
    base = greenlet_class()
    read_frame = base and entry_of(namespace_of_type(base), "gr_frame")
    if type(read_frame) is not types.GetSetDescriptorType:
        return {}, []
    kinds = frozenset(map(id, with_subclasses(base)))
    is_greenlet = map(kinds.__contains__, map(id, map(type, objects)))
    referents, frames, cells = {}, [], _Cells(objects)
    for greenlet in compress(objects, is_greenlet):
        stack = _stack(read_frame.__get__(greenlet))
        if stack:
            referents[id(greenlet)] = gc.get_referents(greenlet) + stack
            referents.update((id(frame), _referents_of(frame, cells)) for frame in stack)
            frames += stack
    return referents, frames


def frame_fields(referents):
    """Pairs of name and frame, for the frames among what a greenlet refers to."""
    return [
        (f".gr_frame({function_of_code(code_of_frame(held))})", held)
        for held in referents
        if type(held) is types.FrameType
    ]


def _stack(frame):
    stack = []
    while frame is not None and len(stack) < MOST_FRAMES:
        stack.append(frame)
        frame = back_of_frame(frame)
    return stack


def _referents_of(frame, cells):
    """What the frame holds, as far as it is known for certain."""
    told = gc.get_referents(frame)
    if told:
        return told
    # From 3.11 on the collector is told nothing of it. A variable that lives in a cell is held by
    # the cell: as the frame's own its value would have a holder too many.
    code = code_of_frame(frame)
    in_cells = {*code.co_cellvars, *code.co_freevars}
    held = [
        cells.only_one_with(value) if name in in_cells else [value]
        for name, value in local_variables(frame)
    ]
    return [item for items in held for item in items]


class _Cells:
    """All cells of the heap by what is in them; looked for when the first is asked for."""

    def __init__(self, objects):
        self._objects = objects
        self._by_content = None

    def only_one_with(self, content):
        """A list: the cell in which an object is; empty where it is in several, or in none."""
        if self._by_content is None:
            self._by_content = {}
            is_cell = map(id(types.CellType).__eq__, map(id, map(type, self._objects)))
            for cell in compress(self._objects, is_cell):
                try:
                    self._by_content.setdefault(id(cell.cell_contents), []).append(cell)
                except ValueError:
                    continue  # An empty one.
        found = self._by_content.get(id(content), [])
        return found if len(found) == 1 else []
