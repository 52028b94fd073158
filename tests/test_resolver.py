"""A resolver that does not answer holds up neither a login nor the end of a run."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.tcp import ConnectionFailedError, tcp_connection
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = 60
"""Seconds; what is bounded takes a small part of it."""


@pytest.fixture
def _no_answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    released = threading.Event()

    def wait(*_: object, **__: object) -> list[Any]:
        released.wait(LONG)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    yield
    released.set()


@pytest.mark.usefixtures("_no_answer")
def test_a_name_that_is_not_resolved_in_time_is_reported() -> None:
    began = time.monotonic()
    with pytest.raises(
        CollectionError, match=r"^timed out: name 'tor1' not resolved within 0\.5 s; see connect_timeout"
    ):
        tcp_connection("tor1", 22, 0.5, Stop())
    assert time.monotonic() - began < LONG / 2


@pytest.mark.usefixtures("_no_answer")
def test_the_deadline_of_the_run_ends_a_look_up(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    target = Target("tor1", commands=("show",), ssh_config=tmp_path / "config", connect_timeout=LONG)
    began = time.monotonic()
    (capture,) = collect([target], until=began + 0.5)
    assert time.monotonic() - began < LONG / 2
    assert capture.failure == "no answer: the run's deadline was over (--deadline)"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_is_resolved_as_ever(address: str) -> None:
    with pytest.raises(ConnectionFailedError, match=f"{address} port 1"):
        tcp_connection(address, 1, 10, Stop())
