"""The few constants that the agent and the offline reader share: `docs/format.md` in code.

Owns the name and version of the format, the names of references that have no
expression in Python, and what the names of objects with a limit begin with. The only
module of the agent that the offline side may import.
"""

FORMAT = "heapsnap"
VERSION = 1

POSITION_UP = "[#]"
POSITION_DOWN = "[-#]"
UNNAMED_ITEM = "[*]"
SET_MEMBER = "{*}"
DICT_KEY = "<key>"
STACK_VALUE = "<stack>"
UNKNOWN = "?"
CLASS = ".__class__"
INSTANCE_DICT = ".__dict__"

LIMIT_WORDS = (
    "maxsize", "max_size", "maxlen", "max_len", "maxlength", "max_length", "maxitems", "max_items",
    "maxentries", "max_entries", "maxcount", "max_count", "capacity", "sizelimit", "size_limit",
)  # fmt: skip
"""What attributes end in, be it in capitals, that say how many entries an object may have."""

PART_SUFFIX = ".part"
"""What a snapshot's name ends in until it is complete."""
