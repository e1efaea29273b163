"""Known ways to leak in collections that nobody empties, from the special to any that grows.

Data alone. The order counts: the first that fits is told. No entry looks at a particular program.
"""

from __future__ import annotations

from heapsnap.analysis.patterns.known_pattern import (
    CACHE,
    COLLECTION,
    ITEM,
    REGISTERED_METHOD,
    known,
)

COLLECTIONS = (
    known(
        "unbounded-queue",
        rf"(\w+\.)*\w*Queue \.\w+ {COLLECTION}|_queue\.SimpleQueue \?|"
        r"(?<!\.waiting )(collections\.)?deque \[",
        "more is put into a queue or deque than is taken out of it, if anything is; without a "
        "limit it keeps all the rest",
        "give it a limit (maxsize, maxlen), or take out what is done with; if somebody does take "
        "out, see why that falls behind",
    ),
    known(
        "registered-callback",
        # In a record of the library that calls it, up to three objects of one package deep.
        rf"{ITEM} (?!threading\.)(?P<library>\w+)\.\S+"
        rf"( \S+ (method \S+ )?((?P=library)\.\S+|functools\.partial|tuple|list|dict)){{0,2}}"
        r" \S+ method \.__self__ (?!(?P=library)\.)",
        *REGISTERED_METHOD,
    ),
    known(
        "buffer-never-cut",
        r" \.\w+ (bytes|bytearray|str|_io\.(Bytes|String)IO|array\.array) \|",
        "a text or buffer is only added to: all that ever came is kept",
        "cut off what was worked on (del buffer[:done]), write it to a file, or give it a limit",
        at_growth=True,
    ),
    known(
        "registered-handler",
        # By what the registry is called: one collection, or one for each name or path.
        rf"\.\w*(?i:handler|hook|listener|callback|observer|subscriber|subscription|receiver|watcher|"
        rf"interceptor|middleware|extension|plugin|filter)s(_\w+)? ({COLLECTION}\S* )?{COLLECTION}",
        "a registry keeps every handler, hook or listener that was put into it, and what that "
        "refers to",
        "take it out when it is done with (remove, unregister, unsubscribe), or register one, "
        "once, for all",
    ),
    known(
        "class-level-collection",
        rf"(type|\S+@) \.\w+ {COLLECTION}",
        "a collection that is an attribute of a class is shared by all its instances and stays "
        "for as long as the class",
        "make it in __init__ if each instance was meant to have its own; else take entries out",
    ),
    known(
        "own-cache",
        # At any depth, and not where it is other caches that a cache keeps.
        rf" (\w+\.)*{CACHE}( \.\w+ {COLLECTION}|:\w+ (\[|<key>))(?![^|]* (\w+\.)*{CACHE} )",
        "a cache keeps its entries until they are taken out: this one has no limit, or has not "
        "reached it, or does not take out of this collection what it takes out of another",
        "give it a limit that it can reach (a size, a time to live), and take an entry out of all "
        "its collections at once, as functools.lru_cache and cachetools do",
        at_growth=True,
    ),
    known(
        "module-level-collection",
        rf"^module \S+ \.\w+ {COLLECTION}",
        "a collection at module level stays for as long as the program, and so does all in it",
        "take entries out when they are done with, or give it a limit (an LRU or TTL cache)",
    ),
    known(
        "collection-of-an-object",
        rf" \.\w+ {COLLECTION}",
        "a collection in an attribute stays for as long as its owner, and so does all in it",
        "take entries out when they are done with, give it a limit (an LRU or TTL cache), or let "
        "its owner go",
        at_growth=True,
    ),
    known(
        "collection-in-a-function",
        rf"(^\S+ local variable \w+ -> |(coroutine|generator) \w+ ){COLLECTION}",
        "a collection in a variable of a function stays until that returns, and so does all in it",
        "take entries out when they are done with, or give it a limit (an LRU or TTL cache)",
        at_growth=True,
    ),
)
