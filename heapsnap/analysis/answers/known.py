"""Answers that were given before: the same question about the same files needs no heap.

Owns what makes two questions the same, and the form in which an answer is kept: names of result
classes and their fields, as JSON. What is kept is the result, never its text: how it looks depends
on the terminal, on the zone of time and on the language.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from heapsnap.analysis import results
from heapsnap.index.keeper import find_index, may_have_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.index.keeper import Index
    from heapsnap.snapshot.model import Snapshot

PREFIX = "answer-"
MOST_ANSWERS = 64
"""Kept of one snapshot; the one that was given longest ago goes first."""


@dataclass(frozen=True)
class Question:
    """What is asked about which files.

    Attributes:
        paths: As the user named them: an answer shows them. The last one keeps the answer.
        asked: The analysis and all that it is told besides; values that JSON holds.
    """

    paths: Sequence[Path]
    asked: Sequence[Any]

    def recall(self) -> Any:
        """The answer that was given to it; None if there is none for certain."""
        indexes = [find_index(path) if may_have_index(path) else None for path in self.paths]
        last = indexes[-1]
        if last is None or (name := self._name(indexes)) is None:
            return None
        part = last.recall(name)
        return None if part is None else decode(part.facts)

    def keep(self, heaps: Sequence[Snapshot], answer: Any) -> None:
        """Keep the answer for the next time.

        Args:
            heaps: Of which it was made: their content, whatever the files are by now.
            answer: A result.
        """
        last = heaps[-1].index
        name = self._name([heap.index for heap in heaps])
        if last is None or name is None:
            return
        try:
            facts = encode(answer)
            orjson.dumps(facts)
        except TypeError:
            return  # Half a surrogate pair in a name: JSON cannot hold it.
        last.drop_oldest(PREFIX, most=MOST_ANSWERS - 1)
        last.keep(name, {}, facts)

    def _name(self, indexes: Sequence[Index | None]) -> str | None:
        """The part's name: a hash over the question, the paths and what stands in the files."""
        contents = [index.identity.content for index in indexes if index is not None]
        if len(contents) < len(indexes):
            return None
        try:
            text = orjson.dumps([self.asked, [str(path) for path in self.paths], contents])
        except TypeError:
            return None
        return PREFIX + hashlib.sha256(text).hexdigest()[:32]


def encode(value: Any) -> Any:
    """A result as JSON: ``{"Class": [field, ...]}``, tuples as lists; see ``decode``.

    Raises:
        TypeError: There is something in it that no result should hold.
    """
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, tuple):
        return [encode(part) for part in value]
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, dict):
        return {"json": value}
    if is_dataclass(value) and getattr(results, type(value).__name__, None) is type(value):
        return {type(value).__name__: [encode(getattr(value, f.name)) for f in fields(value)]}
    message = f"{type(value)} in a result"
    raise TypeError(message)


def decode(value: Any) -> Any:
    """The result that was encoded."""
    if isinstance(value, list):
        return tuple([decode(part) for part in value])
    if not isinstance(value, dict):
        return value
    ((name, content),) = value.items()
    if name == "json":
        return content
    return Path(content) if name == "path" else getattr(results, name)(*map(decode, content))
