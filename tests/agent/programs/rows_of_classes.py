"""Hostile classes, modules, functions and frames."""

import importlib.util
import sys
import types

from biting import biting, biting_text, noting, row

KEPT = []


def metaclass(**hooks):
    return type("Meta", (type,), hooks)


@row()
def class_cannot_be_hashed():
    meta = metaclass(__eq__=noting("metaclass __eq__", False))
    return meta("Unhashable", (), {})()


@row()
def metaclass_names_raise():
    names = ("__name__", "__module__", "__mro__", "__bases__", "__dict__", "__flags__")
    hooks = {name: property(biting(f"metaclass {name}")) for name in names}
    return metaclass(**hooks)("Masked", (), {})()


@row()
def metaclass_lies():
    hooks = {
        "__eq__": noting("metaclass __eq__", True),
        "__hash__": noting("metaclass __hash__", 1),
        "__instancecheck__": noting("__instancecheck__", True),
        "__subclasscheck__": noting("__subclasscheck__", True),
        "__subclasses__": noting("__subclasses__", []),
        "__getattribute__": lambda cls, name: (touched(), type.__getattribute__(cls, name))[1],
        "__call__": lambda cls: object.__new__(cls),
        "__len__": noting("metaclass __len__", 0),
        "__bool__": noting("metaclass __bool__", False),
        "__iter__": biting("metaclass __iter__"),
    }
    touched = noting("metaclass __getattribute__", None)
    masked = metaclass(**hooks)("Masked", (), {})
    instance = object.__new__(masked)
    # Neither is a module, and to find that out one must not compare classes.
    sys.modules["lying instance"], sys.modules["lying class"] = instance, masked
    return instance


@row()
def half_initialised_class():
    """A class whose making failed: it has no MRO."""
    made = []

    def mro(cls):
        made.append(cls)
        if len(made) == 1:
            raise LookupError
        return type.mro(cls)

    try:
        metaclass(mro=mro)("Half", (), {})
    except LookupError:
        pass
    return made[0]


@row()
def mro_of_its_own_making():
    return metaclass(mro=lambda cls: (cls, dict, object))("Odd", (dict,), {})()


@row()
def names_in_a_class_are_hostile():
    """Keys that are equal to what is looked for: the look-up would compare them."""
    names = ("__dict__", "__module__", "__sizeof__", "__qualname__", "__weakref__", "base")
    kind = type("Instance", (), {})
    try:
        space = {biting_text(name): 1 for name in names}
        kind = type("Instance", (), space)
    except TypeError:
        pass  # 3.13 and later want plain names
    return kind()


@row()
def name_of_a_class_is_hostile():
    kind = type("Instance", (), {})
    kind.__name__ = biting_text("function")
    kind.__qualname__ = biting_text("function")
    kind.__module__ = biting_text("module")
    KEPT.append({"key": kind(), kind(): 1})
    holder = type("Holder", (list,), {})()
    holder.append(kind())
    holder.held = kind()
    KEPT.append(holder)
    return kind()


@row()
def module_of_a_class_is_a_property():
    return type("Instance", (), {"__module__": property(biting("__module__"))})()


@row()
def name_of_a_hundred_kilobytes():
    return type("N" * 100_000, (), {})()


@row()
def name_with_a_lone_surrogate():
    kind = type("Instance", (), {})
    kind.__qualname__ = "\udcffSurrogate"
    return kind()


@row()
def name_with_control_characters_and_markup():
    return type('=cmd()\x1b]0;owned\x07\n[bold red]<img src=x onerror=alert(1)>"];x', (), {})()


@row()
def name_is_empty():
    return type("", (), {"__module__": ""})()


@row()
def pretends_to_be_built_in():
    for module, name in (("collections", "deque"), ("_asyncio", "Task"), ("numpy", "ndarray")):
        KEPT.append(type(name, (), {"__module__": module})())
    return type("dict", (list,), {"__module__": "builtins"})([1])


@row()
def module_with_a_hostile_getattr():
    module = types.ModuleType("hostile_getattr")
    module.__getattr__ = biting("module __getattr__")
    module.__dir__ = biting("module __dir__")
    sys.modules["hostile_getattr"] = module
    return module


@row()
def module_of_a_hostile_class():
    hooks = {name: biting(name) for name in ("__getattribute__", "__getattr__", "__repr__")}
    module = type("Module", (types.ModuleType,), hooks)("hostile_class")
    space = types.ModuleType.__dict__["__dict__"].__get__(module)
    space.pop("__name__")
    space[biting_text("__name__")] = 1
    sys.modules["hostile_class"] = module
    return module


@row()
def module_that_is_loaded_lazily():
    """Its first attribute would import it."""
    spec = importlib.util.find_spec("this")
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["this"] = module
    loader.exec_module(module)
    return module


@row()
def function_with_hostile_attributes():
    function = types.FunctionType((lambda: 0).__code__, {biting_text("__name__"): 1})
    function.__qualname__ = biting_text("odd")
    function.__module__ = biting_text("module")
    function.__doc__ = biting_text("doc")
    function.attribute = [1]
    return function


@row()
def annotations_that_raise():
    """From 3.14 on reading them runs code."""
    space = {"touch": noting("annotation", int)}
    exec("def annotated(x: touch()): pass\nclass Annotated:\n    x: touch()", space)
    KEPT.append(space["Annotated"])
    return space["annotated"]


@row()
def code_of_a_hostile_file():
    code = compile("x = 1", biting_text("<hostile>"), "exec")
    return types.FunctionType(code, {})


@row()
def frame_with_hostile_globals():
    """A suspended frame whose global names are a dict of the program's own class."""
    names = ("get", "__getitem__", "keys", "items", "__iter__", "__contains__")
    space = type("Globals", (dict,), {name: noting(f"globals {name}", None) for name in names})()
    source = "def generate():\n    held = [1]\n    yield held\n"
    exec(compile(source, biting_text("<hostile generator>"), "exec"), space)
    generator = dict.__getitem__(space, "generate")()
    next(generator)
    return generator


@row()
def coroutines_in_every_state():
    @types.coroutine
    def pause():
        yield

    async def waiting():
        held = [1]
        await pause()
        return held

    async def asynchronous():
        yield [1]

    def closed():
        yield 1

    suspended = waiting()
    suspended.send(None)
    over = closed()
    next(over)
    over.close()
    started = asynchronous()
    step = started.__anext__()
    KEPT.extend([suspended, over, started, step, waiting_never(), closed()])
    return suspended


def waiting_never():
    async def never():
        return 1

    coroutine = never()
    coroutine.close()
    return coroutine


@row()
def traceback_whose_frames_are_cleared():
    try:
        raise ValueError
    except ValueError as error:
        trace = error.__traceback__
        KEPT.append(error)
    KEPT.append(trace)
    return KEPT[-2]
