"""What is in the bytes of a snapshot: never a value, and with ``redact`` no name that may be data."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agent.interpreters import Python

    Snapshots = Callable[[str, str], list[Path]]

VALUES = (b"secretvalue", b'secretbytes"', b"secretitem", b"secretmember")
NAMES = (b"secret", b"73117311", b"7.3117311")
MODES = ("fork", "inline", "gzip", "signal")


@pytest.fixture
def take(python: Python, tmp_path: Path) -> Snapshots:
    def run(mode: str, hiding: str, folder: str = "") -> list[Path]:
        place = tmp_path / (folder or "one")
        place.mkdir()
        finished = python.run("secrets_planted.py", place, mode, hiding, "secretargument")
        run.facts = finished.facts  # type: ignore[attr-defined]
        return [Path(path) for path in finished.facts["paths"]]

    return run


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return data + (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else b"")


@pytest.mark.parametrize("mode", MODES)
def test_no_value_is_in_a_snapshot(take: Snapshots, mode: str) -> None:
    for path in take(mode, "open"):
        data = content(path)
        assert [value for value in VALUES if value in data] == []
        assert b"secretkey" in data
        assert b"secretargument" in data
        assert Reading(path).header["redacted"] is False


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hiding", ["redact", "key"])
def test_no_name_that_may_be_data_is_in_a_redacted_snapshot(
    take: Snapshots, mode: str, hiding: str
) -> None:
    for path in take(mode, hiding):
        # The program's own name stands where it is said whose heap this is.
        data = content(path).replace(b"secrets_planted", b"")
        found = {hit.group() for name in NAMES for hit in re.finditer(name + rb"[\w ]*", data)}
        # An address may hold any digits.
        assert {hit for hit in found if not hit.isdigit()} == set()
        reading = Reading(path)
        assert reading.header["redacted"] is True
        assert reading.snapshot.is_complete
        assert b"a key of more" not in data


def test_the_same_name_is_the_same_token_in_one_process(take: Snapshots) -> None:
    first, second = map(Reading, take("fork", "redact"))
    mixed, alone = take.facts["twins"]  # type: ignore[attr-defined]
    (token,) = [name for name, _ in first.references(alone) if name.startswith("['~")]
    for reading in (first, second):
        assert token in [name for name, _ in reading.references(mixed)]
        assert token in [name for name, _ in reading.references(alone)]


def test_tokens_of_two_processes_differ_unless_they_share_a_key(take: Snapshots) -> None:
    tokens = {}
    for hiding in ("redact", "key"):
        for folder in ("one", "two"):
            path = take(hiding=hiding, mode="fork", folder=f"{hiding}-{folder}")[0]  # type: ignore[call-arg]
            tokens[hiding, folder] = set(re.findall(rb"~[0-9a-f]{12}", content(path)))
    assert tokens["redact", "one"].isdisjoint(tokens["redact", "two"])
    assert len(tokens["key", "one"] & tokens["key", "two"]) > 100


def test_chains_of_redacted_snapshots_can_be_compared(take: Snapshots) -> None:
    first, second = map(Reading, take("fork", "redact"))
    chains = [
        [(step.reference, step.type) for step in reading.why("Slotted")[0].chain.steps]
        for reading in (first, second)
    ]
    assert chains[0] == chains[1]
    assert len(chains[0]) >= 2


def test_a_key_that_could_be_guessed_is_refused(own_python: Python) -> None:
    source = "import heapsnap\nheapsnap.install(redact='short')"
    finished = own_python.evaluate(source)
    assert finished.exit_code == 1
    assert "redact: expected 1, 0 or a key of 16 characters or more" in finished.stderr
