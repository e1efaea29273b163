"""One known way to leak: what it looks like, what it is, what to change.

Owns the form of an entry and the pieces of which several are made; ``patterns`` matches them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from heapsnap.analysis.results import Pattern


@dataclass(frozen=True, slots=True)
class KnownPattern:
    """A pattern and what it looks like.

    ``looks`` is searched in the chain written as ``root .reference type .reference type``: the
    root as the chain shows it (``module app``), full type names, references as they are, one
    blank between; ``repeated`` behind the type of what is counted in place of shown. Behind the
    type of an exception stands ``!`` and behind a metaclass ``@``, whatever they are called, and
    behind a type that derives from a collection or from asyncio's futures ``:`` and which
    (``app.Registry:dict``). At the end stand ``|`` and the normalised path. A cycle has no root
    and starts with a type; ``in_cycle``: only there. Where growth is known to enter, the match
    must reach up to there: what merely leads to the place that grows is not to blame. ``of_part``:
    only where the last object refers to a parent that is not on the chain. ``at_growth``: only
    where growth is known to enter within the match, behind its first step.
    """

    pattern: Pattern
    looks: re.Pattern[str]
    in_cycle: bool = False
    of_part: bool = False
    at_growth: bool = False
    of_threads: bool = False


def known(
    name: str,
    looks: str,
    explanation: str,
    fix: str,
    *,
    in_cycle: bool = False,
    of_part: bool = False,
    at_growth: bool = False,
    of_threads: bool = False,
) -> KnownPattern:
    """An entry of the table.

    Args:
        name: By which it is known in JSON.
        looks: A regular expression, see ``KnownPattern``.
        explanation: What it is: a sentence without its full stop.
        fix: What to change, likewise.
        in_cycle: Whether only a cycle of garbage can look like it.
        of_part: Whether only what refers to a parent can look like it.
        at_growth: Whether only what is known to grow there can look like it.
        of_threads: Whether only what many threads hold one each of can look like it.
    """
    pattern = Pattern(name, explanation, fix)
    return KnownPattern(pattern, re.compile(looks), in_cycle, of_part, at_growth, of_threads)


CLOSURE = r"function \.__closure__(\([^)]*\))? tuple \S+ cell \.cell_contents"
ITEM = r"(\]|\{\*\}|<key>|\?)"
COLLECTION = (
    r"((\S+:)?(dict|list|set)|(\S+:|collections\.)?(deque|OrderedDict|defaultdict)"
    r"|(\w+\.)*(ChainMap|UserDict|UserList|Weak\w+)( \.(data|maps) (dict|set|list))?"
    r") (\[|\{|<key>)"
)
TASK = r"(_asyncio\.Task|asyncio\.tasks\.Task|\S+:Task)( |$)"
"""Asyncio's; a class of another's that is called so may be a thing to do."""
FUTURE = (
    r"(_?asyncio\.(futures\.)?Future|\S+:Future|(tornado|kafka)\.\S*Future|"
    r"(\w+\.)*(concurrent\.futures|loky|distributed)\.\S*Future|"
    r"twisted\.internet\.defer\.\w*Deferred\w*|"
    r"(multiprocessing|multiprocess|billiard)\.pool\.\w+Result|"
    r"celery\.result\.\w+Result|gevent\.\S*AsyncResult)( |$)"
)
"""What stands for a result to come, by the libraries that have it: a name alone says nothing."""
CACHE = (
    r"\w*(Cache|Memo|Memoizer|Lru|(?<![A-Z])LRU|(?<![A-Za-z])(cache|lru|memo))"
    r"(_?(?i:dict|map|store|storage|backend|impl))?\d*"
)
"""A class's own name: ``LRUCache``, ``page_cache``, ``Memo``; no ``Memory`` and no ``CacheKey``."""
WRAPPED = 4
"""Wrappers around wrappers from which on no decorator explains them."""
REGISTERED_METHOD = (
    "a registered bound method keeps the object that it belongs to",
    "take the callback out when its object is done, or register it weakly (weakref.WeakMethod)",
)
