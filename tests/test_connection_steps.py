"""The steps of a connection, with a transport that is played: key exchange, host key, jump host, agent and run."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import paramiko
import pytest
from paramiko.ssh_exception import IncompatiblePeer

from ecmpaudit.collectors import agent, connection, host_connection, ssh
from ecmpaudit.collectors.agent import Agent
from ecmpaudit.collectors.connection import Access
from ecmpaudit.collectors.host_keys import HostKey, KnownHosts, KnownKey
from ecmpaudit.collectors.key_files import Secrets
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.ssh_config import Endpoint
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.tcp import ConnectionFailedError
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTER = Endpoint("tor1", "192.0.2.1", 22, "audit", "tor1", ())
JUMP = Endpoint("jump", "192.0.2.9", 22, "audit", "jump", (), is_jump=True)
KEY = HostKey("ssh-ed25519", b"a key")
NO_KEYS = KnownHosts((Path("/known_hosts"),), ())


# The byte stream to a host


def via(error: Exception | None, asked: list[tuple[object, ...]]) -> paramiko.Transport:
    """Return a jump host that is played: it opens a channel, or refuses to."""

    def open_channel(*request: object, timeout: float) -> str:
        asked.append((*request, timeout))
        if error:
            raise error
        return "channel"

    return cast("paramiko.Transport", SimpleNamespace(open_channel=open_channel))


def test_a_jump_host_is_asked_for_the_target_and_gets_no_port_of_this_machine() -> None:
    asked: list[tuple[object, ...]] = []
    assert str(connection._link(ROUTER, via(None, asked), 10.0, Stop())) == "channel"
    assert asked == [("direct-tcpip", ("192.0.2.1", 22), ("127.0.0.1", 0), 10.0)]


@pytest.mark.parametrize(
    "error,said",
    [
        (paramiko.ChannelException(2, "Connect failed"), "Connect failed"),
        (paramiko.SSHException("Timeout opening channel."), "Timeout opening channel."),
        (EOFError(), "EOFError"),
    ],
)
def test_a_jump_host_that_reaches_nothing_is_reported(error: Exception, said: str) -> None:
    with pytest.raises(ConnectionFailedError) as failed:
        connection._link(ROUTER, via(error, []), 10.0, Stop())
    assert str(failed.value) == f"the jump host could not reach 192.0.2.1 port 22: {said}"


# The key exchange


class _Exchange:
    """A transport that ends its key exchange after some waits for it, or never; each wait takes a quarter second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, waits: int = 1000, error: Exception | None = None) -> None:
        self.now, self.waits, self.error = 100.0, waits, error
        self.is_alive = error is None
        self.options = SimpleNamespace(key_types=("ssh-ed25519", "rsa-sha2-512"))
        monkeypatch.setattr(connection, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(connection, "threading", SimpleNamespace(Event=lambda: SimpleNamespace(wait=self._wait)))

    def _wait(self, _: float) -> bool:
        self.waits -= 1
        self.now += 0.25
        return self.waits < 0

    def get_security_options(self) -> SimpleNamespace:
        return self.options

    def start_client(self, event: object) -> None:
        assert event

    def is_active(self) -> bool:
        return self.is_alive

    def get_exception(self) -> Exception | None:
        return self.error

    def exchange(self, seconds: float, known: KnownHosts = NO_KEYS, stop: Stop | None = None) -> None:
        connection._exchange_keys(cast("paramiko.Transport", self), ROUTER, known, seconds, stop or Stop())


def test_a_key_exchange_may_take_its_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    _Exchange(monkeypatch, waits=3).exchange(1.0)


def test_a_key_exchange_that_does_not_end_is_given_up_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    played = _Exchange(monkeypatch)
    with pytest.raises(CollectionError) as failed:
        played.exchange(1.0)
    assert str(failed.value) == (
        "timed out: 192.0.2.1 port 22 took the connection, but the SSH key exchange did not end within 1 s; is it an "
        "SSH server? See connect_timeout"
    )
    assert played.now == 101.0


def test_a_key_exchange_is_not_waited_for_when_the_run_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop()
    stop.now("no answer: the deadline was over")
    with pytest.raises(CollectionError, match=r"^no answer: the deadline was over$"):
        _Exchange(monkeypatch).exchange(1.0, stop=stop)


def test_the_key_type_that_is_known_is_negotiated_first(monkeypatch: pytest.MonkeyPatch) -> None:
    played = _Exchange(monkeypatch, waits=0)
    known = KnownKey(None, ("tor1",), HostKey("ssh-rsa", b"a key"), Path("/known_hosts"), 1)
    played.exchange(1.0, KnownHosts((), (known,)))
    assert played.options.key_types == ("rsa-sha2-512", "ssh-ed25519")


CLOSED = (
    "connection closed by 192.0.2.1 port 22 before the SSH key exchange ended (not an SSH server, or too many "
    "connections: MaxStartups)"
)


@pytest.mark.parametrize(
    "error,reason,is_tried_again",
    [
        pytest.param(EOFError(), CLOSED, True, id="end"),
        pytest.param(ConnectionResetError(), CLOSED, True, id="reset"),
        pytest.param(paramiko.SSHException("Error reading SSH protocol banner"), CLOSED, True, id="no banner"),
        pytest.param(
            IncompatiblePeer("no acceptable host key"),
            "192.0.2.1 port 22 and this program have no algorithm in common: no acceptable host key",
            False,
            id="no algorithm in common",
        ),
        pytest.param(
            paramiko.SSHException("Signature verification (ssh-ed25519) failed."),
            "SSH key exchange with 192.0.2.1 port 22 failed: Signature verification (ssh-ed25519) failed.",
            False,
            id="wrong signature",
        ),
    ],
)
def test_a_key_exchange_that_fails_has_its_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str, *, is_tried_again: bool
) -> None:
    with pytest.raises(CollectionError) as failed:
        _Exchange(monkeypatch, waits=0, error=error).exchange(1.0)
    assert (str(failed.value), isinstance(failed.value, ConnectionFailedError)) == (reason, is_tried_again)


def test_a_connection_that_is_closed_without_an_error_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    played = _Exchange(monkeypatch, waits=0)
    played.is_alive = False
    with pytest.raises(ConnectionFailedError) as failed:
        played.exchange(1.0)
    assert str(failed.value) == CLOSED


# The host key


def check(endpoint: Endpoint, target: Target, known: KnownHosts, accepted: str = "") -> None:
    """Check the host key of an endpoint whose server shows KEY; `accepted` is a target that was named for that."""
    shown = SimpleNamespace(get_name=lambda: KEY.type, asbytes=lambda: KEY.blob)
    transport = cast("paramiko.Transport", SimpleNamespace(get_remote_server_key=lambda: shown))
    access = Access(Secrets(None), Stop(), frozenset({accepted}))
    connection._check_host_key(transport, endpoint, connection._Visit(target, access, known, ExitStack()))


def test_a_key_that_is_known_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    check(ROUTER, Target("tor1"), KnownHosts((file,), (KnownKey(None, ("tor1",), KEY, file, 1),)), accepted="tor1")
    assert not file.exists()


def test_an_unknown_key_is_written_down_for_the_target_that_was_named(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    check(ROUTER, Target("tor1"), KnownHosts((file,), ()), accepted="tor1")
    assert file.read_text(encoding="utf-8") == "tor1 ssh-ed25519 YSBrZXk=\n"


@pytest.mark.parametrize(
    "endpoint,accepted,remedies",
    [
        (ROUTER, "tor2", "`ssh audit@tor1` once or `ecmpaudit scan --accept-new tor1`"),
        (JUMP, "tor1", "`ssh audit@jump` once"),
    ],
    ids=["another target was named", "jump host of the target that was named"],
)
def test_an_unknown_key_is_refused_and_not_written_down(
    tmp_path: Path, endpoint: Endpoint, accepted: str, remedies: str
) -> None:
    file = tmp_path / "known_hosts"
    with pytest.raises(CollectionError) as refused:
        check(endpoint, Target("tor1"), KnownHosts((file,), ()), accepted=accepted)
    assert str(refused.value).endswith(f"verify this fingerprint on the device, then run {remedies}")
    assert not file.exists()


@pytest.mark.parametrize(
    "target,port,command",
    [
        (Target("tor1"), 22, "ssh audit@tor1"),
        (Target("tor1"), 23, "ssh -p 23 audit@tor1"),
        (Target("tor1", ssh_config=Path("/lab config")), 22, "ssh -F '/lab config' audit@tor1"),
        (Target("tor1", known_hosts=Path("/known")), 22, "ssh -o UserKnownHostsFile=/known audit@tor1"),
    ],
)
def test_the_command_that_asks_for_the_host_key_uses_the_same_files(target: Target, port: int, command: str) -> None:
    endpoint = Endpoint("tor1", "192.0.2.1", port, "audit", "tor1", ())
    with pytest.raises(CollectionError) as refused:
        check(endpoint, target, NO_KEYS)
    assert f"then run `{command}` once or" in str(refused.value)


# The ssh agent


def test_without_an_agent_there_are_no_keys_and_no_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in (None, str(tmp_path / "gone")):
        if path is None:
            monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        else:
            monkeypatch.setenv("SSH_AUTH_SOCK", path)
        without = Agent(Stop(), seconds=1.0)
        assert (tuple(without.get_keys()), without.problem) == ((), None)


@pytest.mark.parametrize("deadline,is_received", [(100.0, False), (100.5, True)])
def test_an_agent_is_not_waited_for_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch, deadline: float, *, is_received: bool
) -> None:
    monkeypatch.setattr(agent, "time", SimpleNamespace(monotonic=lambda: 100.0))
    own, other = socket.socketpair()
    with own, other:
        other.sendall(b"answer")
        waiting = agent._Connection(own, Stop())
        waiting.deadline = deadline
        if is_received:
            assert waiting.recv(100) == b"answer"
        else:
            with pytest.raises(TimeoutError):
                waiting.recv(100)


# The run


@pytest.mark.parametrize("given,most", [({"jobs": 0}, 1), ({"jobs": 1}, 1), ({"jobs": 3}, 3), ({}, 10)])
def test_at_most_so_many_targets_are_asked_at_once(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, int], most: int
) -> None:
    """As many as may be asked at once wait for each other; one more than that is waited for in vain."""
    asking: set[str] = set()
    largest = 0
    together, too_many = threading.Barrier(most), threading.Event()

    @contextmanager
    def connected(target: Target, _: Access) -> Iterator[None]:
        nonlocal largest
        asking.add(target.name)
        largest = max(largest, len(asking))
        if len(asking) > most:
            too_many.set()
        together.wait(timeout=10)
        too_many.wait(timeout=0.05)
        asking.remove(target.name)
        raise CollectionError("refused")
        yield

    monkeypatch.setattr(host_connection, "TRANSPORTS", {"paramiko": connected})
    targets = [Target(f"tor{number}", commands=("show",)) for number in range(2 * most)]
    captures = collect(targets, **given)  # type: ignore[arg-type]  # the number of jobs alone
    assert [capture.failure for capture in captures] == ["refused"] * (2 * most)
    assert largest == most


@pytest.mark.parametrize(
    "first,second,failure,tries",
    [
        pytest.param(CollectionError("no"), None, "no", 1, id="no use in trying again"),
        pytest.param(ConnectionFailedError("a"), ConnectionFailedError("b"), "a (tried twice)", 2, id="fails twice"),
        pytest.param(ConnectionFailedError("a"), CollectionError("no"), "no", 2, id="fails otherwise"),
    ],
)
def test_a_connection_that_fails_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, first: Exception, second: Exception, failure: str, tries: int
) -> None:
    errors = [first, second]
    tried: list[str] = []

    @contextmanager
    def connected(target: Target, _: Access) -> Iterator[None]:
        tried.append(target.name)
        raise errors.pop(0)
        yield

    monkeypatch.setattr(host_connection, "TRANSPORTS", {"paramiko": connected})
    monkeypatch.setattr(ssh, "RETRY_AFTER", 0.0)
    captures = collect([Target("tor1", commands=("one", "two")), Target("tor2")])
    assert [(c.command, c.failure, c.is_given_up) for c in captures] == [
        ("one", failure, False),
        ("two", failure, False),
    ]
    assert tried == ["tor1"] * tries


def test_at_the_deadline_what_runs_is_ended_and_what_waits_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def connected(_: Target, access: Access) -> Iterator[None]:
        access.stop.sleep(30)
        yield

    monkeypatch.setattr(host_connection, "TRANSPORTS", {"paramiko": connected})
    targets = [Target(f"tor{number}", commands=("show",)) for number in (1, 2)]
    began = time.monotonic()
    captures = collect(targets, jobs=1, until=began + 0.05)
    assert time.monotonic() - began < 15
    assert [(capture.failure, capture.is_given_up) for capture in captures] == [
        ("no answer: the run's deadline was over (--deadline)", True),
        ("not asked: the run's deadline was over (--deadline)", True),
    ]
