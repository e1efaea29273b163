"""For each class, how to read its instances: which row of the type table, which names, which size.

A plan is made once for a class, from the class alone; the walk then asks it about
instances. ``describe(instance, referents)`` takes what the collector says that the instance
refers to and returns the references in the order of the names, with the number of their
shape. It may add references that the collector does not report but that are real and
counted; it never drops one.
"""

import gc
import sys
import types

from . import format as fmt
from .identity import (
    HAVE_GC,
    HEAP_TYPE,
    NAMERS,
    base_of_type,
    bases_of_type,
    code_of_frame,
    code_of_function,
    describe_type,
    flags_of_type,
    layout_of_type,
    locals_of_frame,
    mro_of_type,
    name_of_type,
    namespace_of_type,
)
from .jsontext import quote
from .members import dict_getter_of_type, getters_of_type, read_fields
from .shapes import key_text

CO_OPTIMIZED = 1
GC_HEAD_BYTES = 16
SHAPED_DICT_LIMIT = 64
"""Entries up to which dicts with equal keys share a shape."""
NAMED_DICT_LIMIT = 1000
"""Entries up to which every one is named. Of larger dicts that are no namespace the last are."""
NAMED_OF_LARGE = 100

_ordered = [object(), object()]
SEQUENCE = fmt.POSITION_DOWN if gc.get_referents(_ordered)[0] is _ordered[1] else fmt.POSITION_UP
"""Whether the collector visits a list from its end, as CPython has done so far."""
del _ordered

REMAINDER = {
    "list": SEQUENCE,
    "tuple": SEQUENCE,
    "set": fmt.SET_MEMBER,
    "frozenset": fmt.SET_MEMBER,
    "deque": fmt.POSITION_UP,
    "module": "<state>",
    "generator": fmt.STACK_VALUE,
    "coroutine": fmt.STACK_VALUE,
    "async_generator": fmt.STACK_VALUE,
    "frame": fmt.STACK_VALUE,
    "mappingproxy": "<mapping>",
    "ReferenceType": ".__callback__",
    "_local": "<threads>",
    "_lru_cache_wrapper": "<cache>",
    "Context": "<variables>",
}
"""Name of the references that no field explains, by built-in layout."""

BY_CLASS = {
    ("type", "module"): "<module>",
    ("type", "type"): ".__base__",
    ("function", "tuple"): ".__annotations__",
    ("function", "function"): ".__annotate__",
    ("function", "str"): ".__doc__",
    ("property", "str"): ".__name__",
}
"""Names of what is left, by built-in layout and the class of what is referred to."""

CONSTANT = frozenset({"list", "tuple", "set", "frozenset", "deque"})
_function_dict = types.FunctionType.__dict__["__dict__"].__get__
_generator_frames = {
    "generator": types.GeneratorType.__dict__["gi_frame"].__get__,
    "coroutine": types.CoroutineType.__dict__["cr_frame"].__get__,
    "async_generator": types.AsyncGeneratorType.__dict__["ag_frame"].__get__,
}


class Plan:
    """What the walk knows of one class.

    Attributes:
        number: Row in the type table.
        is_container: Its instances are walked into.
        shape: The shape of all instances, or -1 where each must be described.
        describe: ``(instance, referents) -> (references, shape)``, where ``shape`` is -1.
        size_of: Shallow size of an instance without running its own ``__sizeof__``;
            None where ``sys.getsizeof`` runs C code only.
        name_of: What an instance is called, or None where instances have no names.
        layout: Name of the built-in class underneath.
    """

    __slots__ = ("describe", "is_container", "layout", "name_of", "number", "shape", "size_of")


class Planner:
    """Makes plans, and numbers the classes on the way."""

    def __init__(self, shapes, *, may_materialize):
        self.shapes = shapes
        # Reading __dict__ makes a dict for instances that keep their attributes inline
        # (3.11+). In the child that costs nobody anything; in the process itself it stays.
        self.may_materialize = may_materialize
        # By address of the class, one dict for each thing that the walk maps whole batches to.
        self.plans = {}
        self.number_by_class = {}
        self.shape_by_class = {}
        self.custom_sized = set()
        self.named = set()
        self._fresh = []
        self.module_dicts = frozenset(
            id(vars_of) for vars_of in map(_module_dict, list(sys.modules.values())) if vars_of
        )

    def take_fresh(self):
        """Rows of the type table added since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def learn(self, kinds):
        """Make the plans of all classes that have none yet."""
        for kind in kinds:
            if id(kind) not in self.plans:
                plan = self._make(kind)
                self.number_by_class[id(kind)] = plan.number
                self.shape_by_class[id(kind)] = plan.shape
                if plan.size_of is not None:
                    self.custom_sized.add(id(kind))
                if plan.name_of is not None:
                    self.named.add(id(kind))

    def _make(self, kind):
        plan = Plan()
        plan.number = len(self.plans)
        plan.layout = layout_of_type(kind)
        plan.size_of = _size_reader(kind)
        plan.name_of = NAMERS.get(plan.layout)
        plan.shape = -1
        plan.describe = None
        is_array = plan.layout == "ndarray"
        # The collector does not look into arrays and code, but they hold what they hold.
        plan.is_container = bool(flags_of_type(kind) & HAVE_GC) or is_array or plan.layout == "code"
        self.plans[id(kind)] = plan
        self._fresh.append(describe_type(kind))
        if not plan.is_container:
            return plan
        is_heap_type = flags_of_type(kind) & HEAP_TYPE
        if not is_heap_type and plan.layout in CONSTANT:
            plan.shape = self.shapes.number((REMAINDER[plan.layout],))
        elif kind is dict:
            plan.describe = self._describe_dict
        elif is_array:
            plan.describe = self._array_describer(kind)
        elif plan.layout == "code":
            plan.describe = self._code_describer(kind)
        elif plan.layout == "type":
            plan.describe = self._describe_class
        elif plan.layout == "function":
            plan.describe = self._function_describer(kind)
        elif plan.layout in _generator_frames or plan.layout == "frame":
            plan.describe = self._suspended_describer(kind, plan.layout)
        elif is_heap_type:
            plan.describe = self._instance_describer(kind, plan.layout)
        else:
            plan.describe = self._field_describer(kind, plan.layout)
        return plan

    # Dicts -------------------------------------------------------------------------

    def _describe_dict(self, instance, referents):
        count = len(instance)
        if len(referents) != count:
            return self._describe_mixed_dict(instance, referents)
        # As many referents as entries: the collector skipped the keys, which it does only
        # where all of them are exactly str. So hashing and comparing them is C code.
        if count <= SHAPED_DICT_LIMIT:
            keys = tuple(instance)
            shape = self.shapes.recall(keys)
            if shape is not None:
                return dict.values(instance), shape
            shape = self.shapes.add([quote(key_text(key)) for key in keys])
            self.shapes.remember(keys, shape)
            # The first dict of a shape also shows its keys, so that the strings are in the
            # snapshot; the others share them, or have equal ones.
            parts = [quote(key_text(key)) for key in keys]
        else:
            keys = list(instance)
            parts = self._entry_parts(instance, keys)
        parts += [quote(fmt.DICT_KEY), str(count)]
        return [*dict.values(instance), *keys], self.shapes.add(parts)

    def _describe_mixed_dict(self, instance, referents):
        keys = list(dict.keys(instance))
        values = list(dict.values(instance))
        if len(referents) != 2 * len(keys):
            # A dict whose values still live inside its instance (3.13): they are the
            # instance's references, not the dict's.
            return referents, self.shapes.number((fmt.UNNAMED_ITEM,))
        parts = self._entry_parts(instance, keys)
        parts += [quote(fmt.DICT_KEY), str(len(keys))]
        return values + keys, self.shapes.add(parts)

    def _entry_parts(self, instance, keys):
        count = len(keys)
        if count <= NAMED_DICT_LIMIT or id(instance) in self.module_dicts:
            return [quote(key_text(key)) for key in keys]
        # What was put in last is what a growing dict grows by.
        last = [quote(key_text(key)) for key in keys[-NAMED_OF_LARGE:]]
        return [quote(fmt.UNNAMED_ITEM), str(count - NAMED_OF_LARGE), *last]

    # Instances of classes -------------------------------------------------------------

    def _instance_describer(self, kind, layout):
        read_dict = dict_getter_of_type(kind)
        slow = self._field_describer(kind, layout)
        if layout != "object":
            return slow
        if read_dict is None:
            return self._slots_describer(kind, slow)
        if not self.may_materialize:
            return slow
        shapes = self.shapes
        names_memo = {}

        def describe(instance, referents):
            try:
                attributes = read_dict(instance)
            except AttributeError:
                return slow(instance, referents)
            count = len(referents)
            if count == 2 and referents[0] is attributes:  # noqa: PLR2004
                return referents, in_dict
            if (
                type(attributes) is not dict
                or count != len(attributes) + 1
                or referents[-1] is not kind
                or (count and referents[0] is attributes)
            ):
                return slow(instance, referents)
            keys = tuple(attributes)
            shape = names_memo.get(keys)
            if shape is None:
                # Inline values have str keys only: dicts with others are never inline.
                shape = shapes.number((*(f".{key}" for key in keys), fmt.CLASS))
                if len(names_memo) < SHAPED_DICT_LIMIT * 16:
                    names_memo[keys] = shape
            return [*attributes.values(), kind], shape

        in_dict = shapes.number((fmt.INSTANCE_DICT, fmt.CLASS))
        return describe

    def _slots_describer(self, kind, slow):
        """Instances without a dict: once all slots of one are told apart, the order is known.

        The collector visits slots in an order that the class fixes and skips empty ones, so
        instances with all slots set have their references in the same order.
        """
        full = len(getters_of_type(kind)) + 1
        known_shape = -1

        def describe(instance, referents):
            nonlocal known_shape
            if len(referents) != full:
                return slow(instance, referents)
            if known_shape >= 0:
                return referents, known_shape
            references, shape = slow(instance, referents)
            if len(set(map(id, referents))) == full:
                known_shape = shape
            return references, shape

        return describe

    def _field_describer(self, kind, layout):
        """Any object: its fields, its dict, its items; what is left is named by the layout."""
        getters = getters_of_type(kind)
        read_dict = dict_getter_of_type(kind)
        is_dict = layout == "dict"

        def describe(instance, referents):
            fields = read_fields(instance, getters)
            if flags_of_type(kind) & HEAP_TYPE:
                fields.append((fmt.CLASS, kind))
            if read_dict is not None:
                fields += self._attribute_fields(instance, referents, read_dict)
            extra = []
            if is_dict:
                fields += [
                    (key_text(key), value) for key, value in list(dict.items(instance))
                ]
                keys = [(fmt.DICT_KEY, key) for key in list(dict.keys(instance))]
                if len(referents) >= 2 * len(keys):
                    fields += keys
                else:
                    extra = keys
            return self._align(referents, fields, layout, extra)

        return describe

    def _attribute_fields(self, instance, referents, read_dict):
        if not self.may_materialize:
            return []
        try:
            attributes = read_dict(instance)
        except AttributeError:
            return []
        if type(attributes) is not dict:
            return []
        if any(referent is attributes for referent in referents):
            return [(fmt.INSTANCE_DICT, attributes)]
        return [(f".{key}", value) for key, value in attributes.items() if type(key) is str]

    def _align(self, referents, fields, layout, extra=()):
        """Give each referent the name of the field that holds it, equal ones in turn."""
        remainder = REMAINDER.get(layout, fmt.UNKNOWN)
        names_by_address = {}
        for name, value in fields:
            names_by_address.setdefault(id(value), []).append(name)
        names = []
        for referent in referents:
            held = names_by_address.get(id(referent))
            if held:
                names.append(held.pop(0))
            else:
                names.append(BY_CLASS.get((layout, name_of_type(type(referent))), remainder))
        if extra:
            referents = referents + [value for _, value in extra]
            names += [name for name, _ in extra]
        if len(names) > SHAPED_DICT_LIMIT:
            return referents, self.shapes.add(_run_lengths(names))
        return referents, self.shapes.number(tuple(names))

    # Built-in kinds that need to be asked in their own way --------------------------------

    def _describe_class(self, instance, referents):
        namespace = gc.get_referents(namespace_of_type(instance))
        fields = [(fmt.INSTANCE_DICT, namespace[0])] if namespace else []
        fields.append((".__mro__", mro_of_type(instance)))
        fields.append((".__bases__", bases_of_type(instance)))
        if flags_of_type(instance) & HEAP_TYPE:
            fields.append((".__base__", base_of_type(instance)))
            return self._align(referents, fields, "type")
        # The collector knows nothing of static classes; what they hold is real. Their base is
        # not counted where it is written in the C source, and stands in the MRO anyway.
        held = [(name, value) for name, value in fields if value is not None]
        return [value for _, value in held], self.shapes.number(tuple(name for name, _ in held))

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
            return self._align(referents, fields, "function")

        return describe

    def _suspended_describer(self, kind, layout):
        getters = getters_of_type(kind)
        read_frame = _generator_frames.get(layout)

        def describe(instance, referents):
            if not referents:
                # A running frame (3.11 and later): its variables are among the roots.
                return referents, self.shapes.number(())
            fields = read_fields(instance, getters)
            frame = instance if read_frame is None else read_frame(instance)
            if frame is not None:
                fields = local_variables(frame, referents) + fields
            # Not asked for by name: f_back of a running frame of another thread leads into
            # memory that is gone in the child (a crash on 3.15).
            fields += [(".f_back", item) for item in referents if type(item) is types.FrameType]
            return self._align(referents, fields, layout)

        return describe

    def _code_describer(self, kind):
        getters = getters_of_type(kind)

        def describe(instance, referents):
            if referents:
                # A Python whose collector does look into code (3.14 without the GIL).
                return self._align(referents, read_fields(instance, getters), "code")
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


def _run_lengths(names):
    parts = []
    previous, times = None, 0
    for name in [*names, None]:
        if name == previous:
            times += 1
            continue
        if previous is not None:
            parts.append(quote(previous))
            if times > 1:
                parts.append(str(times))
        previous, times = name, 1
    return parts


def _module_dict(module):
    return types.ModuleType.__dict__["__dict__"].__get__(module) if (
        types.ModuleType in mro_of_type(type(module))
    ) else None  # fmt: skip


def _size_reader(kind):
    """None if ``sys.getsizeof`` is safe for the class, else a reader that skips Python code."""
    for position, base in enumerate(mro_of_type(kind) or ()):
        sizeof = namespace_of_type(base).get("__sizeof__")
        if type(sizeof) is types.MethodDescriptorType:
            if position == 0 or _first_definition(kind) is sizeof:
                return None
            head = GC_HEAD_BYTES if flags_of_type(kind) & HAVE_GC else 0
            return lambda instance: sizeof(instance) + head
    return lambda instance: 0


def _first_definition(kind):
    for base in mro_of_type(kind):
        sizeof = namespace_of_type(base).get("__sizeof__")
        if sizeof is not None:
            return sizeof
    return None
