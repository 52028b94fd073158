"""OpenSSH's own client as a transport, against real servers: what comes back, and how each failure is reported."""

from __future__ import annotations

import getpass
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.transports.openssh import Master
from tests.ssh_server import SshServer, free_port, make_key, run, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture

pytestmark = pytest.mark.sshd


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with key pairs: `authorized`, `stranger`, and `ca`, which has signed `certified`."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("authorized", "stranger", "ca", "certified"):
        make_key(folder / name)
    run(
        "ssh-keygen",
        "-q",
        "-s",
        str(folder / "ca"),
        "-I",
        "audit",
        "-n",
        getpass.getuser(),
        str(folder / "certified.pub"),
    )
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[SshServer]:
    authorized = (keys / "authorized.pub").read_text(encoding="utf-8")
    authority = (keys / "ca.pub").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("sshd") / "server"
    with ssh_server(folder, f"{authorized}cert-authority {authority}") as running:
        yield running


@pytest.fixture
def target(server: SshServer, keys: Path, tmp_path: Path) -> Target:
    known_hosts = tmp_path / "known hosts 100%"
    known_hosts.write_text(server.known_hosts_line(), encoding="utf-8")
    (tmp_path / "ssh_config").write_text("IdentitiesOnly yes\n", encoding="utf-8")
    return Target(
        name="tor1",
        host=server.address,
        port=server.port,
        user=getpass.getuser(),
        key=keys / "authorized",
        platform="frr",
        commands=("echo hello",),
        known_hosts=known_hosts,
        ssh_config=tmp_path / "ssh_config",
        transport="openssh",
        connect_timeout=10,
        command_timeout=20,
    )


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Neither a folder nor a client outlives a scan."""
    folder = Path(tempfile.mkdtemp(prefix="e", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(folder))
        patched.delenv("SSH_AUTH_SOCK", raising=False)
        yield
    assert list(folder.glob("ecmpaudit-ssh-*")) == []
    assert str(folder) not in run("ps", "-eo", "args")
    run("rm", "-r", str(folder))


def only(captures: list[Capture]) -> Capture:
    (capture,) = captures
    return capture


def failure_of(target: Target, **options: object) -> str:
    capture = only(collect([target], **options))  # type: ignore[arg-type]  # the options are collect's own
    assert capture.failure is not None, capture
    return capture.failure


def test_commands_are_answered_over_one_connection(target: Target) -> None:
    commands = ("echo $SSH_CONNECTION", "printf 'two\\r\\n'; echo no >&2", "echo $SSH_CONNECTION")
    first, second, third = collect([replace(target, commands=commands)])
    assert (second.text, second.exit_status, second.failure) == ("two\r\n", 0, None)
    assert first.text
    assert first.text == third.text
    assert first.source == "ssh tor1: echo $SSH_CONNECTION"


def test_the_prefix_is_words_and_no_shell(target: Target) -> None:
    prefix = ("env", "WORD=two; $(words)", "sh", "-c")
    capture = only(collect([replace(target, command_prefix=prefix, commands=("'echo \"$WORD\"'",))]))
    assert (capture.text, capture.failure) == ("two; $(words)\n", None)


@pytest.mark.parametrize(
    "command,exit_status,failure,kind",
    [
        ("echo part; echo no >&2; exit 3", 3, "the command failed with exit status 3: no", "exit status"),
        ("no-such-vtysh", 127, "no such command (exit status 127", "unknown command"),
        ("echo part; kill -9 $$", None, "cut off: no exit status arrived", "cut short"),
        ("echo 'sudo: no terminal' >&2; exit 1", 1, "exit status 1: sudo: no terminal", "sudo"),
        ("echo $$; sleep 20", None, "timed out: no complete answer within 1 s", "timed out"),
    ],
)  # fmt: skip
def test_a_command_that_fails_is_reported_and_costs_the_next_nothing(
    target: Target, command: str, exit_status: int | None, failure: str, kind: str
) -> None:
    seconds = 1 if "sleep" in command else 20
    failed, after = collect([replace(target, command_timeout=seconds, commands=(command, "echo after"))])
    assert failed.failure is not None
    assert failure in failed.failure
    assert (failed.exit_status, kind_of(failed.failure).kind) == (exit_status, kind)
    assert (after.text, after.failure) == ("after\n", None)


def test_a_connection_that_is_cut_is_no_complete_answer(target: Target) -> None:
    cut, not_asked = collect([replace(target, commands=("echo one; kill -9 $PPID; sleep 5", "echo after"))])
    assert cut.failure is not None
    assert cut.failure.startswith("cut off: ")
    assert not_asked.failure == "not asked: the connection was lost during an earlier command"


def test_a_certificate_logs_in(target: Target, keys: Path) -> None:
    assert only(collect([replace(target, key=keys / "certified")])).text == "hello\n"


def test_match_exec_of_the_users_configuration_counts(target: Target, server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_text(
        f'Match originalhost leaf1 exec "test -d {tmp_path}"\n  HostName {server.address}\n  Port {server.port}\n',
        encoding="utf-8",
    )
    assert only(collect([replace(target, host="leaf1", port=None)])).text == "hello\n"


def test_an_unknown_host_is_refused_and_accepted_by_name_alone(target: Target) -> None:
    assert target.known_hosts is not None
    target.known_hosts.write_text("", encoding="utf-8")
    failure = failure_of(target, accept_new=frozenset({"tor2"}))
    assert failure.startswith("host key of 127.0.0.1 is not known: ")
    assert "`ecmpaudit scan --accept-new tor1`" in failure
    assert target.known_hosts.read_text(encoding="utf-8") == ""
    assert only(collect([target], accept_new=frozenset({"tor1"}))).text == "hello\n"
    assert only(collect([target])).text == "hello\n"


@pytest.mark.parametrize(
    "line,kind",
    [("changed", "host key changed"), ("@revoked", "host key revoked")],
)
def test_a_host_key_that_is_not_the_known_one_is_refused(
    target: Target, server: SshServer, keys: Path, line: str, kind: str
) -> None:
    other = (keys / "stranger.pub").read_text(encoding="utf-8")
    lines = {"changed": f"{server.label} {other}", "@revoked": f"@revoked {server.known_hosts_line()}"}
    assert target.known_hosts is not None
    target.known_hosts.write_text(lines[line], encoding="utf-8")
    assert kind_of(failure_of(target, accept_new=frozenset({"tor1"}))).kind == kind


def test_a_wrong_key_is_reported(target: Target, keys: Path) -> None:
    failure = failure_of(replace(target, key=keys / "stranger"))
    assert failure.startswith(f"authentication as {getpass.getuser()} at 127.0.0.1 failed: ")
    assert "Permission denied (publickey)" in failure


@contextmanager
def listening(*answers: bytes) -> Iterator[int]:
    """Yield the port of a server that gives these first bytes to one client each, and then closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            for answer in answers:
                with server.accept()[0] as client:
                    client.settimeout(10)
                    client.sendall(answer)
                    client.recv(100)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_server_of_another_protocol_is_reported(target: Target) -> None:
    with listening(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 2000, b"\0" * 70000) as port:
        failure = failure_of(replace(target, port=port))
    assert kind_of(failure).kind == "banner"
    assert failure.endswith("(tried twice)")


def test_a_server_that_never_speaks_times_out(target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        failure = failure_of(replace(target, port=mute.getsockname()[1], connect_timeout=1))
    assert time.monotonic() - began < 10
    assert failure.startswith("timed out: ")
    assert kind_of(failure).kind == "timed out"


def test_a_port_that_is_closed_is_reported(target: Target) -> None:
    port = free_port()
    failure = failure_of(replace(target, port=port))
    remedy = "does sshd run and listen there? (tried twice)"
    assert failure == f"connection refused by 127.0.0.1 port {port}: {remedy}"


def test_a_name_that_does_not_exist_is_reported(target: Target) -> None:
    failure = failure_of(replace(target, host="router.invalid"))
    assert failure.startswith("name 'router.invalid' not found")


def test_a_configuration_that_ssh_cannot_read_is_reported(target: Target, tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_text("Nonsense yes\n", encoding="utf-8")
    failure = failure_of(target)
    assert kind_of(failure).kind == "configuration"
    assert "Bad configuration option: nonsense" in failure


def test_a_configuration_that_was_named_must_exist(target: Target, tmp_path: Path) -> None:
    failure = failure_of(replace(target, ssh_config=tmp_path / "gone"))
    assert failure == f"ssh configuration {tmp_path / 'gone'}: No such file or directory"


def test_a_host_that_is_an_option_is_refused(target: Target) -> None:
    failure = failure_of(replace(target, host="-oProxyCommand=touch x"))
    assert failure.startswith("expected a host name or an address")


def test_a_machine_without_ssh_says_so(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    failure = "the program ssh is not installed: install openssh-client, or set `transport: paramiko`"
    assert failure_of(target) == failure


def test_a_target_is_reached_through_two_jump_hosts(
    target: Target, server: SshServer, keys: Path, tmp_path: Path
) -> None:
    """The server is reached through itself, twice; each login is checked against the same known_hosts."""
    (tmp_path / "ssh_config").write_text(
        f"IdentityFile {keys}/authorized\nHost one two\nHostName {server.address}\nPort {server.port}\n",
        encoding="utf-8",
    )
    user = getpass.getuser()
    assert only(collect([replace(target, jump=f"{user}@one, {user}@two")])).text == "hello\n"
    log = (server.folder / "log").read_text(encoding="utf-8")
    assert log.count("Accepted publickey") >= 3
    broken = failure_of(replace(target, port=free_port(), jump="one"))
    assert broken.startswith("the jump host could not reach 127.0.0.1: ")
    assert kind_of(broken).kind == "not connected"
    loop = failure_of(replace(target, jump=f"{server.address}:{server.port}"))
    assert kind_of(loop).kind == "configuration"


def test_a_server_without_sessions_to_spare_says_so(tmp_path: Path, target: Target, keys: Path) -> None:
    """MaxSessions 0 lets a client log in, and refuses every session."""
    authorized = (keys / "authorized.pub").read_text(encoding="utf-8")
    with ssh_server(tmp_path / "none", authorized, settings="MaxSessions 0\n") as server:
        assert target.known_hosts is not None
        target.known_hosts.write_text(server.known_hosts_line(), encoding="utf-8")
        failure = failure_of(replace(target, port=server.port))
    assert failure.startswith("the server did not run the command (MaxSessions?): ssh says ")
    assert "refused" in failure


def test_the_end_of_a_run_ends_the_client(target: Target) -> None:
    began = time.monotonic()
    (capture,) = collect([replace(target, commands=("sleep 30",))], until=began + 1.5)
    assert time.monotonic() - began < 10
    assert capture.failure == "no answer: the run's deadline was over (--deadline)"


def test_an_interrupt_leaves_no_client(target: Target) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        collect([target, replace(target, name="tor2", commands=("sleep 30",), connect_timeout=11)], on_answer=interrupt)
    assert time.monotonic() - began < 10


def test_a_master_that_takes_no_sessions_is_not_connected_and_ends(tmp_path: Path) -> None:
    """A master whose connection was lost may live on for a moment."""
    (tmp_path / "config").touch()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as lingering:
        assert not Master(lingering, tmp_path).is_connected("127.0.0.1")
        assert lingering.returncode is not None
