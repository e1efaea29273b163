"""What only a hook of the interpreter holds, a signal handler above all, is in the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.reading import Reading

if TYPE_CHECKING:
    from tests.agent.interpreters import Python

HOLDERS = {
    "InTrace": "sys.settrace",
    "InProfile": "sys.setprofile",
    "InUnraisable": "sys.unraisablehook",
    "InAsyncGeneratorHook": "sys.get_asyncgen_hooks().firstiter",
}


@pytest.fixture(scope="session", params=["fork", "inline"])
def facts(
    request: pytest.FixtureRequest, python: Python, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("hooked") / "hooked.json"
    return python.run("hooked.py", path, request.param).facts


@pytest.fixture(scope="session")
def reading(facts: dict[str, Any]) -> Reading:
    return Reading(facts["path"])


def test_a_chain_of_signal_handlers_is_held_by_the_signal(reading: Reading) -> None:
    groups = reading.why("InHandler")
    held = [group for group in groups if group.path.startswith("signal handler SIGTERM")]
    assert sum(group.count for group in held) == 50, groups
    # The one more is held by a handler of another signal.
    assert sum(group.count for group in groups) == 51
    assert {group.verdict for group in groups} == {"rooted"}


@pytest.mark.parametrize("type_name", HOLDERS)
def test_a_hook_is_named_as_the_root_of_what_it_holds(reading: Reading, type_name: str) -> None:
    (group,) = reading.why(type_name)
    assert group.verdict == "rooted"
    assert group.path.startswith(HOLDERS[type_name])


def test_counts_are_as_if_the_hooks_had_not_been_touched(reading: Reading) -> None:
    assert reading.anomalies() == []
    handlers = [node for name, node in reading.snapshot.roots.interpreter if " SIG" in name]
    assert len(handlers) == 2
    assert reading.places.verdicts.excess_by_node[handlers].tolist() == [1, 1]


def test_no_code_of_the_program_runs_on_the_way(facts: dict[str, Any]) -> None:
    assert not facts["finalized"]
