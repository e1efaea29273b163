"""The child's own allocations, taken out of tracemalloc's hands; what it knows already stays.

Every object that the walk makes would be traced as well, its whole stack read: of 300,000 instances
a snapshot took 5 s in place of 1 s with one frame, 21 s with ten (measured on 3.11). Stopping
tracemalloc would throw away what it knows. So its hooks alone are taken off again.

References:
    ``Modules/_tracemalloc.c`` and ``Python/tracemalloc.c`` (3.10 to 3.15): each hook's context
    is the allocator that it stands in front of, one of three side by side in ``allocators``.
"""

try:
    import ctypes
except ImportError:  # pragma: no cover - a Python built without libffi
    ctypes = None

_RAW, _MEM, _OBJ = range(3)
"""``PyMemAllocatorDomain``, Include/cpython/pymem.h."""
_IN_MEMORY = (_MEM, _RAW, _OBJ)
"""How the allocators behind the hooks stand side by side."""

if ctypes is not None:
    # Here, since each line adds to what is there already: a subclass to a class, or an attribute.
    # In the child, after the heap was listed, that would be a reference to what has no row.
    _api = ctypes.PyDLL(None)
    _get_allocator, _set_allocator = _api.PyMem_GetAllocator, _api.PyMem_SetAllocator

    class _Allocator(ctypes.Structure):
        """``PyMemAllocatorEx``."""

        _fields_ = tuple(
            (name, ctypes.c_void_p) for name in ("context", "malloc", "calloc", "realloc", "free")
        )


def leave_untraced():
    """Allocate from now on as if nobody traced; in the child alone, where tracing is on.

    Returns:
        Whether it could be done: not where other hooks than tracemalloc's stand in front.
    """
    if ctypes is None:
        return False
    hooks = [_Allocator() for _ in _IN_MEMORY]
    for domain, hook in zip(_IN_MEMORY, hooks):
        _get_allocator(domain, ctypes.byref(hook))
    if not _are_of_tracemalloc(hooks, ctypes.sizeof(_Allocator)):
        return False
    for domain, hook in zip(_IN_MEMORY, hooks):
        _set_allocator(domain, ctypes.c_void_p(hook.context))
    return True


def _are_of_tracemalloc(hooks, size):
    """Whether their contexts stand side by side, and one function frees for all of them."""
    contexts = [hook.context or 0 for hook in hooks]
    are_neighbours = contexts == [contexts[0] + place * size for place in range(len(hooks))]
    return are_neighbours and contexts[0] != 0 and len({hook.free for hook in hooks}) == 1
