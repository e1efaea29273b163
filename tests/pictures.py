"""Reading the pictures that ``heaps`` describes: which objects are drawn, and their references."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAF_TYPES = {"str", "int", "float", "complex", "bool", "bytes", "NoneType"}
BUILT_IN_TYPES = LEAF_TYPES | {
    "object", "dict", "list", "tuple", "set", "frozenset", "module", "type", "function", "method",
    "cell", "code", "frame", "traceback", "generator", "coroutine", "builtin_function_or_method",
}  # fmt: skip
ARROW = re.compile(r"\s+-(?:([^>\s].*?)-)?>\s+")
OBJECT = re.compile(
    r"((?:(?:module|class|frame) )?[^\s:*]+)(?:\*(\d+))?(?::([^\s*]+))?(?:\*(\d+))?"
)


@dataclass(eq=False)
class DrawnObject:
    """One object of a picture: ``stem`` is its name without the number that ``*3`` added."""

    label: str
    stem: str
    type_name: str = ""
    own_name: str = ""
    size: int = 0
    refcount: int = 0
    is_tracked: bool = True
    references: dict[tuple[str, DrawnObject], None] = field(default_factory=dict)

    @property
    def is_leaf(self) -> bool:
        """True for objects that refer to nothing, by their type."""
        return self.type_name in LEAF_TYPES


def full_label(label: str) -> str:
    """The name under which an object is kept: ``root`` is a module."""
    return "module root" if label == "root" else label


def parse_pictures(pictures: Iterable[str]) -> dict[str, DrawnObject]:
    """All objects by name, in the order in which they are first drawn."""
    objects: dict[str, DrawnObject] = {}
    for picture in pictures:
        parts = ARROW.split(picture.strip())
        groups = [_parse_group(objects, text) for text in parts[::2]]
        for name, referrers, referents in zip(parts[1::2], groups, groups[1:], strict=False):
            is_pairwise = len(referrers) == len(referents)
            for position, referrer in enumerate(referrers):
                for referent in [referents[position]] if is_pairwise else referents:
                    referrer.references[name or "?", referent] = None
    for drawn in objects.values():
        drawn.type_name = drawn.type_name or "Thing"
        if drawn.is_leaf and drawn.references:
            msg = f"{drawn.label!r} is a {drawn.type_name} and cannot refer to anything"
            raise ValueError(msg)
    return objects


def _parse_group(objects: dict[str, DrawnObject], text: str) -> list[DrawnObject]:
    found = OBJECT.fullmatch(full_label(text))
    if not found:
        msg = f"cannot read {text!r} as an object: expected name, name:Type or name*3:Type"
        raise ValueError(msg)
    stem, count, type_name = found[1], found[2] or found[4], found[3] or ""
    kind, _, rest = stem.rpartition(" ")
    group = []
    for label in [f"{stem}{number}" for number in range(int(count))] if count else [stem]:
        drawn = objects.setdefault(label, DrawnObject(label, stem))
        if kind:
            drawn.type_name = {"class": "type"}.get(kind, kind)
            drawn.own_name = ".".join(split_type(rest)) if kind == "class" else rest
        if type_name and drawn.type_name not in {"", type_name}:
            msg = f"{label!r} is drawn as {drawn.type_name} and as {type_name}"
            raise ValueError(msg)
        drawn.type_name = type_name or drawn.type_name
        group.append(drawn)
    return group


def split_type(type_name: str) -> tuple[str, str]:
    """Module and qualified name of a type as it is written in a picture."""
    module, _, name = type_name.partition("#")[0].rpartition(".")
    return module or "app", name
