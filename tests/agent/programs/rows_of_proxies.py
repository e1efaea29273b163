"""Objects of libraries that stand for another and make, fetch or refuse it when they are looked at.

Each row needs its library; a row whose library is missing is None, and not in what is told.
"""

import importlib
import weakref

from biting import biting, noting, row

KEPT = []
HOOKS = (
    "getattribute", "repr", "str", "hash", "eq", "len", "bool", "iter", "getitem", "sizeof", "dir",
)  # fmt: skip


def library(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def hostile():
    """What is stood for: each of its methods tells that it was called."""
    made = type("Behind", (), {f"__{name}__": biting(f"__{name}__") for name in HOOKS})()
    KEPT.append(made)
    return made


@row()
def werkzeug_local_proxy_outside_of_a_request():
    local = library("werkzeug.local")
    return local and local.LocalProxy(biting("the getter", RuntimeError))


@row()
def werkzeug_local_proxy_of_an_unset_variable():
    local = library("werkzeug.local")
    return local and local.LocalStack()()


@row()
def werkzeug_local_proxy_of_a_hostile_object():
    local = library("werkzeug.local")
    behind = hostile()
    return local and local.LocalProxy(lambda: (noting("the getter", None)(), behind)[1])


@row()
def django_lazy_object_that_was_never_asked():
    functional = library("django.utils.functional")
    return functional and functional.SimpleLazyObject(biting("the query"))


@row()
def django_lazy_object_that_has_its_object():
    functional = library("django.utils.functional")
    if functional is None:
        return None
    behind = hostile()
    made = functional.SimpleLazyObject(lambda: behind)
    made._setup()
    return made


@row()
def django_lazy_text():
    functional = library("django.utils.functional")
    return functional and functional.lazy(biting("the translation"), str)()


@row()
def django_settings_that_nobody_configured():
    conf = library("django.conf")
    return conf and conf.LazySettings()


@row()
def wrapt_object_proxy():
    wrapt = library("wrapt")
    return wrapt and wrapt.ObjectProxy(hostile())


@row()
def wrapt_object_proxy_with_hooks_of_its_own():
    wrapt = library("wrapt")
    if wrapt is None:
        return None
    hooks = {f"__{name}__": biting(f"__{name}__") for name in HOOKS if name != "getattribute"}
    return type("Proxy", (wrapt.ObjectProxy,), hooks)(lambda: None)


@row()
def wrapt_decorated_function():
    wrapt = library("wrapt")
    return wrapt and wrapt.FunctionWrapper(lambda: None, biting("the wrapper"))


@row()
def weak_proxy_that_is_alive():
    return weakref.proxy(hostile())


@row()
def weak_proxy_that_can_be_called():
    called = type("Called", (), {"__call__": biting("__call__"), "__repr__": biting("__repr__")})()
    KEPT.append(called)
    return weakref.proxy(called)


@row()
def mock_with_a_specification():
    mock = library("unittest.mock")
    made = mock.create_autospec(dict, instance=True)
    made.__len__.side_effect = made.__iter__.side_effect = biting("the side effect")
    return made


@row()
def mock_that_stands_for_a_property():
    mock = library("unittest.mock")
    label = noting("the property", 5)
    owner = type("Owner", (), {"size": mock.PropertyMock(side_effect=label)})
    return owner()
