"""Built-in kinds that must be asked in their own way: classes, functions, frames, code, arrays."""

import _contextvars
import gc
import sys
import types

from . import format as fmt
from .identity import (
    HEAP_TYPE,
    base_of_type,
    bases_of_type,
    code_of_frame,
    code_of_function,
    flags_of_type,
    locals_of_frame,
    mro_of_type,
    name_of_type,
    namespace_of_type,
)
from .members import getters_of_type, read_fields
from .shapes import key_text

CO_OPTIMIZED = 1
VARIABLE_NODES = frozenset({"hamt_bitmap_node", "hamt_collision_node"})
_ContextVar = _contextvars.ContextVar
_name_of_variable = _ContextVar.__dict__["name"].__get__
_HAS_VARIABLES = sys.version_info >= (3, 11)
"""Whether a suspended generator holds its variables itself. Before, a frame with a row of its own
did: reading them for the generator would put a dict into that frame which is in no list."""

_function_dict = types.FunctionType.__dict__["__dict__"].__get__
_generator_frames = {
    "generator": types.GeneratorType.__dict__["gi_frame"].__get__,
    "coroutine": types.CoroutineType.__dict__["cr_frame"].__get__,
    "async_generator": types.AsyncGeneratorType.__dict__["ag_frame"].__get__,
}


class Kinds:
    """Makes describers by built-in layout.

    Args:
        naming: Aligns referents with names.
        may_materialize: Whether the variables of suspended frames may be read, which makes objects
            that stay for as long as the generator does: free in the child, a cost in the process.
    """

    def __init__(self, naming, *, may_materialize):
        self.naming = naming
        self.shapes = naming.shapes
        self.may_materialize = may_materialize

    def describer(self, kind, layout):
        """The describer for a class of this layout, or None where it needs no way of its own."""
        if layout == "type":
            return self._describe_class
        if layout == "function":
            return self._function_describer(kind)
        if layout in _generator_frames or layout == "frame":
            return self._suspended_describer(kind, layout)
        if layout == "code":
            return self._code_describer(kind)
        if layout in VARIABLE_NODES:
            return self._describe_variables
        return self._array_describer(kind) if layout == "ndarray" else None

    def _describe_class(self, instance, referents):
        namespace = gc.get_referents(namespace_of_type(instance))
        fields = [(fmt.INSTANCE_DICT, namespace[0])] if namespace else []
        fields.append((".__mro__", mro_of_type(instance)))
        fields.append((".__bases__", bases_of_type(instance)))
        if flags_of_type(instance) & HEAP_TYPE:
            fields.append((".__base__", base_of_type(instance)))
            return self.naming.align(referents, fields, "type")
        # The collector knows nothing of static classes; what they hold is real. Their base is
        # not counted where it is written in the C source, and stands in the MRO anyway.
        held = [(name, value) for name, value in fields if value is not None]
        return [value for _, value in held], self.shapes.number(tuple(name for name, _ in held))

    def _describe_variables(self, instance, referents):
        """Name the values of context variables after these; `Python/hamt.c` keeps them in pairs."""
        del instance
        is_key = [type(referent) is _ContextVar for referent in referents]
        step = -1 if is_key and is_key[0] else 1
        names = []
        for position, is_this_key in enumerate(is_key):
            beside = position + step
            if not is_this_key and 0 <= beside < len(is_key) and is_key[beside]:
                names.append(key_text(_name_of_variable(referents[beside])))
            else:
                names.append("<variables>")
        return referents, self.shapes.number(tuple(names))

    def _function_describer(self, kind):
        getters = getters_of_type(kind)

        def describe(instance, referents):
            fields = []
            for name, value in read_fields(instance, getters):
                if name == ".__closure__" and value is not None:
                    free = ", ".join(code_of_function(instance).co_freevars)
                    fields.append((f".__closure__({free})", value))
                else:
                    fields.append((name, value))
            known = {id(value) for _, value in fields}
            left = [r for r in referents if type(r) is dict and id(r) not in known]
            if left:
                own = _function_dict(instance)
                fields += [(fmt.INSTANCE_DICT if r is own else ".__annotations__", r) for r in left]
            return self.naming.align(referents, fields, "function")

        return describe

    def _suspended_describer(self, kind, layout):
        getters = getters_of_type(kind)
        read_frame = _generator_frames.get(layout)

        def describe(instance, referents):
            if not referents:
                # A running frame (3.11 and later): its variables are among the roots.
                return referents, self.shapes.number(())
            fields = read_fields(instance, getters)
            if not self.may_materialize:
                return self.naming.align(referents, fields, layout)
            frame = instance if read_frame is None else read_frame(instance)
            if frame is not None and (frame is instance or _HAS_VARIABLES):
                fields = local_variables(frame, referents) + fields
            # Not asked for by name: f_back of a running frame of another thread leads into
            # memory that is gone in the child (a crash on 3.15).
            fields += [(".f_back", item) for item in referents if type(item) is types.FrameType]
            return self.naming.align(referents, fields, layout)

        return describe

    def _code_describer(self, kind):
        getters = getters_of_type(kind)

        def describe(instance, referents):
            if referents:
                # A Python whose collector does look into code (3.14 without the GIL).
                return self.naming.align(referents, read_fields(instance, getters), "code")
            held = [
                (name, value)
                for name, value in read_fields(instance, getters)
                if type(value) is tuple or type(value) is str or type(value) is bytes
            ]
            return [value for _, value in held], self.shapes.number(tuple(n for n, _ in held))

        return describe

    def _array_describer(self, kind):
        read_base = next(
            space["base"].__get__ for space in map(namespace_of_type, mro_of_type(kind))
            if "base" in space and type(space["base"]) is types.GetSetDescriptorType
        )  # fmt: skip
        own = next(b for b in mro_of_type(kind) if name_of_type(b) == "ndarray")
        read_flat = namespace_of_type(own)["flat"].__get__
        read_dtype = namespace_of_type(own)["dtype"].__get__
        base_shape = self.shapes.number((".base",))
        items = self.shapes.number((fmt.POSITION_UP,))

        def describe(instance, referents):
            del referents
            if read_dtype(instance).char == "O":
                base = read_base(instance)
                if base is None:
                    return list(read_flat(instance)), items
            base = read_base(instance)
            return ([base], base_shape) if base is not None else ([], base_shape)

        return describe


def local_variables(frame, referents=None):
    """Pairs of name and value for the local variables of a frame that is not a class body's.

    With ``referents`` (of a suspended frame) a variable that lives in a cell is paired with
    that cell, since that is what the frame holds.
    """
    if not code_of_frame(frame).co_flags & CO_OPTIMIZED:
        # At module level the locals are the globals. In a class body they may be a mapping
        # of anybody's making, which reading f_locals would write to.
        return []
    variables = list(dict(locals_of_frame(frame)).items())
    if referents is None:
        return variables
    cells = {}
    for referent in referents:
        if type(referent) is types.CellType:
            try:
                cells[id(referent.cell_contents)] = referent
            except ValueError:
                continue
    return [(name, cells.get(id(value), value)) for name, value in variables]
