"""Servers that OpenSSH cannot play: with a password of their own, or bending the protocol as some devices do."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import paramiko
import pytest
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
    cMSG_CHANNEL_SUCCESS,
)

from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import FollowUp, Target
from tests.ssh_server import make_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecmpaudit.model import Capture

PASSWORD = "only for this test"  # noqa: S105 - it protects nothing
KEY_PASSPHRASE = "unlocks the key"  # noqa: S105 - as above
PASSPHRASE_VARIABLE = "LAB_PASSPHRASE"  # noqa: S105 - a variable's name
TEXT = b"192.0.2.0/24 via 198.51.100.1\n"


class OddServer(paramiko.ServerInterface):
    """Lets in by password; runs a command by a given function, in a thread of its own."""

    def __init__(self, answer: Callable[[paramiko.Channel], None], method: str) -> None:
        self.answer = answer
        self.method = method

    def get_allowed_auths(self, username: str) -> str:
        """Return the one method."""
        del username
        return self.method

    def check_auth_password(self, username: str, password: str) -> int:
        """Let `audit` in."""
        is_right = (self.method, username, password) == ("password", "audit", PASSWORD)
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> int | paramiko.server.InteractiveQuery:
        """Ask `audit` one question."""
        del submethods
        if username != "audit":
            return AUTH_FAILED
        return paramiko.server.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        """Let in by the right answer."""
        return AUTH_SUCCESSFUL if responses == [PASSWORD] else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Open sessions only."""
        del chanid
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        """Reply at once, then answer; paramiko would reply only after this, too late for a quick answer."""
        del command
        reply = paramiko.Message()
        reply.add_byte(cMSG_CHANNEL_SUCCESS)
        reply.add_int(channel.remote_chanid)
        transport_of(channel)._send_user_message(reply)  # type: ignore[attr-defined]  # not in the stubs
        threading.Thread(target=self._answer, args=(channel,)).start()
        return True

    def _answer(self, channel: paramiko.Channel) -> None:
        # The client may close the connection as soon as it has what it wants.
        with suppress(OSError, EOFError, paramiko.SSHException):
            self.answer(channel)


def transport_of(channel: paramiko.Channel) -> paramiko.Transport:
    transport = channel.get_transport()
    assert transport is not None
    return transport


def answer_well(channel: paramiko.Channel) -> None:
    channel.sendall(TEXT)
    channel.send_exit_status(0)
    channel.shutdown_write()
    channel.close()


@contextmanager
def odd_server(
    tmp_path: Path, answer: Callable[[paramiko.Channel], None] = answer_well, method: str = "password"
) -> Iterator[Target]:
    """Yield the target for one server that takes one connection."""
    key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n", encoding="utf-8")
        transports: list[paramiko.Transport] = []

        def serve() -> None:
            transports.append(paramiko.Transport(listener.accept()[0]))
            transports[0].add_server_key(key)
            transports[0].start_server(threading.Event(), OddServer(answer, method))

        thread = threading.Thread(target=serve)
        thread.start()
        yield Target(
            "tor1",
            "127.0.0.1",
            port,
            "audit",
            commands=("show",),
            known_hosts=known_hosts,
            ssh_config=tmp_path / "none",
            password_env="LAB_SECRET",  # noqa: S106 - a variable's name
            command_timeout=1,
        )
        thread.join()
        transports[0].close()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none").write_text("", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.delenv("LAB_SECRET", raising=False)


def only(captures: list[Capture]) -> Capture:
    (capture,) = captures
    return capture


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
def test_password_is_taken_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, method=method) as target:
        capture = only(collect([target]))
    assert (capture.text, capture.failure) == (TEXT.decode(), None)


def test_password_is_asked_for_where_the_environment_has_none(tmp_path: Path) -> None:
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return PASSWORD

    with odd_server(tmp_path) as target:
        assert only(collect([target], ask_password=ask)).failure is None
    assert prompts == ["Password of audit@127.0.0.1: "]


@pytest.mark.parametrize(
    "password,reason",
    [
        pytest.param("wrong", "tried the password in LAB_SECRET; the server accepts password", id="wrong"),
        pytest.param(
            "", "no key and no password to try; LAB_SECRET is not set; the server accepts password", id="none"
        ),
    ],
)
def test_refused_password_is_reported_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str, reason: str
) -> None:
    monkeypatch.setenv("LAB_SECRET", password)
    with odd_server(tmp_path) as target:
        failure = only(collect([target])).failure
    assert failure is not None
    assert reason in failure
    assert "wrong" not in failure


def test_password_of_the_target_is_never_offered_to_a_jump_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path) as jump:
        (tmp_path / "config").write_text(f"Host tor9\nProxyJump audit@127.0.0.1:{jump.port}\n", encoding="utf-8")
        behind = replace(jump, host="tor9", port=22, ssh_config=tmp_path / "config")
        failure = only(collect([behind])).failure
    assert failure is not None
    assert failure.startswith("authentication as audit at 127.0.0.1 port")
    assert "failed: no key and no password to try; the server accepts password" in failure


@pytest.mark.sshd
@pytest.mark.parametrize("is_right", [True, False], ids=["right passphrase", "wrong passphrase"])
def test_passphrase_of_a_key_is_never_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_right: bool) -> None:
    received: list[str] = []

    def record(self: OddServer, username: str, password: str) -> int:
        del self, username
        received.append(password)
        return AUTH_FAILED

    monkeypatch.setattr(OddServer, "check_auth_password", record)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, KEY_PASSPHRASE if is_right else "wrong")
    monkeypatch.setenv("LAB_SECRET", "the password")
    key = make_key(tmp_path / "key", passphrase=KEY_PASSPHRASE)
    with odd_server(tmp_path, method="publickey,password") as target:
        failure = only(collect([replace(target, key=key, passphrase_env=PASSPHRASE_VARIABLE)])).failure
    assert received == ["the password"]
    assert failure is not None
    assert (f"tried key {key}, the password in LAB_SECRET" in failure) is is_right


def close_without_end_of_file(channel: paramiko.Channel) -> None:
    channel.sendall(TEXT)
    channel.send_exit_status(0)
    channel.eof_sent = True
    channel.close()


def test_channel_closed_without_end_of_file_is_complete_by_its_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, close_without_end_of_file) as target:
        capture = only(collect([target]))
    assert (capture.text, capture.exit_status, capture.failure) == (TEXT.decode(), 0, None)


def break_after_the_exit_status(channel: paramiko.Channel) -> None:
    """The exit status overtakes the output, as it may; then the connection is lost."""
    channel.send_exit_status(0)
    channel.sendall(TEXT)
    transport = transport_of(channel)
    transport.packetizer.close()
    transport.sock.close()


def test_exit_status_proves_nothing_if_the_connection_broke_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, break_after_the_exit_status) as target:
        capture = only(collect([target]))
    assert capture.failure is not None
    assert capture.failure.startswith("cut off")


def close_without_exit_status(channel: paramiko.Channel) -> None:
    channel.sendall(TEXT)
    channel.close()


def test_channel_closed_without_exit_status_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, close_without_exit_status) as target:
        capture = only(collect([target]))
    assert capture.failure is not None
    assert capture.failure.startswith("cut off: no exit status arrived")
    assert capture.text == TEXT.decode()


def test_request_that_is_never_answered_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: OddServer, channel: paramiko.Channel, command: bytes) -> bool:
        del self, command
        # The server's own thread waits, so no reply goes out until the client has given up.
        return not channel.status_event.wait(3)

    monkeypatch.setattr(OddServer, "check_channel_exec_request", never)
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    began = time.monotonic()
    with odd_server(tmp_path) as target:
        failure = only(collect([target])).failure
        assert time.monotonic() - began < 2.5
    assert failure is not None
    assert failure.startswith("timed out: the server did not accept the command in time")


def never_end(channel: paramiko.Channel) -> None:
    channel.status_event.wait(10)


def hang_on_call(numbers: set[int]) -> Callable[[paramiko.Channel], None]:
    """Return an answer that never ends for the commands with these numbers, from 1, and is good for the others."""
    calls = itertools.count(1)

    def answer(channel: paramiko.Channel) -> None:
        if next(calls) in numbers:
            never_end(channel)
        else:
            answer_well(channel)

    return answer


def failures(captures: list[Capture]) -> list[str | None]:
    """Return each capture's failure up to its first comma or semicolon."""
    return [re.split("[,;]", capture.failure)[0] if capture.failure else None for capture in captures]


def test_after_two_commands_that_timed_out_the_host_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    commands = ("one", "two", "three", "four", "five")
    with odd_server(tmp_path, hang_on_call({2, 3})) as target:
        captures = collect([replace(target, commands=commands, command_timeout=1)])
    assert failures(captures) == [
        None,
        "timed out: no complete answer within 1 s",
        "timed out: no complete answer within 1 s",
        "not asked: 2 earlier commands timed out",
        "not asked: 2 earlier commands timed out",
    ]


def test_one_command_that_timed_out_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, hang_on_call({1})) as target:
        captures = collect([replace(target, commands=("one", "two", "three"), command_timeout=1)])
    assert failures(captures) == ["timed out: no complete answer within 1 s", None, None]


def test_the_time_of_a_host_bounds_its_commands_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, hang_on_call({2})) as target:
        captures = collect([replace(target, commands=("one", "two", "three"), command_timeout=30, host_timeout=3)])
    first, second, third = (capture.failure for capture in captures)
    assert first is None
    assert second is not None
    assert second.startswith("timed out: ")
    assert second.endswith("see host_timeout")
    assert third == "not asked: the host's 3 s were over; see host_timeout"


def test_follow_ups_are_bounded_by_the_time_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    names = [f"bgp{number}" for number in range(200)]
    follow_up = FollowUp("list", re.compile(r"(\w+)"), ("show {name}",))

    def answer(channel: paramiko.Channel) -> None:
        time.sleep(0.2)
        channel.sendall("\n".join([*names, ""]).encode())
        channel.send_exit_status(0)
        channel.close()

    began = time.monotonic()
    with odd_server(tmp_path, answer) as target:
        captures = collect(
            [replace(target, commands=("list",), follow_ups=(follow_up,), command_timeout=30, host_timeout=3)]
        )
    assert time.monotonic() - began < 20  # all of them would take 40 s
    assert [capture.command for capture in captures] == ["list", *(f"show {name}" for name in names)]
    assert captures[-1].failure == "not asked: the host's 3 s were over; see host_timeout"


def test_standard_error_that_comes_faster_than_it_is_read_times_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = time.monotonic() + 10
    monkeypatch.setattr(paramiko.Channel, "recv_stderr_ready", lambda _: time.monotonic() < end)
    monkeypatch.setattr(paramiko.Channel, "recv_stderr", lambda _, size: b"x" * size)
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    with odd_server(tmp_path, never_end) as target:
        failure = only(collect([target])).failure
        assert time.monotonic() < end - 5
    assert failure == "timed out: no complete answer within 1 s, 0 bytes received; see command_timeout"
