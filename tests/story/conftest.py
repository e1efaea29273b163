"""Runs of the story's program, made once and read by several tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.story.mariadb import Database, missing_programs, private_mariadb
from tests.story.run import Run, run_two_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A real server of our own."""
    if missing := missing_programs():
        pytest.skip(f"not installed here: {', '.join(missing)} (Debian: mariadb-server)")
    with private_mariadb(tmp_path_factory.mktemp("mariadb")) as database:
        yield database


@pytest.fixture(
    scope="session", params=["embedded", pytest.param("mariadb", marks=pytest.mark.mariadb)]
)
def database_flags(request: pytest.FixtureRequest) -> list[str]:
    """The flags that choose the server that the program talks to."""
    if request.param == "embedded":
        return []
    database: Database = request.getfixturevalue("mariadb")
    return database.arguments()


@pytest.fixture(scope="session")
def leaking(database_flags: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The leak of the story: cycles that nobody collects."""
    return run_two_rounds(tmp_path_factory.mktemp("leaking"), database_flags)


@pytest.fixture(scope="session")
def registered(database_flags: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same cursors, held by a module's list as well."""
    return run_two_rounds(tmp_path_factory.mktemp("registered"), ["--registry", *database_flags])


@pytest.fixture(scope="session")
def fixed(database_flags: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The repaired program."""
    return run_two_rounds(tmp_path_factory.mktemp("fixed"), ["--fixed", *database_flags])
