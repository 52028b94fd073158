"""Signals to `ecmpaudit serve` at any moment, and what is answered meanwhile."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from ecmpaudit.history.database import BUSY_SECONDS
from tests.scanned_router import scanned_router
from tests.test_serve import served, waited_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgresql_server import PostgresqlServer
    from tests.scanned_router import ScannedRouter
    from tests.test_serve import Server

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.sshd
_BOUND = 45.0
"""Seconds within which a server has to end: SQLite waits 30 s for another writer, and machines are slow."""
_RECORDING = 0x65636D70
"""Key of the advisory lock of recording, `ecmp` in ASCII."""


@pytest.fixture(name="router")
def _router(tmp_path: Path) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path) as router:
        yield router


def runs_of(server: Server) -> float:
    """Return how many runs have ended."""
    kinds = ("complete", "incomplete", "failed", "skipped")
    return sum(server.metric("ecmpaudit_serve_runs_total", outcome=kind) or 0 for kind in kinds)


def ended(server: Server) -> tuple[int, str]:
    """Send SIGTERM, and return the exit code and standard error."""
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(_BOUND)
    assert server.process.stderr is not None
    return code, server.process.stderr.read()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.4, 1.0])
def test_both_signals_at_any_moment_of_a_run_end_it_in_order(router: ScannedRouter, delay: float) -> None:
    with served(router, "--interval", "1") as server:
        server.process.send_signal(signal.SIGHUP)  # the first run may not have begun
        time.sleep(delay)
        server.process.send_signal(signal.SIGHUP)
        assert ended(server) == (0, "")
    assert router.scan("--record", "--history", str(router.folder / "history.db")).returncode == 0


def test_signals_during_a_run_make_one_further_run_and_readers_have_the_last_one_meanwhile(
    router: ScannedRouter,
) -> None:
    with served(router, "--interval", "1000") as server:
        waited_for(lambda: runs_of(server) == 1)
        router.hang()
        server.process.send_signal(signal.SIGHUP)
        waited_for(lambda: is_asked(router))
        before = {path: server.ask(path).text for path in ("/", "/api/v1/report", "/api/v1/routes", "/api/v1/runs")}
        for _ in range(5):
            server.process.send_signal(signal.SIGHUP)
            began = time.monotonic()
            assert {path: server.ask(path).text for path in before} == before
            assert server.ask("/readyz").status == server.ask("/explain/172.31.1.1").status == 200
            assert server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 1
            assert time.monotonic() - began < _BOUND
        assert is_asked(router)
        router.set_table("172.30.250.105")
        waited_for(lambda: runs_of(server) == 3)
        time.sleep(3)  # longer than the server waits until it looks again
        assert runs_of(server) == 3
        assert len(json.loads(server.ask("/api/v1/runs").text)["runs"]) == 3
        assert server.ask("/").text != before["/"]
        assert ended(server) == (0, "")


def is_asked(router: ScannedRouter) -> bool:
    """Return whether the router is answering a command."""
    answer = str(router.folder / "answer").encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if answer in process.read_bytes():
                return True
    return False


class Held:
    """The write lock of a history, as another process has it while it records."""

    def __init__(self, place: str, locks: ExitStack) -> None:
        self.connection: Any = None
        if "://" in place:
            self.connection = locks.enter_context(psycopg.connect(place))
            self.connection.execute("SELECT pg_advisory_xact_lock(%s)", (_RECORDING,))
        else:
            writer = locks.enter_context(closing(sqlite3.connect(place, isolation_level=None)))
            writer.execute("BEGIN IMMEDIATE")

    def is_waited_for(self, server: Server) -> bool:
        """Return whether the server waits to record: for SQLite, it has the history open for longer than it reads."""
        if self.connection is not None:
            found = self.connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            return bool(found[0])
        looks = []
        for _ in range(4):
            links = [link.readlink() for link in Path(f"/proc/{server.process.pid}/fd").iterdir() if link.is_symlink()]
            looks.append(any(link.name == "history.db-wal" for link in links))
            time.sleep(0.5)
        return all(looks)


def test_sigterm_ends_a_run_that_waits_to_record(router: ScannedRouter, history_place: str) -> None:
    with served(router, "--interval", "1000", ECMPAUDIT_HISTORY=history_place) as server, ExitStack() as locks:
        waited_for(lambda: runs_of(server) == 1)
        held = Held(history_place, locks)
        server.process.send_signal(signal.SIGHUP)
        waited_for(lambda: held.is_waited_for(server))
        began = time.monotonic()
        assert ended(server) == (0, "")
        assert time.monotonic() - began < 0.8 * BUSY_SECONDS
    listed = router.ecmpaudit("history", "--history", history_place, "--format", "json")
    assert [run["run"] for run in json.loads(listed.stdout)["runs"]] == [1]
    assert router.scan("--record", "--history", history_place).returncode == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("path", ["/api/v1/runs", "/explain/172.31.1.1"], ids=["postgresql-runs", "postgresql-explain"])
def test_sigterm_ends_a_server_that_computes_an_answer(
    router: ScannedRouter, postgresql: PostgresqlServer, path: str
) -> None:
    place = postgresql.new_database()
    with served(router, "--interval", "1000", ECMPAUDIT_HISTORY=place) as server, psycopg.connect(place) as other:
        waited_for(lambda: runs_of(server) == 1)
        other.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(target=_ask, args=(server, path), daemon=True)
        asking.start()
        waited_for(lambda: other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (1,))
        began = time.monotonic()
        assert ended(server) == (0, "")
        assert time.monotonic() - began > 3  # an answer that takes less than its patience is given
        asking.join(_BOUND)
        assert not asking.is_alive()


def _ask(server: Server, path: str) -> None:
    with contextlib.suppress(OSError, HTTPException):
        server.ask(path)
