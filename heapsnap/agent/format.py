"""The few constants that the agent and the offline reader share: `docs/format.md` in code.

Owns the name and version of the format and the names of references that have no
expression in Python. The only module of the agent that the offline side may import.
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

PART_SUFFIX = ".part"
"""What a snapshot's name ends in until it is complete."""
