"""What must not be asked for its referents the usual way: the module ``_asyncio`` of Python 3.12.

Its traverse function visits the iterators on its free list as if they were alive. Whoever takes a
reference to one (``gc.get_referents`` does) raises it from the dead; when the reference is
dropped it is freed a second time and stands on the free list twice. Two awaits then get the same
iterator (a TypeError in the program), or the list leads back to itself and the next look at it
never ends. Only 3.12 does that: 3.11 reports the module's dict alone, 3.13 and later no free list.

References:
    ``module_traverse`` and ``FutureIter_dealloc``, Modules/_asynciomodule.c (3.12).
"""

import gc
import sys
from itertools import compress
from operator import not_

from .identity import dict_of_module, entry_of, name_of_type

_IS_CONCERNED = sys.version_info[:2] == (3, 12)


def referents_of_living(*, in_child):
    """The referents of that module that are alive, by the module's address; empty elsewhere.

    Args:
        in_child: Whether what is raised may stay so. In the process itself the module is not
            asked: of what it holds only its dict is told.
    """
    module = entry_of(sys.modules, "_asyncio") if type(sys.modules) is dict else None
    if not _IS_CONCERNED or type(module) is not type(sys):
        return {}
    if not in_child:
        return {id(module): [dict_of_module(module)]}
    referents = gc.get_referents(module)
    # Nothing else in the module's state is one: what is awaited holds those in use.
    is_dead = [name_of_type(type(held)) == "FutureIter" for held in referents]
    # Never dropped again, and on no list: a cycle of its own, where the collector is off.
    raised = list(compress(referents, is_dead))
    raised.append(raised)
    return {id(module): list(compress(referents, map(not_, is_dead)))}
