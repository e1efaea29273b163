"""When a snapshot is due: thresholds and their hysteresis, growth, the clock, the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.agent import settings
from heapsnap.agent.pressure import Ceiling
from heapsnap.agent.rules import Limits, Rules

if TYPE_CHECKING:
    import pytest

MB = 1 << 20


def rules(**given: object) -> Rules:
    return Rules(settings.gather(given), 0.0, 100 * MB)


def ask(
    rule: Rules, megabytes: float, *, now: float = 1.0, ceilings=(), sequence: int = 0
) -> str | None:
    """What the rules say, noted if it is a snapshot."""
    rss = int(megabytes * MB)
    for keyword, reason in rule.due(now, rss, ceilings, sequence):
        rule.note(keyword, now, rss)
        return reason
    return None


def test_without_rules_nothing_is_ever_due() -> None:
    assert ask(rules(), 1e9, now=1e9) is None


def test_a_threshold_fires_once_until_the_memory_was_well_below_it() -> None:
    rule = rules(threshold="200M")
    assert ask(rule, 199) is None
    assert ask(rule, 210) == "threshold of 200 MB: 210 MB resident"
    assert ask(rule, 300) is None
    assert ask(rule, 185) is None
    assert ask(rule, 205) is None
    assert ask(rule, 179) is None
    assert ask(rule, 200) is not None


def test_a_share_is_that_of_the_nearest_ceiling() -> None:
    rule = rules(threshold="80%")
    assert rule.asks_for_ceilings
    far = Ceiling("the memory of the machine", 100 * MB, 1000 * MB)
    assert ask(rule, 1, ceilings=(far,)) is None
    near = Ceiling("its address space", 85 * MB, 100 * MB)
    assert ask(rule, 1, ceilings=(far, near)) == (
        "threshold of 80%: 85 MB of 100 MB of its address space"
    )
    assert ask(rule, 1, ceilings=()) is None


def test_growth_counts_from_the_last_snapshot_whoever_took_it() -> None:
    rule = rules(growth="50M")
    assert ask(rule, 149) is None
    assert ask(rule, 149, sequence=1) is None
    assert ask(rule, 198, sequence=1) is None
    assert ask(rule, 199, sequence=1) == "growth by 50 MB to 199 MB resident"
    assert ask(rule, 199, sequence=1) is None


def test_the_clock_starts_anew_with_each_snapshot_of_the_rules() -> None:
    rule = rules(every="10m")
    assert ask(rule, 1, now=599) is None
    assert ask(rule, 1, now=600) == "every 600 seconds"
    assert ask(rule, 1, now=1199) is None
    assert ask(rule, 1, now=1200) is not None


def test_a_snapshot_by_the_clock_leaves_the_threshold_armed() -> None:
    rule = rules(every="1m", threshold="200M")
    assert ask(rule, 195, now=60).startswith("every")
    assert ask(rule, 201, now=61).startswith("threshold")


def test_rules_that_are_due_together_are_all_told_the_most_important_first() -> None:
    rule = rules(every="1m", threshold="200M", growth="50M")
    due = rule.due(60, 250 * MB, (), 0)
    assert [keyword for keyword, _ in due] == ["threshold", "growth", "every"]


def test_limits_count_and_keep_apart_but_for_the_last() -> None:
    limits = Limits(2, 60)
    assert limits.allow("every", 0)
    limits.note("every", 0, is_there=True)
    assert not limits.allow("every", 59)
    assert limits.allow("every", 59, is_last=True)
    assert limits.allow("every", 60)
    limits.note("every", 60, is_there=True)
    assert not limits.allow("every", 1000)
    assert not limits.allow("every", 1000, is_last=True)
    assert limits.anew().allow("every", 0)


def test_each_rule_has_its_own_count_and_says_once_that_it_is_used_up(
    capfd: pytest.CaptureFixture[str],
) -> None:
    limits = Limits(1, 60)
    limits.note("every", 0, is_there=True)
    assert not limits.allow("threshold", 59)
    assert limits.allow("threshold", 60)
    assert capfd.readouterr().err == ""
    assert not limits.allow("every", 60)
    assert not limits.allow("every", 120)
    assert capfd.readouterr().err == (
        "heapsnap: no further snapshot by HEAPSNAP_EVERY: it has taken 1, "
        "the limit of each rule (HEAPSNAP_LIMIT)\n"
    )


def test_what_could_not_be_taken_is_tried_again_later_and_later() -> None:
    limits = Limits(1, 90)
    now, waits = 0, []
    for _ in range(9):
        limits.note("threshold", now, is_there=False)
        waits.append(next(wait for wait in range(10_000) if limits.allow("threshold", now + wait)))
        now += waits[-1]
    assert waits == [90, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    limits.note("threshold", now, is_there=True)
    assert not limits.allow("threshold", now + 10_000)
    assert limits.allow("growth", now + 90)


def test_after_a_failure_all_is_still_due() -> None:
    rule = rules(threshold="200M", growth="50M", every="1m")
    due = rule.due(60, 250 * MB, (), 0)
    rule.note_failure(1)
    assert rule.due(61, 250 * MB, (), 1) == due
    rule.note("threshold", 61, 250 * MB)
    assert rule.due(62, 250 * MB, (), 2) == []
