"""Fixtures of several test modules: a fresh history in each of the databases; and which worker runs a test, and when.

Four workers share two cores, since the tests of the lab and of cron mostly wait. Polars gets one thread in each: small
tables are read a fifth quicker.
"""

from __future__ import annotations

import gc
import logging
import os
from typing import TYPE_CHECKING

import pytest

from tests.postgresql_server import PostgresqlServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")
_SHARED = ("browser", "packaging", "postgresql")
"""Markers of tests that share a browser, a wheel or a server: one worker has all of them, so that each is made once."""
_FIRST = ("lab/states", "lab/scans", "waiting")
"""Groups that the workers start with: they take longest and mostly wait, so the other workers have the processors."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep together what shares a fixture that costs seconds; let workers start with what takes longest."""
    for item in items:
        for name in _SHARED:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(name))
    if hasattr(config, "workerinput"):  # only in a worker of pytest-xdist
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Return the place of a test: first the groups that take long, then other groups, then single tests."""
    marker = item.get_closest_marker("xdist_group")
    if marker is None:
        return len(_FIRST) + 1
    return _FIRST.index(marker.args[0]) if marker.args[0] in _FIRST else len(_FIRST)


def pytest_collection_finish() -> None:
    """Let the garbage collector skip what was imported and collected: it lives until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """Undo what `-v` sets in a command that runs in this process, so that no later test logs the text of devices."""
    logger = logging.getLogger("ecmpaudit")
    level = logger.level
    yield
    logger.setLevel(level)


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
