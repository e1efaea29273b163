"""What can be set, by keyword and by variable, and what happens to values that cannot be."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from heapsnap.agent import settings
from heapsnap.agent.settings import Share

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "environment.md"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, _, _ in settings.SETTINGS.values():
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1.5G", 3 << 29), ("200M", 200 << 20), ("200MiB", 200 << 20), ("64kb", 65536), (1000, 1000)],
)
def test_sizes_are_written_as_people_write_them(text: object, size: int) -> None:
    assert settings.read_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-5M", "0", "nan", "inf", "5X", "80%", True, "1e30"])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a size such as 1.5G, found"):
        settings.read_size(text)


def test_a_share_is_told_from_a_size() -> None:
    share = settings.read_size_or_share("80%")
    assert isinstance(share, Share)
    assert share == 0.8
    assert not isinstance(settings.read_size_or_share("80M"), Share)
    for wrong in ("0%", "100%", "-1%", "x%"):
        with pytest.raises(ValueError, match="expected a share"):
            settings.read_size_or_share(wrong)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400), (0.5, 0.5)]
)
def test_times_have_units(text: object, seconds: float) -> None:
    assert settings.read_duration(text) == seconds


@pytest.mark.parametrize("text", ["0", "0s", " 0.0 ", "0h", 0, 0.0])
def test_no_time_between_two_and_no_clock_are_zero(
    text: object, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEAPSNAP_EVERY", "1h")
    chosen = settings.gather({"cooldown": text, "every": text})
    assert (chosen.cooldown, chosen.every, chosen.has_rules) == (0, None, False)
    monkeypatch.setenv("HEAPSNAP_EVERY", str(text))
    monkeypatch.setenv("HEAPSNAP_COOLDOWN", str(text))
    chosen = settings.gather({})
    assert (chosen.cooldown, chosen.every) == (0, None)
    assert capfd.readouterr().err == ""
    for keyword in ("poll", "stand_in"):
        with pytest.raises(ValueError, match="expected a time such as 10m"):
            settings.gather({keyword: text})
    for wrong in ("-1", "", "x", False):
        with pytest.raises(ValueError, match="expected a time such as 10m"):
            settings.gather({"cooldown": wrong})


def test_a_ballast_is_a_flag_or_a_size() -> None:
    assert settings.read_ballast("0") == 0
    assert settings.read_ballast(True) == 64 << 20
    assert settings.read_ballast("8M") == 8 << 20


def test_a_command_is_split_into_words_and_may_be_words() -> None:
    assert settings.read_command("aws s3 cp %f 's3://my bucket/'") == [
        "aws", "s3", "cp", "%f", "s3://my bucket/",
    ]  # fmt: skip
    assert settings.read_command(["/bin/echo", Path("/a b")]) == ["/bin/echo", "/a b"]
    for wrong in ("", "'", []):
        with pytest.raises(ValueError, match="expected a command|No closing quotation"):
            settings.read_command(wrong)


def test_a_keyword_wins_over_the_variable_and_the_variable_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEAPSNAP_LIMIT", "7")
    monkeypatch.setenv("HEAPSNAP_KEEP", "9")
    chosen = settings.gather({"keep": 2, "limit": None})
    assert (chosen.keep, chosen.limit, chosen.cooldown) == (2, 7, 60.0)


def test_a_wrong_variable_is_a_line_that_names_it_and_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "HEAPSNAP_SIGNAL": "FOO", "HEAPSNAP_NAME": "a/%p", "HEAPSNAP_GZIP": "maybe",
        "HEAPSNAP_THRESHOLD": "much", "HEAPSNAP_EVERY": "often", "HEAPSNAP_LIMIT": "1.5",
        "HEAPSNAP_HOOK": "'",
    }  # fmt: skip
    for variable, text in wrong.items():
        monkeypatch.setenv(variable, text)
    chosen = settings.gather({})
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == len(wrong)
    for variable in wrong:
        assert sum(line.startswith(f"heapsnap: {variable}: ") for line in lines) == 1
    assert (chosen.signal, chosen.gzip, chosen.threshold) == (10, False, None)
    assert chosen.name == "heapsnap-%h-%p-%t-%n.json"


def test_a_wrong_keyword_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="^threshold: expected a size such as 1.5G, found 'much'$"):
        settings.gather({"threshold": "much"})


def test_signals_have_names_numbers_and_places_among_the_real_time_ones() -> None:
    assert settings.gather({"signal": "sigusr2"}).signal == 12
    assert settings.gather({"signal": "RTMIN+2"}).signal == 36
    assert settings.gather({"signal": "10"}).signal == 10
    assert settings.gather({"signal": "off"}).signal == 0
    for wrong in ("USR1+1", "RTMIN+x", "RTMIN+99", "BLOCK", "", "32", 999):
        with pytest.raises(ValueError, match="there is no signal named"):
            settings.gather({"signal": wrong})


@pytest.mark.parametrize(
    "name", ["KILL", "STOP", "SEGV", "BUS", "FPE", "ILL", "ABRT", "CHLD", "IOT", "CLD"]
)
def test_a_signal_that_cannot_ask_for_anything_is_refused_by_name(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for given in (f"SIG{name}", name.lower(), getattr(signal, f"SIG{name}")):
        with pytest.raises(ValueError, match=r"^signal [A-Z]+ cannot ask for a snapshot: "):
            settings.gather({"signal": given})
    monkeypatch.setenv("HEAPSNAP_SIGNAL", name)
    monkeypatch.setenv("HEAPSNAP_EVERY", "1h")
    chosen = settings.gather({})
    assert (chosen.signal, chosen.every) == (signal.SIGUSR1, 3600)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("heapsnap: HEAPSNAP_SIGNAL: signal ")


def test_a_variable_that_is_unknown_is_named_once_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "_told", set())
    monkeypatch.setenv("HEAPSNAP_TRESHOLD", "80%")
    monkeypatch.setenv("HEAPSNAP_COLOUR", "red")
    settings.gather({})
    settings.gather({})
    assert capfd.readouterr().err.splitlines() == [
        "heapsnap: HEAPSNAP_COLOUR: there is no such variable",
        "heapsnap: HEAPSNAP_TRESHOLD: there is no such variable; is HEAPSNAP_THRESHOLD meant?",
    ]


def test_every_variable_that_heapsnap_and_its_tests_use_is_known(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout = Path(__file__).resolve().parents[2]
    sources = [
        path
        for folder in ("heapsnap", "tests", "docs", ".ci")
        for path in (checkout / folder).rglob("*")
        if path.suffix in {".py", ".md", ".pth", ".sh"} and path != Path(__file__)
    ]
    named = {
        name
        for path in sources
        for name in re.findall(r"\bHEAPSNAP_[A-Z_]*[A-Z]\b", path.read_text())
    }
    assert {"HEAPSNAP_TEST_PYTHONS", "HEAPSNAP_LONG", "HEAPSNAP_INDEX", "HEAPSNAP_KEEP"} <= named
    for name in named:
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(settings, "_told", set())
    settings.gather({})
    assert capfd.readouterr().err == ""


def test_every_variable_is_in_the_table_of_the_docs_and_none_else() -> None:
    told = set(re.findall(r"^\| `(HEAPSNAP_\w+)` \|", DOCUMENTED.read_text(), re.MULTILINE))
    assert told == {variable for variable, _, _ in settings.SETTINGS.values()} | {settings.START}


def test_no_other_place_of_the_agent_reads_the_environment() -> None:
    folder = Path(settings.__file__).parent
    readers = {
        path.name
        for path in folder.rglob("*.py")
        if re.search(r"environ(\.get|\[)|getenv", path.read_text())
    }
    # autoload asks whether it is wanted at all; its variable's name stands in settings. What
    # quick asks for is no setting of a snapshot: it writes the same bytes either way.
    assert readers == {"settings.py", "autoload.py", "quick.py"}
