"""The answer to one command, from a peer that is played: what counts as complete, and the reason where it does not."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import paramiko
import pytest

from ecmpaudit.collectors.answer import Answer, Limit
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.protocol_errors import silence_paramiko
from ecmpaudit.collectors.transports import paramiko_ssh
from ecmpaudit.collectors.transports.paramiko_ssh import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KIB_64 = 65_536


class _Peer:
    """A connection with one channel, on which everything is received that a case gives."""

    def __init__(
        self,
        *output: bytes | Exception,
        errors: Sequence[bytes] = (),
        exit_status: int = 0,
        closes: str = "eof_received",
        is_active: bool = True,
    ) -> None:
        self.output = list(output)
        self.errors = list(errors)
        self.exit_status = exit_status
        self.eof_received, self.eof_sent = closes == "eof_received", closes == "eof_sent"
        self.is_connected = is_active
        self.status_event = threading.Event()
        self.status_event.set()
        self.sent: list[str] = []

    @contextmanager
    def open_session(self, timeout: float) -> Iterator[_Peer]:
        del timeout
        yield self

    def exec_command(self, command_line: str) -> None:
        self.sent.append(command_line)

    def is_active(self) -> bool:
        return self.is_connected

    def settimeout(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass

    def recv(self, size: int) -> bytes:
        piece = self.output.pop(0) if self.output else b""
        if isinstance(piece, Exception):
            raise piece
        assert len(piece) <= size
        return piece

    def recv_stderr_ready(self) -> bool:
        return bool(self.errors)

    def recv_stderr(self, size: int) -> bytes:
        assert len(self.errors[0]) <= size
        return self.errors.pop(0)


def asked(peer: _Peer, *, seconds: float = 60.0, largest: int = 1000) -> Answer:
    """Return the answer to `show`."""
    limit, output = Limit(seconds, "command_timeout", largest), AnswerBudget().buffer()
    return ask(cast("paramiko.Transport", peer), "show", limit=limit, output=output)


@pytest.mark.parametrize("closes", ["eof_received", "eof_sent"])
def test_an_answer_is_complete_where_the_server_closed_it_with_status_0(closes: str) -> None:
    peer = _Peer(b"one\n", TimeoutError(), b"two\n", errors=[b"a warning"], closes=closes)
    assert asked(peer) == Answer("one\ntwo\n", 0, failure=None, is_timeout=False, is_given_up=False)
    assert peer.sent == ["show"]


CUT_OFF = "cut off: no exit status arrived, connection lost or command killed; 4 bytes received"


@pytest.mark.parametrize(
    "peer,exit_status,failure",
    [
        pytest.param(_Peer(b"one\n", closes="never"), None, CUT_OFF, id="end without a close"),
        pytest.param(_Peer(b"one\n", exit_status=-1), None, CUT_OFF, id="close without a status"),
        pytest.param(_Peer(b"one\n", exit_status=1), 1, "the command failed with exit status 1: one", id="status 1"),
        pytest.param(_Peer(exit_status=125), 125, "the command failed with exit status 125", id="status 125"),
        pytest.param(
            _Peer(exit_status=126),
            126,
            "no such command (exit status 126); check platform and command_prefix",
            id="126",
        ),
        pytest.param(
            _Peer(exit_status=127),
            127,
            "no such command (exit status 127); check platform and command_prefix",
            id="127",
        ),
        pytest.param(_Peer(exit_status=128), 128, "the command failed with exit status 128", id="status 128"),
        pytest.param(
            _Peer(b"out", errors=[b"\n \n", b"sudo: \x07no\nmore"], exit_status=1),
            1,
            "the command failed with exit status 1: sudo: ?no",
            id="first line of standard error",
        ),
        pytest.param(
            _Peer(errors=[b"x" * 201], exit_status=1),
            1,
            f"the command failed with exit status 1: {'x' * 200}",
            id="long line",
        ),
        pytest.param(
            _Peer(b"one\n", paramiko.SSHException("Channel closed.")),
            None,
            "the server did not run the command (MaxSessions?): Channel closed.",
            id="refused",
        ),
        pytest.param(
            _Peer(b"one\n", EOFError(), is_active=False),
            None,
            "cut off: the connection was lost before the exit status arrived; 4 bytes received",
            id="connection lost",
        ),
    ],
)
def test_an_incomplete_answer_has_its_reason(peer: _Peer, exit_status: int | None, failure: str) -> None:
    received = asked(peer)
    assert (received.exit_status, received.failure) == (exit_status, failure)
    assert not received.is_timeout


@pytest.mark.parametrize("seconds,is_late", [(0.0, True), (0.5, False)])
def test_an_answer_that_arrives_at_the_end_of_its_time_is_late(
    monkeypatch: pytest.MonkeyPatch, seconds: float, is_late: bool
) -> None:
    monkeypatch.setattr(paramiko_ssh, "time", SimpleNamespace(monotonic=lambda: 100.0))
    received = asked(_Peer(b"one\n"), seconds=seconds)
    assert received.is_timeout is is_late
    expected = "timed out: no complete answer within 0 s, 0 bytes received; see command_timeout"
    assert received.failure == (expected if is_late else None)


@pytest.mark.parametrize(
    "seconds,failure",
    [
        (60.0, "timed out: the server did not accept the command in time, 0 bytes received; see command_timeout"),
        (60.5, "the server did not run the command (MaxSessions?): Channel closed."),
    ],
)
def test_a_channel_that_is_closed_at_the_end_of_the_time_is_late(
    monkeypatch: pytest.MonkeyPatch, seconds: float, failure: str
) -> None:
    """At the deadline the channel is closed from this side, so the error is not the server's."""
    times = [100.0, 100.0, 160.0]
    monkeypatch.setattr(
        paramiko_ssh, "time", SimpleNamespace(monotonic=lambda: times.pop(0) if times[1:] else times[0])
    )
    monkeypatch.setattr(paramiko_ssh, "_is_lost", lambda _: False)
    peer = _Peer()
    monkeypatch.setattr(peer, "exec_command", _refuse)
    assert asked(peer, seconds=seconds).failure == failure


def _refuse(_: str) -> None:
    raise paramiko.SSHException("Channel closed.")


def test_an_answer_of_the_largest_size_is_complete_and_a_larger_one_is_cut() -> None:
    assert asked(_Peer(b"x" * 600, b"x" * 400)) == Answer("x" * 1000, 0)
    cut = asked(_Peer(b"x" * 600, b"x" * 401))
    assert (len(cut.text), cut.failure) == (1000, "answer is larger than 1000 bytes and was cut there; ask for less")


def test_of_an_answer_that_failed_the_last_64_kib_are_kept() -> None:
    failed = asked(_Peer(b"start", b"x" * KIB_64, exit_status=1), largest=KIB_64 * 2)
    assert failed.text == "x" * KIB_64
    assert len(asked(_Peer(b"start", b"x" * KIB_64), largest=KIB_64 * 2).text) == KIB_64 + 5


@pytest.mark.parametrize("blanks,said", [(KIB_64 - 1, ": x"), (KIB_64, "")])
@pytest.mark.parametrize("is_stderr", [True, False], ids=["standard error", "output"])
def test_a_complaint_is_searched_for_in_the_first_64_kib(*, blanks: int, said: str, is_stderr: bool) -> None:
    complaint = b"\n" * blanks + b"x"
    peer = _Peer(exit_status=1, errors=[complaint]) if is_stderr else _Peer(complaint, exit_status=1)
    assert asked(peer, largest=KIB_64 * 2).failure == f"the command failed with exit status 1{said}"


def test_the_log_of_paramiko_is_kept_from_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("paramiko")
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(logger, "handlers", [])
    for _ in range(2):
        silence_paramiko()
        assert ([type(handler) for handler in logger.handlers], logger.propagate) == ([logging.NullHandler], False)
