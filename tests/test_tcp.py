"""The TCP connection to a host: its addresses in turn, the time for each, and the reason where none takes one."""

from __future__ import annotations

import errno
import queue
import select
import socket
from types import SimpleNamespace
from typing import cast

import pytest

from ecmpaudit.collectors import tcp
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.tcp import ConnectionFailedError, tcp_connection
from ecmpaudit.errors import CollectionError

FOUR = (socket.AF_INET, ("192.0.2.1", 22))
SIX = (socket.AF_INET6, ("2001:db8::1", 22, 0, 0))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the clock of these connections, at 100 s, which only a test moves on."""
    moved = SimpleNamespace(now=100.0)
    monkeypatch.setattr(tcp, "time", SimpleNamespace(monotonic=lambda: moved.now))
    return moved


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: object) -> None:
    monkeypatch.setattr(tcp, "_looked_up", lambda *_: list(addresses))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_listener_is_connected_to(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as listener,
        tcp_connection(host, listener.getsockname()[1], 10, Stop()) as connection,
    ):
        assert connection.getpeername()[:2] == listener.getsockname()[:2]


@pytest.mark.parametrize(
    "number,reason",
    [
        (errno.ECONNREFUSED, "connection refused by 192.0.2.1 port 22: does sshd run and listen there?"),
        (errno.EHOSTUNREACH, "no route to 192.0.2.1 port 22 (No route to host)"),
        (errno.ENETUNREACH, "no route to 192.0.2.1 port 22 (Network is unreachable)"),
        (errno.ETIMEDOUT, "timed out: no TCP connection to 192.0.2.1 port 22 within 10 s; see connect_timeout"),
        (errno.EPERM, "no TCP connection to 192.0.2.1 port 22: Operation not permitted"),
    ],
)
def test_a_connection_that_fails_has_its_reason(monkeypatch: pytest.MonkeyPatch, number: int, reason: str) -> None:
    resolve_to(monkeypatch, FOUR)
    monkeypatch.setattr(tcp, "_connect", lambda *_: number)
    with pytest.raises(ConnectionFailedError) as failed:
        tcp_connection("tor1", 22, 10.0, Stop())
    assert str(failed.value) == reason


def test_the_addresses_of_a_host_share_its_time(monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace) -> None:
    tried: list[tuple[object, float]] = []

    def connect(connection: socket.socket, address: object, seconds: float, _: Stop) -> int:
        tried.append((connection.family, seconds))
        assert address in {FOUR[1], SIX[1]}
        clock.now += 2.0
        return errno.ETIMEDOUT

    resolve_to(monkeypatch, FOUR, SIX)
    monkeypatch.setattr(tcp, "_connect", connect)
    with pytest.raises(ConnectionFailedError) as failed:
        tcp_connection("tor1", 22, 10.0, Stop())
    assert tried == [(socket.AF_INET, 5.0), (socket.AF_INET6, 8.0)]
    assert str(failed.value) == (
        "timed out: no TCP connection to 192.0.2.1 port 22 within 5 s; see connect_timeout; "
        "timed out: no TCP connection to 2001:db8::1 port 22 within 5 s; see connect_timeout"
    )


def test_an_address_that_fails_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, SIX, FOUR)
    monkeypatch.setattr(tcp, "_connect", lambda connection, *_: 0 if connection.family == socket.AF_INET else 111)
    with tcp_connection("tor1", 22, 10.0, Stop()) as connection:
        assert connection.family == socket.AF_INET


@pytest.mark.parametrize(
    "error,said",
    [
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (UnicodeError("label empty or too long"), "label empty or too long"),
    ],
)
def test_a_name_that_is_not_found_is_reported_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(CollectionError) as failed:
        tcp_connection("tor1", 22, 10.0, Stop())
    assert str(failed.value) == (
        f"name 'tor1' not found ({said}): set `host` in ecmpaudit.yaml, or HostName in the ssh configuration"
    )


def test_a_name_is_looked_up_until_the_deadline_and_not_longer(
    monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace
) -> None:
    """The resolver never answers: each wait for it takes a quarter of a second."""

    def get(timeout: float) -> None:
        assert timeout > 0
        clock.now += 0.25
        raise queue.Empty

    answers = SimpleNamespace(put=lambda _: None, get=get)
    monkeypatch.setattr(tcp, "queue", SimpleNamespace(SimpleQueue=lambda: answers, Empty=queue.Empty))
    with pytest.raises(CollectionError, match=r"^timed out: name 'tor1' not resolved within 1 s; see connect_timeout$"):
        tcp_connection("tor1", 22, 1.0, Stop())
    assert clock.now == 101.0


def test_an_address_that_a_resolver_names_twice_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in (SIX, FOUR, SIX)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(tcp, "_connect", lambda *_: errno.ECONNREFUSED)
    with pytest.raises(ConnectionFailedError) as failed:
        tcp_connection("tor1", 22, 10.0, Stop())
    assert str(failed.value).count("refused by 2001:db8::1 port 22") == 1


def connecting(number: int) -> socket.socket:
    """Return a socket that is played: connecting gives this number at once, and in the end an error of 113."""

    def connect(_: object) -> int:
        assert blocking == [False]
        return number

    blocking: list[bool] = []
    played = SimpleNamespace(setblocking=blocking.append, connect_ex=connect, getsockopt=lambda *_: errno.EHOSTUNREACH)
    return cast("socket.socket", played)


def poll_until(monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace, seconds: float | None) -> None:
    """Let a connection be made or refused after these seconds, or never."""

    def poll(milliseconds: float) -> bool:
        clock.now += milliseconds / 1000
        return seconds is not None and clock.now >= 100.0 + seconds

    poller = SimpleNamespace(register=lambda *_: None, poll=poll)
    monkeypatch.setattr(tcp, "select", SimpleNamespace(poll=lambda: poller, POLLOUT=select.POLLOUT))


@pytest.mark.parametrize(
    "at_once,after,number,now",
    [
        pytest.param(0, None, 0, 100.0, id="connected at once"),
        pytest.param(errno.ECONNREFUSED, None, errno.ECONNREFUSED, 100.0, id="refused at once"),
        pytest.param(errno.EINPROGRESS, 0.5, errno.EHOSTUNREACH, 100.6, id="unreachable after a while"),
        pytest.param(errno.EINPROGRESS, None, errno.ETIMEDOUT, 101.0, id="no answer until the deadline"),
    ],
)
def test_a_connection_is_waited_for_until_its_deadline(
    monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace, at_once: int, after: float | None, number: int, now: float
) -> None:
    poll_until(monkeypatch, clock, after)
    assert tcp._connect(connecting(at_once), FOUR[1], 0.9, Stop()) == number
    assert clock.now == pytest.approx(now)


def test_a_connection_is_given_up_at_its_deadline_and_not_later(
    monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace
) -> None:
    clock.now = 0.0
    poll_until(monkeypatch, clock, None)
    assert tcp._connect(connecting(errno.EINPROGRESS), FOUR[1], 0.2, Stop()) == errno.ETIMEDOUT
    assert clock.now == pytest.approx(0.2)


def test_a_connection_is_not_waited_for_when_the_run_is_ended(
    monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace
) -> None:
    poll_until(monkeypatch, clock, None)
    stop = Stop()
    stop.now()
    with pytest.raises(CollectionError, match=r"^interrupted$"):
        tcp._connect(connecting(errno.EINPROGRESS), FOUR[1], 60.0, stop)
    assert clock.now == pytest.approx(100.2)
