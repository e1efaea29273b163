"""What the interpreter calls by itself: the program's signal handlers, tracing functions, hooks.

Often nothing but the interpreter holds them, and through them whole chains of handlers that call
each other. The child puts them away before it walks, so that none of them runs there; what they
hold must be in the snapshot all the same, and must not be freed, or its finalizers would run.

Owns which of them there are and what they are called; ``manners`` puts them away.
"""

import _signal
import sys

_ALIASES = frozenset({"SIGCLD", "SIGIOT", "SIGPOLL"})
_NAMES = {
    number: name
    for name, number in sorted(vars(_signal).items())
    if name.startswith("SIG") and name[3] != "_" and name not in _ALIASES and type(number) is int
}


class Hooks:
    """References to all of them that are set.

    Attributes:
        names: What they are called among the roots.
        objects: The hooks, in the same order.
        kept_count: The first so many of them go on being held by the interpreter in the child as
            well. The references to the others take the place of those that the child drops.
    """

    __slots__ = ("kept_count", "names", "objects")

    def __init__(self):
        self.names = []
        self.objects = []
        for end, hook in zip(("firstiter", "finalizer"), sys.get_asyncgen_hooks()):
            self._add(f"sys.get_asyncgen_hooks().{end}", hook)
        self.kept_count = len(self.objects)
        self._add("sys.settrace", sys.gettrace())
        self._add("sys.setprofile", sys.getprofile())
        if sys.unraisablehook is not sys.__unraisablehook__:
            self._add("sys.unraisablehook", sys.unraisablehook)
        for number in _signal.valid_signals():
            handler = _signal.getsignal(number)
            # SIG_DFL and SIG_IGN are numbers here. Comparing would call a handler's ``__eq__``.
            if type(handler) is not int and handler is not _signal.default_int_handler:
                self._add(f"signal handler {_NAMES.get(number, int(number))}", handler)

    def _add(self, name, hook):
        if hook is not None:
            self.names.append(name)
            self.objects.append(hook)

    def own(self):
        """Addresses of the containers that this is made of."""
        return {id(self), id(self.names), id(self.objects)}

    def surplus(self, *, in_child):
        """Those of the objects, repeats included, that are held once more than in the program."""
        return self.objects[: self.kept_count] if in_child else self.objects
