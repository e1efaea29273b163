"""Post-mortem heap snapshots for Python.

In the observed process ``install``, ``uninstall``, ``dump`` and ``watch``; offline ``load``,
``diff``, ``why`` and ``picture``; in tests ``assert_no_growth``. Importing this loads the agent
alone; the rest is loaded when it is used.
"""

from .agent import dump, install, uninstall

TYPE_CHECKING = False  # importing typing would take longer than all the rest
if TYPE_CHECKING:
    from .guard.rounds import assert_no_growth
    from .offline import diff, load, picture, why
    from .watching import watch

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "assert_no_growth",
    "diff",
    "dump",
    "install",
    "load",
    "picture",
    "uninstall",
    "watch",
    "why",
]


def __getattr__(name: str) -> object:
    if name == "assert_no_growth":
        from .guard.rounds import assert_no_growth

        return assert_no_growth
    if name == "watch":
        from .watching import watch

        return watch
    if name in {"diff", "load", "picture", "why"}:
        from . import (
            notebook,  # noqa: F401 - with it a notebook shows what these return
            offline,
        )

        return getattr(offline, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
