"""What several test modules share: a fresh history in each of the databases, and who runs beside whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.postgresql_server import PostgresqlServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_TOGETHER = ("lab", "browser", "postgresql", "cron")
"""Markers of tests that share what is started once: with several workers, one of them runs all of a kind."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each kind to one worker of pytest-xdist; the lab then runs beside everything else."""
    for item in items:
        for kind in _TOGETHER:
            if item.get_closest_marker(kind):
                item.add_marker(pytest.mark.xdist_group(kind))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A real server of this session's own, on a socket in a temporary folder."""
    with PostgresqlServer.started() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def history_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The place of a history that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database()
