"""What the runs of `ecmpaudit serve` leave in memory, as objects: bytes also depend on the allocator and its load."""

from __future__ import annotations

import gc
import logging
import signal
import time
from collections import Counter
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine

from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.cli.main import GARBAGE_THRESHOLDS
from ecmpaudit.commands import serve as server
from ecmpaudit.commands.options import (
    AlertOptions,
    CollectionOptions,
    HistoryOptions,
    ReportOptions,
    ServeOptions,
)
from ecmpaudit.commands.scan import scanned
from tests.scanned_router import scanned_router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.model import Audit

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.sshd
_WARM_UP, _RUNS = 3, 8
"""Runs that import and cache, and those after them that have to leave nothing."""
_CONNECTION_KEPT = 6.0
"""Seconds, more than the timers of the server's connections have."""
_OWNERS = ("ecmpaudit", "sqlalchemy", "polars", "paramiko", "starlette", "jinja2", "pydantic", "prometheus_client")
"""Packages whose objects are counted; Python's own also have timers of connections and what it caches of classes."""
_PAGES = ("/", "/metrics", "/explain/172.31.1.1", "/api/v1/runs", "/api/v1/what-if?lose=node1")


class Counted:
    """Scans as the server does, and counts what is in memory when a run begins."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.port = 0
        self.engines: list[int] = []
        """Databases that are open or garbage that nobody collected."""
        self.types: list[Counter[type]] = []

    def scan(self, *arguments: Any, **named: Any) -> Audit:
        """Count, read the pages of the last run, and scan."""
        objects = gc.get_objects()
        self.engines.append(sum(isinstance(each, Engine) for each in objects))
        del objects
        if len(self.engines) in {_WARM_UP + 1, _WARM_UP + _RUNS + 1}:
            time.sleep(_CONNECTION_KEPT)  # until then, a timer may keep a connection that was closed
            gc.collect()
            self.types.append(Counter(map(type, gc.get_objects())))
        if len(self.engines) == _WARM_UP + _RUNS + 1:
            raise SystemExit(0)
        self.port = self.port or int(self.capsys.readouterr().out.rstrip("/\n").rpartition(":")[2])
        for page in _PAGES if len(self.engines) > 1 else ():
            self.read(page)
        return scanned(*arguments, **named)

    def read(self, page: str) -> None:
        """Read a page of the server."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", page)
        assert connection.getresponse().status == 200
        connection.close()


@pytest.fixture
def _as_in_its_own_process() -> Iterator[None]:
    """Collect garbage as rarely as the program does, and undo what it does with signals."""
    thresholds = gc.get_threshold()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    yield
    gc.set_threshold(*thresholds)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_as_in_its_own_process")
def test_a_run_and_its_pages_leave_no_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = Counted(capsys)
    monkeypatch.setattr(server, "scanned", counted.scan)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's, beside which the command adds none
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    serving = ServeOptions(("127.0.0.1", 0), interval=0.01, jitter=0)
    with scanned_router(tmp_path) as router, pytest.raises(SystemExit):
        server.serve(
            serving,
            CollectionOptions(deadline=60),
            ScopeOptions(router.folder / "ecmpaudit.yaml"),
            ReportOptions(quiet=True),
            HistoryOptions(record=True, place=str(tmp_path / "history.db")),
            AlertOptions(),
        )
    assert counted.engines[0] == max(counted.engines)
    grown = counted.types[1] - counted.types[0]
    left = {kind: number for kind, number in grown.items() if number >= _RUNS}
    assert {kind for kind in left if kind.__module__.partition(".")[0] in _OWNERS} == set()
