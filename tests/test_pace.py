"""Connections are begun at the rate that is given, none in step with another, and end with the run."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors import host_connection, pace
from ecmpaudit.collectors.host_connection import KeptConnections
from ecmpaudit.collectors.pace import Pace, jittered
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Clock:
    """A clock that is played, and a run that waits by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.waited: list[float] = []
        monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: self.now))

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.waited.append(seconds)
        self.now += seconds


def test_between_two_connections_is_the_time_that_the_rate_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    monkeypatch.setattr(pace, "jittered", lambda seconds: seconds)
    given = Pace(4)
    for _ in range(5):
        given.wait(clock)  # type: ignore[arg-type]  # it waits as a Stop does
    assert clock.waited == [0.25] * 4
    clock.now += 60
    given.wait(clock)  # type: ignore[arg-type]  # as above
    assert clock.waited == [0.25] * 4


def test_without_a_rate_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    for _ in range(100):
        Pace().wait(clock)  # type: ignore[arg-type]  # as above
    assert clock.waited == []


def test_times_differ_by_up_to_a_half() -> None:
    times = [jittered(2.0) for _ in range(1000)]
    assert 1.0 <= min(times) < 1.2
    assert 2.8 < max(times) <= 3.0


def test_the_end_of_the_run_ends_the_waiting() -> None:
    stop, slow = Stop(), Pace(0.01)
    slow.wait(stop)
    timer = threading.Timer(0.2, stop.now)
    timer.start()
    began = time.monotonic()
    with pytest.raises(CollectionError, match="interrupted"):
        slow.wait(stop)
    assert time.monotonic() - began < 10


def test_a_scan_begins_its_connections_at_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []

    @contextmanager
    def opened(*_: object) -> Iterator[None]:
        begun.append(time.monotonic())
        raise CollectionError("refused")
        yield

    monkeypatch.setattr(host_connection, "TRANSPORTS", {"paramiko": opened})
    targets = [Target(f"tor{number}", commands=("show",)) for number in range(6)]
    collect(targets, jobs=6, kept=KeptConnections((), connect_rate=10))
    assert max(begun) - min(begun) > 0.2  # five times at least half of 0.1 s
