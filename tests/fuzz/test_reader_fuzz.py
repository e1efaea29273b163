"""Spoiled snapshots in short: the long form is ``python tests/fuzz/reader.py --count 1000000``."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.commands import COMMANDS
from tests.fuzz.mutations import spoil
from tests.fuzz.reader import Trial, run, seeds, warm_up

COUNT = 100_000 if os.environ.get("HEAPSNAP_LONG") else 900


def test_spoiled_files_are_read_or_refused_and_nothing_else() -> None:
    warm_up()
    trial = run(COUNT, seed=20_261_124, every_command=2)
    assert trial.outcomes["read"] >= COUNT // 20
    assert trial.outcomes["DamagedSnapshotError"] >= COUNT // 20
    assert trial.outcomes["command"] >= len(COMMANDS)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory):
    folder, before = tmp_path_factory.mktemp("fuzz"), os.getcwd()
    found = seeds(folder)[0]
    made = Trial(folder, every_command=10)
    yield made, found
    os.chdir(before)


@settings(
    max_examples=COUNT // 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_what_hypothesis_makes_of_a_file_is_read_or_refused(trial, data: st.DataObject) -> None:
    made, sound = trial
    seed = data.draw(st.integers(0, 2**32))
    edits = data.draw(
        st.lists(st.tuples(st.integers(0, len(sound)), st.binary(max_size=8)), max_size=3)
    )
    spoiled = spoil(sound, Random(seed))
    for at, insert in edits:
        spoiled = spoiled[:at] + insert + spoiled[at + len(insert) :]
    made.read(spoiled)


def test_what_the_trial_calls_harm_is_noticed(trial) -> None:
    made, sound = trial
    made.load = lambda path: 1 / 0
    try:
        with pytest.raises(ZeroDivisionError):
            made.read(sound)
    finally:
        from heapsnap.snapshot.reader import load

        made.load = load
