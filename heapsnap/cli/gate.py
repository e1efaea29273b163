"""``diff --fail-on-growth``: the gate of a pipeline, with a file of growth that is accepted.

Owns the options, the file's form (a fingerprint a line, ``#`` and what follows it is for people)
and the last words on stderr.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from heapsnap.errors import AssertionNotHeldError, HeapsnapError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.answers.gate import Violation
    from heapsnap.analysis.results import Diff
    from heapsnap.snapshot.model import Snapshot

FLAG, TYPE_OPTION = "--fail-on-growth", "--growing-type"
ENDINGS = (".json", ".json.gz", ".json.zst")
TOLD = 3
"""Failures that are told one by one; the answer above has them all."""

FailOnGrowth = Annotated[
    bool,
    typer.Option(
        FLAG, help="[TYPE...]: exit 3 if any culprit grew, or if one of these types did at all."
    ),
]
GrowingTypes = Annotated[list[str] | None, typer.Option(TYPE_OPTION, hidden=True)]
Tolerance = Annotated[
    int, typer.Option(metavar="N", min=0, help="Objects more that are no failure.")
]
Accepted = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Fingerprints of culprits that are known.", show_default=False
    ),
]
Accept = Annotated[
    bool, typer.Option("--accept", help="Write today's culprits into the --accepted FILE.")
]


class GatedCommand(TyperCommand):
    """A command whose ``--fail-on-growth`` may be followed by types."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words behind the flag as types, up to an option or a snapshot."""
        return super().parse_args(ctx, name_types(args))


def name_types(args: Sequence[str]) -> list[str]:
    """Put an option of its own before each type that follows the flag."""
    named: list[str] = []
    is_type_expected = False
    for arg in args:
        if is_type_expected and not arg.startswith("-") and not _is_snapshot(arg):
            named += [TYPE_OPTION, arg]
            continue
        is_type_expected = arg == FLAG
        named.append(arg)
    return named


def _is_snapshot(arg: str) -> bool:
    return arg.endswith(ENDINGS) or Path(arg).is_file()


@dataclass(frozen=True)
class Gate:
    """What is tolerated and accepted, and where the latter is written down."""

    types: tuple[str, ...]
    tolerance: int
    accepted: frozenset[str]
    new_file: Path | None

    def check(self, result: Diff, snapshots: Sequence[Snapshot]) -> None:
        """Let pass, or fail.

        Raises:
            AssertionNotHeldError: Something grew that nobody allowed.
            UnknownTypeError: A type that no snapshot knows was named.
        """
        from heapsnap.analysis.answers.gate import find_type_violations, find_violations

        if self.new_file is not None:
            write_accepted(self.new_file, result, self.accepted)
            return
        allowed: dict[str, Any] = {"tolerance": self.tolerance, "accepted": self.accepted}
        if self.types:
            found = find_type_violations(result, self.types, snapshots=snapshots, **allowed)
        else:
            found = find_violations(result, **allowed)
        if found:
            raise AssertionNotHeldError(_failure(found), hint=_way_out(found))


def open_gate(
    *,
    is_wanted: bool,
    types: Sequence[str] | None,
    tolerance: int,
    accepted: Path | None,
    accept: bool,
) -> Gate | None:
    """The gate that the options ask for; None where they ask for none.

    Raises:
        UsageError: Options that do not fit together.
        HeapsnapError: The file of accepted fingerprints cannot be read.
    """
    if accept and accepted is None:
        raise UsageError(
            "--accept does not know where to: expected --accepted FILE as well",
            hint="heapsnap diff A B --accepted leaks.txt --accept",
        )
    if not is_wanted and not accept:
        if accepted is not None or tolerance:
            raise UsageError(
                "--accepted and --tolerance say when to fail, and nothing asks for that",
                hint=f"add {FLAG}",
            )
        return None
    known = read_accepted(accepted, is_new=accept) if accepted else frozenset()
    return Gate(tuple(types or ()), tolerance, known, accepted if accept else None)


def read_accepted(path: Path, *, is_new: bool = False) -> frozenset[str]:
    """The fingerprints in the file.

    Raises:
        HeapsnapError: It cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        if is_new:
            return frozenset()
        raise HeapsnapError(
            f"no file of accepted fingerprints '{path}'", hint="--accept writes it"
        ) from error
    except (OSError, ValueError) as error:
        raise HeapsnapError(
            f"cannot read '{path}': {error}", hint="expected a fingerprint a line"
        ) from error
    words = (line.partition("#")[0].strip() for line in lines)
    return frozenset(word for word in words if word)


def write_accepted(path: Path, result: Diff, known: frozenset[str]) -> None:
    """Add what is new to the file; what stands there stays.

    Raises:
        HeapsnapError: It cannot be written.
    """
    from heapsnap.render.escape import escape_terminal

    fresh = [culprit for culprit in result.culprits if culprit.fingerprint not in known]
    lines = [
        f"{c.fingerprint}  # {escape_terminal(f'{c.type} {c.verdict}: {c.holder}')}\n"
        for c in fresh
    ]
    try:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise HeapsnapError(
            f"cannot write '{path}': {error.strerror}", hint="--accepted FILE in another folder"
        ) from error


def _failure(found: Sequence[Violation]) -> str:
    told = [
        f"{v.type} {v.growth:+,}" + (f" ({v.fingerprint})" if v.fingerprint else "")
        for v in found[:TOLD]
    ]
    rest = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
    return f"growth that nobody accepted: {', '.join(told)}{rest}"


def _way_out(found: Sequence[Violation]) -> str:
    name = found[0].type.rpartition(".")[2]
    return f"heapsnap why {name}; growth that is meant: --accepted FILE --accept"
