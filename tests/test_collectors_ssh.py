"""Asking real sshd servers on loopback: what comes back, and how each failure is reported."""

from __future__ import annotations

import base64
import getpass
import os
import shlex
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from tests.ssh_server import SshServer, fingerprint, free_port, make_key, run, ssh_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecmpaudit.model import Capture

PASSPHRASE = "only for this test"  # noqa: S105 - it protects nothing
VARIABLE = "LAB_SECRET"
ROUTE = "B>* 192.0.2.0/24 [20/0] via 198.51.100.1, eth0"


pytestmark = pytest.mark.sshd


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with key pairs: `authorized`, `encrypted` (let in too) and `stranger`."""
    folder = tmp_path_factory.mktemp("keys")
    make_key(folder / "authorized")
    make_key(folder / "encrypted", passphrase=PASSPHRASE)
    make_key(folder / "stranger")
    return folder


@pytest.fixture(scope="module")
def authorized(keys: Path) -> str:
    return "".join((keys / f"{name}.pub").read_text(encoding="utf-8") for name in ("authorized", "encrypted"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authorized: str) -> Iterator[SshServer]:
    """Yield an sshd with an ecdsa and an ed25519 host key."""
    folder = tmp_path_factory.mktemp("sshd") / "server"
    with ssh_server(folder, authorized, host_key_types=("ecdsa", "ed25519")) as running:
        yield running


@pytest.fixture(scope="module")
def second_server(tmp_path_factory: pytest.TempPathFactory, authorized: str) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd") / "second", authorized) as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home folder, so that no key, agent or configuration of the person who tests is used."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
        assert not thread.is_alive(), thread


@pytest.fixture
def known_hosts(tmp_path: Path, server: SshServer) -> Path:
    file = tmp_path / "known_hosts"
    file.write_text(server.known_hosts_line(), encoding="utf-8")
    return file


@pytest.fixture
def target(server: SshServer, keys: Path, known_hosts: Path) -> Target:
    return Target(
        name="tor1",
        host=server.address,
        port=server.port,
        key=keys / "authorized",
        platform="frr",
        commands=("echo hello",),
        known_hosts=known_hosts,
        connect_timeout=10,
        command_timeout=20,
    )


def only(captures: list[Capture]) -> Capture:
    (capture,) = captures
    return capture


def failure_of(target: Target, **options: object) -> str:
    """Return why the target's one capture is not complete."""
    capture = only(collect([target], **options))  # type: ignore[arg-type]  # the options are collect's own
    assert capture.failure is not None, capture
    return capture.failure


# Answers


def test_commands_are_answered_in_order(target: Target) -> None:
    captures = collect([replace(target, commands=(f"printf '{ROUTE}\\n'", "printf 'two\\r\\n'; echo no >&2"))])
    assert [(c.text, c.exit_status, c.failure) for c in captures] == [(f"{ROUTE}\n", 0, None), ("two\r\n", 0, None)]
    first = captures[0]
    assert (first.router, first.platform, first.command) == ("tor1", "frr", f"printf '{ROUTE}\\n'")
    assert first.source == f"ssh tor1: printf '{ROUTE}\\n'"
    assert first.is_complete
    assert first.started is not None
    assert first.finished is not None
    assert first.started <= first.finished
    assert first.started.endswith("+00:00")


def test_prefix_is_put_before_the_command(target: Target) -> None:
    capture = only(
        collect([replace(target, command_prefix="env WORD='two words' sh -c", commands=("'echo \"$WORD\"'",))])
    )
    assert capture.text == "two words\n"
    assert capture.command == "'echo \"$WORD\"'"


def test_output_that_is_no_utf8_is_kept_with_replacements(target: Target) -> None:
    capture = only(collect([replace(target, commands=(r"printf 'd\303\251j\340 \377\n'",))]))
    assert (capture.text, capture.failure) == ("déj\ufffd \ufffd\n", None)


@pytest.mark.parametrize(
    "command,exit_status,failure",
    [
        pytest.param("exit 3", 3, "the command failed with exit status 3", id="no words"),
        pytest.param(
            "echo; echo 'sudo: a password\x1b[31m is required' >&2; exit 1",
            1,
            "the command failed with exit status 1: sudo: a password?[31m is required",
            id="its complaint, made printable",
        ),
        pytest.param(
            "echo '% Unknown command'; exit 1", 1, "exit status 1: % Unknown command", id="complaint on stdout"
        ),
        pytest.param("no-such-vtysh", 127, "no such command (exit status 127", id="no such command"),
        pytest.param("/etc", 126, "no such command (exit status 126", id="cannot be run"),
    ],
)
def test_exit_status_other_than_0_is_a_failure(target: Target, command: str, exit_status: int, failure: str) -> None:
    capture = only(collect([replace(target, commands=(command,))]))
    assert capture.exit_status == exit_status
    assert capture.failure is not None
    assert failure in capture.failure


def test_failed_command_costs_the_next_one_nothing(target: Target) -> None:
    first, second = collect([replace(target, commands=("echo part; exit 1", "echo whole"))])
    assert (first.text, first.is_complete) == ("part\n", False)
    assert (second.text, second.is_complete) == ("whole\n", True)


def test_big_answer_arrives_whole(target: Target) -> None:
    size = 50_000_000
    capture = only(collect([replace(target, command_timeout=60, commands=(f"head -c {size} /dev/zero | tr '\\0' x",))]))
    assert capture.failure is None
    text = loaded(capture).text
    assert len(text) == size
    assert text.count("x") == size


def test_much_standard_error_does_not_stop_the_command(target: Target) -> None:
    capture = only(collect([replace(target, commands=("head -c 5000000 /dev/zero >&2; echo done",))]))
    assert (capture.text, capture.failure) == ("done\n", None)


def test_answer_over_the_limit_is_cut_and_incomplete(target: Target) -> None:
    small = replace(target, answer_limit=1000)
    fits, cut = collect([replace(small, commands=("head -c 1000 /dev/zero", "yes"))])
    assert (len(fits.text), fits.failure) == (1000, None)
    assert len(cut.text) == 1000
    assert cut.failure == "answer is larger than 1000 bytes and was cut there; ask for less"


def test_of_an_answer_that_failed_the_end_is_kept(target: Target) -> None:
    (failed,) = collect([replace(target, commands=("head -c 200000 /dev/zero; echo the end; exit 1",))])
    assert (len(failed.text), failed.text[-8:]) == (64 * 1024, "the end\n")


def test_hanging_command_times_out_and_the_next_is_still_asked(target: Target) -> None:
    began = time.monotonic()
    hanging, after = collect([replace(target, command_timeout=2, commands=("echo $$; exec sleep 60", "echo after"))])
    os.kill(int(hanging.text), signal.SIGTERM)
    assert time.monotonic() - began < 10
    assert hanging.failure is not None
    assert hanging.failure.startswith("timed out: no complete answer within 2 s")
    assert hanging.exit_status is None
    assert (after.text, after.failure) == ("after\n", None)


def test_command_that_never_falls_silent_times_out_as_a_whole(target: Target) -> None:
    began = time.monotonic()
    failure = failure_of(replace(target, command_timeout=2, commands=("while :; do echo x; sleep 0.1; done",)))
    assert time.monotonic() - began < 10
    assert "timed out" in failure


def test_connection_cut_in_mid_output_is_never_a_complete_answer(target: Target) -> None:
    # The shell's parent is the test sshd's own process for this session.
    cut, not_asked = collect([replace(target, commands=(f"echo '{ROUTE}'; kill -9 $PPID", "echo after"))])
    assert cut.failure is not None
    assert cut.failure.startswith("cut off")
    assert cut.exit_status is None
    assert not_asked.failure == "not asked: the connection was lost during an earlier command"
    assert not_asked.text == ""


def test_killed_command_is_never_a_complete_answer(target: Target) -> None:
    capture = only(collect([replace(target, commands=(f"echo '{ROUTE}'; kill -9 $$",))]))
    assert capture.text == f"{ROUTE}\n"
    assert capture.exit_status is None
    assert capture.failure is not None
    assert capture.failure.startswith("cut off: no exit status arrived")


# Host keys


def test_unknown_host_is_refused_with_fingerprint_and_remedy(
    target: Target, server: SshServer, known_hosts: Path
) -> None:
    known_hosts.write_text("", encoding="utf-8")
    failure = failure_of(replace(target, user="audit"))
    assert failure.startswith(f"host key of {server.label} is not known")
    assert f"ssh-ed25519 {server.fingerprint()}" in failure
    assert f"`ssh -o UserKnownHostsFile={known_hosts} -p {server.port} audit@127.0.0.1` once" in failure
    assert "`ecmpaudit scan --accept-new tor1`" in failure
    assert known_hosts.read_text(encoding="utf-8") == ""


def test_changed_key_is_refused_with_both_fingerprints_and_remedy(
    target: Target, server: SshServer, second_server: SshServer, known_hosts: Path
) -> None:
    other = second_server.known_hosts_line().replace(second_server.label, server.label)
    known_hosts.write_text(f"# lab\n{other}", encoding="utf-8")
    before = known_hosts.read_bytes()
    failure = failure_of(target, accept_new=frozenset({"tor1"}))
    assert failure.startswith(f"host key of {server.label} changed")
    assert server.fingerprint() in failure
    assert second_server.fingerprint() in failure
    assert f"{known_hosts} line 2" in failure
    assert f"ssh-keygen -R '{server.label}' -f {known_hosts}" in failure
    assert known_hosts.read_bytes() == before


def test_revoked_key_is_refused_though_named_in_accept_new(
    target: Target, server: SshServer, known_hosts: Path
) -> None:
    known_hosts.write_text(f"@revoked {server.known_hosts_line()}", encoding="utf-8")
    assert "@revoked" in failure_of(target, accept_new=frozenset({"tor1"}))


def test_unknown_key_is_accepted_only_for_the_target_named(target: Target, server: SshServer, tmp_path: Path) -> None:
    file = tmp_path / "new" / "known_hosts"
    fresh = replace(target, known_hosts=file)
    assert "is not known" in failure_of(fresh, accept_new=frozenset({"tor2"}))
    assert not file.exists()
    assert only(collect([fresh], accept_new=frozenset({"tor1"}))).text == "hello\n"
    assert file.read_text(encoding="utf-8") == server.known_hosts_line()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert only(collect([fresh])).text == "hello\n"


def test_hashed_known_hosts_are_understood(target: Target, known_hosts: Path, server: SshServer) -> None:
    run("ssh-keygen", "-q", "-H", "-f", str(known_hosts))
    assert server.address not in known_hosts.read_text(encoding="utf-8")
    assert only(collect([target])).text == "hello\n"


def test_known_host_keys_file_of_home_is_the_default(target: Target, server: SshServer, home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line(), encoding="utf-8")
    assert only(collect([replace(target, known_hosts=None)])).text == "hello\n"


@pytest.mark.parametrize("key_type", ["ecdsa", "ed25519"])
def test_host_known_by_one_of_its_keys_shows_that_one(
    target: Target, server: SshServer, known_hosts: Path, key_type: str
) -> None:
    known_hosts.write_text(server.known_hosts_line(key_type), encoding="utf-8")
    assert only(collect([target])).text == "hello\n"


# Authentication


def test_wrong_key_is_reported_with_what_was_tried(target: Target, keys: Path) -> None:
    failure = failure_of(replace(target, user="root", key=keys / "stranger"))
    assert failure.startswith("authentication as root at 127.0.0.1 port ")
    assert f"tried key {keys / 'stranger'}" in failure
    assert "the server accepts publickey" in failure


def test_wrong_user_is_reported(target: Target) -> None:
    assert failure_of(replace(target, user="no-such-user")).startswith("authentication as no-such-user at ")


def test_missing_key_file_is_reported(target: Target, tmp_path: Path) -> None:
    failure = failure_of(replace(target, key=tmp_path / "gone"))
    assert f"no key and no password to try; key {tmp_path / 'gone'}: No such file or directory" in failure


def test_default_keys_of_home_are_used(target: Target, keys: Path, home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_bytes((keys / "authorized").read_bytes())
    assert only(collect([replace(target, key=None)])).text == "hello\n"


def test_encrypted_key_without_passphrase_is_reported(target: Target, keys: Path) -> None:
    failure = failure_of(replace(target, key=keys / "encrypted"))
    assert f"key {keys / 'encrypted'}: encrypted, and no right passphrase was given" in failure


def test_passphrase_is_asked_for_once_in_a_run(target: Target, keys: Path) -> None:
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return PASSPHRASE

    encrypted = replace(target, key=keys / "encrypted")
    captures = collect([encrypted, replace(encrypted, name="tor2", connect_timeout=11)], ask_password=ask)
    assert [capture.text for capture in captures] == ["hello\n", "hello\n"]
    assert prompts == [f"Passphrase of {keys / 'encrypted'}: "]


def test_passphrase_is_taken_from_the_environment(target: Target, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSPHRASE)
    assert only(collect([replace(target, key=keys / "encrypted", passphrase_env=VARIABLE)])).text == "hello\n"


def test_no_key_is_unlocked_with_the_password(target: Target, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", PASSPHRASE)
    failure = failure_of(replace(target, key=keys / "encrypted", password_env="LAB_SECRET"))  # noqa: S106 - a variable's name
    assert "encrypted, and no right passphrase was given; see passphrase_env" in failure


@pytest.mark.parametrize(
    "passphrase,reason",
    [("wrong", "LAB_SECRET is not its passphrase"), ("", "LAB_SECRET is not set")],
    ids=["wrong", "empty"],
)
def test_passphrase_of_the_environment_that_unlocks_nothing_is_reported(
    target: Target, keys: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str, reason: str
) -> None:
    monkeypatch.setenv("LAB_SECRET", passphrase)
    failure = failure_of(replace(target, key=keys / "encrypted", passphrase_env=VARIABLE))
    assert f"key {keys / 'encrypted'}: encrypted, and {reason}" in failure


@pytest.fixture
def agent(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run an ssh-agent that holds the keys `authorized` and `stranger`."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not path.exists():
            assert time.monotonic() < deadline, "ssh-agent made no socket"
            time.sleep(0.01)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        run("ssh-add", "-q", str(keys / "stranger"), str(keys / "authorized"))
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.usefixtures("agent")
def test_agent_key_lets_in(target: Target) -> None:
    assert only(collect([replace(target, key=None)])).text == "hello\n"


@pytest.mark.usefixtures("agent")
def test_key_that_only_the_agent_has_is_named_by_its_public_half(target: Target, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "router.pub").write_bytes((keys / "authorized.pub").read_bytes())
    (tmp_path / "config").write_text("IdentitiesOnly yes\n", encoding="utf-8")
    by_public_half = replace(target, ssh_config=tmp_path / "config", key=tmp_path / "router.pub")
    assert only(collect([by_public_half])).text == "hello\n"


@pytest.mark.usefixtures("agent")
def test_identities_only_keeps_other_agent_keys_back(target: Target, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("IdentitiesOnly yes\n", encoding="utf-8")
    failure = failure_of(replace(target, ssh_config=tmp_path / "config", key=keys / "stranger"))
    assert f"tried key {keys / 'stranger'} from the agent; the server" in failure
    assert fingerprint(keys / "authorized.pub") not in failure


@contextmanager
def odd_agent(path: Path, answer: Callable[[socket.socket], object]) -> Iterator[None]:
    """Listen as an ssh-agent that treats each connection in a thread of its own, until the client ends it."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            answer(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],)).start()

    with socket.socket(socket.AF_UNIX) as listener, pytest.MonkeyPatch.context() as patch:
        listener.bind(str(path))
        listener.listen()
        patch.setenv("SSH_AUTH_SOCK", str(path))
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def never_answer(connection: socket.socket) -> None:
    while connection.recv(1024):
        pass


def test_agent_that_never_answers_costs_half_of_the_time_and_key_files_are_still_tried(
    target: Target, tmp_path: Path
) -> None:
    quick = replace(target, connect_timeout=2)
    with odd_agent(tmp_path / "agent", never_answer):
        assert only(collect([quick])).text == "hello\n"
        began = time.monotonic()
        failure = failure_of(replace(quick, key=None))
        assert time.monotonic() - began < 8
    assert f"the ssh agent at {tmp_path / 'agent'}: no answer in time" in failure


def test_agent_that_hangs_up_is_reported(target: Target, tmp_path: Path) -> None:
    with odd_agent(tmp_path / "agent", lambda connection: connection.recv(1024)):
        assert only(collect([target])).text == "hello\n"
        assert f"the ssh agent at {tmp_path / 'agent'}: lost ssh-agent" in failure_of(replace(target, key=None))


def test_agent_that_lists_a_key_and_never_signs_is_given_up(target: Target, keys: Path, tmp_path: Path) -> None:
    blob = base64.b64decode((keys / "authorized.pub").read_text().split()[1])
    listed = struct.pack(">BII", 12, 1, len(blob)) + blob + struct.pack(">I", 0)

    def list_one_key(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(struct.pack(">I", len(listed)) + listed)
        never_answer(connection)

    began = time.monotonic()
    with odd_agent(tmp_path / "agent", list_one_key):
        failure = failure_of(replace(target, key=None, connect_timeout=2))
        assert time.monotonic() - began < 8
    assert failure.startswith(f"timed out: authentication as {getpass.getuser()} at ")
    assert "did not end in time (tried agent key SHA256:" in failure


def test_deadline_is_kept_though_the_agent_never_answers(target: Target, tmp_path: Path) -> None:
    began = time.monotonic()
    with odd_agent(tmp_path / "agent", never_answer):
        failure = failure_of(replace(target, connect_timeout=60), until=began + 1)
        assert time.monotonic() - began < 5
    assert failure == "no answer: the run's deadline was over (--deadline)"


# The connection


def test_refused_connection_is_tried_twice_and_reported(target: Target) -> None:
    port = free_port()
    failure = failure_of(replace(target, port=port))
    assert failure == f"connection refused by 127.0.0.1 port {port}: does sshd run and listen there? (tried twice)"


def test_server_that_starts_late_is_reached_by_the_retry(
    target: Target, server: SshServer, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first connection is closed before any word, as sshd does over MaxStartups."""
    with socket.create_server(("127.0.0.1", 0)) as relay:
        port = relay.getsockname()[1]
        monkeypatch.setattr("ecmpaudit.collectors.ssh.RETRY_AFTER", 0.1)
        thread = threading.Thread(target=_hang_up_once_then_relay, args=(relay, server))
        thread.start()
        line = server.known_hosts_line().replace(f":{server.port}", f":{port}")
        known_hosts.write_text(line, encoding="utf-8")
        capture = only(collect([replace(target, port=port)]))
        thread.join(timeout=10)
    assert (capture.text, capture.failure) == ("hello\n", None)


def _hang_up_once_then_relay(relay: socket.socket, server: SshServer) -> None:
    relay.settimeout(10)
    relay.accept()[0].close()
    with relay.accept()[0] as client, socket.create_connection((server.address, server.port)) as upstream:
        back = threading.Thread(target=_copy, args=(upstream, client))
        back.start()
        _copy(client, upstream)
        back.join(timeout=10)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    # Either side may close the connection at any time.
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def test_listener_that_never_speaks_times_out_in_the_key_exchange(target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        began = time.monotonic()
        failure = failure_of(replace(target, port=port, connect_timeout=1))
    assert time.monotonic() - began < 5
    assert failure.startswith(f"timed out: 127.0.0.1 port {port} took the connection, but the SSH key exchange")


def test_full_listener_times_out_in_the_tcp_connection(target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            began = time.monotonic()
            failure = failure_of(replace(target, port=port, connect_timeout=0.5))
    assert time.monotonic() - began < 5
    assert failure.startswith(f"timed out: no TCP connection to 127.0.0.1 port {port} within 0.5 s")


def test_server_of_another_protocol_is_reported(target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0)) as web:
        port = web.getsockname()[1]
        thread = threading.Thread(target=_answer_as_a_web_server, args=(web, 2))
        thread.start()
        failure = failure_of(replace(target, port=port))
        thread.join(timeout=10)
    assert "before the SSH key exchange ended (not an SSH server" in failure


def _answer_as_a_web_server(web: socket.socket, times: int) -> None:
    web.settimeout(10)
    for _ in range(times):
        with web.accept()[0] as client:
            client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def test_name_that_does_not_exist_is_reported(target: Target) -> None:
    failure = failure_of(replace(target, host="router.invalid"))
    assert failure.startswith("name 'router.invalid' not found")


def test_ipv6_address_is_reached(tmp_path: Path, authorized: str, keys: Path) -> None:
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with ssh_server(tmp_path / "six", authorized, address="::1") as server:
        (tmp_path / "known").write_text(server.known_hosts_line(), encoding="utf-8")
        capture = only(
            collect(
                [
                    Target(
                        "tor1",
                        host="::1",
                        port=server.port,
                        key=keys / "authorized",
                        known_hosts=tmp_path / "known",
                        commands=("echo six",),
                    )
                ]
            )
        )
    assert (capture.text, capture.failure) == ("six\n", None)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


# The ssh configuration


def test_alias_of_the_ssh_configuration_is_honoured(target: Target, server: SshServer, keys: Path, home: Path) -> None:
    (home / ".ssh" / "conf.d").mkdir(parents=True)
    (home / ".ssh" / "config").write_text(f"Include conf.d/*\nIdentityFile {keys}/authorized\n", encoding="utf-8")
    (home / ".ssh" / "conf.d" / "lab").write_text(
        f"""Host tor1
  HostName {server.address}
  Port {server.port}
  User {getpass.getuser()}
Host other
  Port 1
""",
        encoding="utf-8",
    )
    assert only(collect([replace(target, host=None, port=None, key=None)])).text == "hello\n"


def test_what_the_target_says_wins_over_the_ssh_configuration(target: Target, keys: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"Port 1\nUser nobody\nIdentityFile {keys}/stranger\n", encoding="utf-8")
    assert only(collect([replace(target, user=getpass.getuser(), ssh_config=config)])).text == "hello\n"


@pytest.fixture
def behind_jump(target: Target, server: SshServer, second_server: SshServer, keys: Path, tmp_path: Path) -> Target:
    """Return a target that is the second server, which the ssh configuration reaches through the first."""
    config = tmp_path / "config"
    config.write_text(
        f"""Host jump
  HostName {server.address}
  Port {server.port}
  IdentityFile {keys}/authorized
Host tor1
  HostName {second_server.address}
  Port {second_server.port}
  ProxyJump jump
""",
        encoding="utf-8",
    )
    return replace(target, host=None, port=None, ssh_config=config)


@pytest.fixture
def both_known(known_hosts: Path, server: SshServer, second_server: SshServer) -> None:
    known_hosts.write_text(server.known_hosts_line() + second_server.known_hosts_line(), encoding="utf-8")


@pytest.mark.usefixtures("both_known")
def test_target_is_reached_through_a_jump_host(behind_jump: Target, second_server: SshServer) -> None:
    capture = only(collect([replace(behind_jump, commands=("echo $SSH_CONNECTION",))]))
    assert capture.failure is None
    assert capture.text.split()[-1] == str(second_server.port)


@pytest.mark.usefixtures("both_known")
def test_target_is_reached_through_two_jump_hosts(
    target: Target, server: SshServer, second_server: SshServer, keys: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"""Host 127.0.0.1
  IdentityFile {keys}/authorized
Host tor1
  HostName {server.address}
  ProxyJump 127.0.0.1:{server.port}, ssh://127.0.0.1:{second_server.port}
""",
        encoding="utf-8",
    )
    assert only(collect([replace(target, host=None, ssh_config=config)])).text == "hello\n"


def test_unknown_key_of_a_jump_host_is_refused_though_the_target_is_accepted(
    behind_jump: Target, server: SshServer, known_hosts: Path
) -> None:
    known_hosts.write_text("", encoding="utf-8")
    failure = failure_of(behind_jump, accept_new=frozenset({"tor1"}))
    assert failure.startswith(f"host key of {server.label} is not known")
    assert "@jump` once" in failure
    assert "--accept-new" not in failure


def test_unknown_key_behind_a_jump_host_is_refused(behind_jump: Target, second_server: SshServer) -> None:
    assert failure_of(behind_jump).startswith(f"host key of {second_server.label} is not known")


@pytest.mark.usefixtures("both_known")
def test_jump_host_that_cannot_reach_the_target_is_reported(behind_jump: Target) -> None:
    port = free_port()
    failure = failure_of(replace(behind_jump, port=port))
    assert failure.startswith(f"the jump host could not reach 127.0.0.1 port {port}: Connect")


@pytest.mark.parametrize(
    "config,reason",
    [
        pytest.param("ProxyCommand nc %h %p\n", "ProxyCommand in the ssh configuration of", id="ProxyCommand"),
        pytest.param("Port many\n", "Port 'many' in the ssh configuration of", id="port"),
        pytest.param("nonsense\n", "Unparsable line nonsense", id="no setting"),
        pytest.param("ProxyJump a:b:c\n", "ProxyJump 'a:b:c' in the ssh configuration", id="jump"),
        pytest.param("ProxyJump a\nHost a\nProxyJump b\nHost b\nProxyJump a\n", "is a loop", id="loop"),
        pytest.param("Include config\n", "Include is nested too deeply, or is a loop", id="include"),
    ],
)
def test_ssh_configuration_that_cannot_be_used_is_reported(
    target: Target, home: Path, config: str, reason: str
) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text(config, encoding="utf-8")
    assert reason in failure_of(replace(target, port=None))


def test_ssh_configuration_that_was_named_must_exist(target: Target, tmp_path: Path) -> None:
    failure = failure_of(replace(target, ssh_config=tmp_path / "gone"))
    assert failure == f"ssh configuration {tmp_path / 'gone'}: No such file or directory"


# Several targets


def test_one_failing_target_costs_the_others_nothing(target: Target) -> None:
    two = ("echo one", "echo two")
    targets = [
        replace(target, name="tor1", commands=two),
        replace(target, name="tor2", commands=two, port=free_port()),
        replace(target, name="tor3", commands=two),
        replace(target, name="tor4", commands=()),
    ]
    done: list[str] = []
    captures = collect(targets, jobs=2, on_answer=done.append)
    assert [(c.router, c.command, c.text, c.is_complete) for c in captures] == [
        ("tor1", "echo one", "one\n", True),
        ("tor1", "echo two", "two\n", True),
        ("tor2", "echo one", "", False),
        ("tor2", "echo two", "", False),
        ("tor3", "echo one", "one\n", True),
        ("tor3", "echo two", "two\n", True),
    ]
    assert sorted(done) == ["tor1", "tor2", "tor3", "tor4"]


def test_targets_are_asked_at_the_same_time(target: Target, tmp_path: Path) -> None:
    """Each of three waits for the others' files, so one after the other would end in a failure.

    What differs in how it is reached is a host of its own.
    """
    folder = shlex.quote(str(tmp_path))
    all_here = f"[ $(ls {folder} | grep -c here) = 3 ]"
    command = f"touch {folder}/$$.here; for i in $(seq 100); do {all_here} && exit 0; sleep 0.1; done; exit 1"
    targets = [
        replace(target, name=f"tor{number}", commands=(command,), connect_timeout=10 + number) for number in range(3)
    ]
    assert [capture.exit_status for capture in collect(targets, jobs=3)] == [0, 0, 0]


def test_interruption_closes_connections_at_once(target: Target) -> None:
    hanging = replace(target, name="tor2", commands=("sleep 20",), command_timeout=60, connect_timeout=11)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        collect([target, hanging, hanging], jobs=2, on_answer=interrupt)
    assert time.monotonic() - began < 10


def test_nothing_of_paramikos_log_reaches_the_terminal(target: Target) -> None:
    """In a process of its own, because pytest takes the log."""
    program = f"""
import socket
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
with socket.create_server(("127.0.0.1", 0)) as mute:
    port = mute.getsockname()[1]
    print(len(collect([Target("tor1", "127.0.0.1", port, connect_timeout=0.5, commands=("true",))])))
print(len(collect([Target("tor1", "127.0.0.1", {target.port}, commands=("true",))])))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("1\n1\n", "")
