"""Fixtures of several test modules: a fresh history in each of the databases; and which tests run on which worker.

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
from tests.samples import sampled, seed_of
from tests.scheduling import Groups, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

os.environ.setdefault("POLARS_MAX_THREADS", "1")


_SEED = pytest.StashKey[str | None]()


def pytest_configure(config: pytest.Config) -> None:
    """Note the seed of the samples; a worker of pytest-xdist has that of its controller."""
    config.stash[_SEED] = config.workerinput["seed"] if hasattr(config, "workerinput") else seed_of(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Give a worker of pytest-xdist the seed."""
    node.workerinput["seed"] = node.config.stash[_SEED]


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that samples are taken, and of which seed."""
    seed = config.stash[_SEED]
    return seed and f"large tables of cases: a sample of each (SAMPLE_SEED={seed}); SAMPLE_SEED=all takes all"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the samples, and let the workers of pytest-xdist start with what takes longest."""
    if seed := config.stash[_SEED]:
        kept = sampled(items, seed)
        config.hook.pytest_deselected(items=[*({*items} - {*kept})])
        items[:] = kept
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Keep together what shares something that costs seconds."""
    config.option.loadscopereorder = False  # the order is that of `turn_of`
    return Groups(config, log)


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
