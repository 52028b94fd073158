"""Faults of a real sshd, and of a real TCP proxy before it: each has its kind, by each transport over SSH."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.collectors.host_connection import KeptConnections
from ecmpaudit.collectors.polling import polling
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from tests.breaking_proxy import Breaks, breaking_proxy
from tests.ssh_server import SshServer, free_port, make_key, run, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.model import Capture

pytestmark = pytest.mark.sshd
BOTH = pytest.mark.parametrize("transport", ["paramiko", "openssh"])
MUCH = "head -c 20000000 /dev/urandom"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys") / "key")


@pytest.fixture(scope="module")
def authorized(key: Path) -> str:
    return key.with_suffix(".pub").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authorized: str) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd") / "server", authorized) as running:
        yield running


@pytest.fixture
def target(server: SshServer, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return target_of(server, key, tmp_path)


def target_of(server: SshServer, key: Path, folder: Path, port: int | None = None) -> Target:
    """Return a target at the server, or at a proxy before it, whose host key is known."""
    label = f"[{server.address}]:{port or server.port}"
    with (folder / "known_hosts").open("a", encoding="utf-8") as file:
        file.write(server.known_hosts_line().replace(server.label, label))
    (folder / "ssh_config").write_text(f"IdentitiesOnly yes\nIdentityFile {key}\n", encoding="utf-8")
    return Target(
        "tor1", server.address, port or server.port, getpass.getuser(), key,
        commands=("echo hello",), known_hosts=folder / "known_hosts", ssh_config=folder / "ssh_config",
        connect_timeout=10, command_timeout=20,
    )  # fmt: skip


def only(target: Target) -> Capture:
    (capture,) = collect([target])
    return capture


def kind_at(target: Target) -> str:
    capture = only(target)
    assert capture.failure is not None, capture
    return kind_of(capture.failure).kind


@BOTH
@pytest.mark.parametrize(
    "breaks,command,seconds,kind",
    [
        pytest.param(Breaks(late=0.5), "echo hello", 20, None, id="a banner half a second late"),
        pytest.param(Breaks(late=30), "echo hello", 1, "timed out", id="a banner that comes too late"),
        pytest.param(Breaks(cut_after=1_000_000), MUCH, 20, "cut short", id="cut in mid-output"),
        pytest.param(Breaks(stall_after=1_000_000), MUCH, 2, "timed out", id="stalls in mid-output"),
    ],
)
def test_what_breaks_on_the_way_is_named(
    server: SshServer,
    target: Target,
    tmp_path: Path,
    transport: str,
    breaks: Breaks,
    command: str,
    seconds: int,
    kind: str,
) -> None:
    with breaking_proxy(server.port, replace(breaks)) as port:
        broken = target_of(server, target.key or tmp_path, tmp_path, port)
        capture = only(
            replace(
                broken, transport=transport, commands=(command,), command_timeout=seconds,
                connect_timeout=seconds if breaks.late > 1 else 10,
            )
        )  # fmt: skip
    assert (kind_of(capture.failure).kind if capture.failure else None) == kind


@BOTH
def test_a_jump_host_that_dies_cuts_the_answer(
    server: SshServer, target: Target, tmp_path: Path, transport: str
) -> None:
    with breaking_proxy(server.port, Breaks(cut_after=1_000_000)) as port:
        target_of(server, target.key or tmp_path, tmp_path, port)
        (tmp_path / "ssh_config").write_text(
            f"IdentityFile {target.key}\nHost bastion\nHostName 127.0.0.1\nPort {port}\n", encoding="utf-8"
        )
        behind = replace(
            target, transport=transport, jump=f"{target.user}@bastion", commands=("echo hello", MUCH, "echo after")
        )
        first, cut, after = collect([behind])
    assert (first.text, first.failure) == ("hello\n", None)
    assert kind_of(cut.failure or "").kind == "cut short"
    assert "the connection was lost" in (after.failure or "")


@BOTH
@pytest.mark.parametrize(
    "settings,kind,words",
    [
        pytest.param("ForceCommand kill -9 $PPID; sleep 5\n", "cut short", "", id="drops after authentication"),
        pytest.param("MaxSessions 0\n", "no session", "MaxSessions", id="no session left"),
        pytest.param(f"DenyUsers {getpass.getuser()}\n", "authentication", "", id="an account that may not log in"),
        pytest.param(
            "ForceCommand echo 'Password change required but no TTY available.' >&2; exit 1\n",
            "authentication", "Password change required but no TTY available.", id="an expired password",
        ),
        pytest.param(
            "ForceCommand echo 'sudo: a password is required' >&2; exit 1\n",
            "sudo", "sudo: a password is required", id="sudo asks for a password",
        ),
        pytest.param(
            "ForceCommand echo '% Unknown command: vtysh'; exit 1\n",
            "unknown command", "% Unknown command: vtysh", id="vtysh as login shell",
        ),
        pytest.param(
            "ForceCommand exec bash --restricted -c /bin/$SSH_ORIGINAL_COMMAND\n",
            "permission", "restricted", id="a restricted shell",
        ),
        pytest.param("ForceCommand echo 'Befehl nicht gefunden' >&2; exit 127\n", "unknown command", "", id="a locale"),
    ],
)  # fmt: skip
def test_what_a_server_does_is_named(
    tmp_path: Path, key: Path, authorized: str, transport: str, settings: str, kind: str, words: str
) -> None:
    with ssh_server(tmp_path / "sshd", authorized, settings=settings) as server:
        capture = only(replace(target_of(server, key, tmp_path), transport=transport))
    assert capture.failure is not None
    assert (kind_of(capture.failure).kind, words in capture.failure) == (kind, True), capture.failure


@BOTH
@pytest.mark.parametrize("sessions", [1, 2, 10])
def test_a_server_with_few_sessions_answers_every_command(
    tmp_path: Path, key: Path, authorized: str, transport: str, sessions: int
) -> None:
    commands = tuple(f"sleep 0.1; echo {number}" for number in range(6))
    with ssh_server(tmp_path / "sshd", authorized, settings=f"MaxSessions {sessions}\n") as server:
        target = target_of(server, key, tmp_path)
        captures = collect([replace(target, transport=transport, commands=commands, commands_at_once=4)])
    assert [(c.command, c.text, c.failure) for c in captures] == [(c, f"{c[-1]}\n", None) for c in commands]


@BOTH
def test_a_command_that_fails_or_hangs_costs_those_beside_it_nothing(target: Target, transport: str) -> None:
    commands = ("echo one", "echo half; exit 3", "exec sleep 20", "echo cut; kill -9 $$", "no-such-command", "echo two")
    captures = collect(
        [replace(target, transport=transport, commands=commands, commands_at_once=6, command_timeout=3.0)]
    )
    assert [kind_of(c.failure).kind if c.failure else c.text for c in captures] == [
        "one\n", "exit status", "timed out", "cut short", "unknown command", "two\n",
    ]  # fmt: skip


@BOTH
def test_commands_that_share_a_session_fail_as_alone(target: Target, transport: str) -> None:
    """The first session ends with the command that hangs, the second with the one that is killed."""
    commands = (
        "echo $$", "echo half; echo no >&2; exit 3", "no-such-command", "echo $$", "exec sleep 60", "echo $$",
        "echo $$", "echo cut; kill -9 $$", "echo two",
    )  # fmt: skip
    captures = collect(
        [replace(target, transport=transport, commands=commands, commands_in_a_session=16, command_timeout=8.0)]
    )
    first, failed, unknown, second, late, third, fourth, cut, two = captures
    assert first.text == second.text != third.text == fourth.text
    assert [kind_of(c.failure or "").kind for c in (failed, unknown, late, cut)] == [
        "exit status", "unknown command", "timed out", "cut short",
    ]  # fmt: skip
    assert (failed.text, failed.failure) == ("half\n", "the command failed with exit status 3: no")
    assert (two.text, two.failure) == ("two\n", None)


@BOTH
def test_of_commands_in_a_session_that_is_cut_none_is_complete_that_was_not(
    server: SshServer, target: Target, tmp_path: Path, transport: str
) -> None:
    with breaking_proxy(server.port, Breaks(cut_after=1_000_000)) as port:
        broken = target_of(server, target.key or tmp_path, tmp_path, port)
        commands = ("echo one", MUCH, "echo after", "echo later")
        one, *cut = collect([replace(broken, transport=transport, commands=commands, commands_in_a_session=16)])
    assert (one.text, one.failure) == ("one\n", None)
    assert kind_of(cut[0].failure or "").kind == "cut short"
    assert ["the connection was lost" in (capture.failure or "") for capture in cut[1:]] == [True, True]


@BOTH
def test_of_commands_at_once_all_end_with_the_connection(
    server: SshServer, target: Target, tmp_path: Path, transport: str
) -> None:
    commands = ("exec sleep 20", "exec sleep 20", MUCH, "exec sleep 20", "echo after")
    with breaking_proxy(server.port, Breaks(cut_after=1_000_000)) as port:
        broken = target_of(server, target.key or tmp_path, tmp_path, port)
        began = time.monotonic()
        *cut, after = collect([replace(broken, transport=transport, commands=commands, commands_at_once=4)])
    assert time.monotonic() - began < 15
    assert [kind_of(capture.failure or "").kind for capture in cut] == ["cut short"] * 4
    assert "the connection was lost" in (after.failure or "")


@BOTH
def test_a_host_that_is_router_and_node_is_logged_in_to_once(target: Target, transport: str) -> None:
    router = replace(target, transport=transport, commands=("echo $SSH_CONNECTION", "exit 3"))
    node = replace(router, name="node1", platform="bird", commands=("echo $SSH_CONNECTION",))
    elsewhere = replace(node, name="tor2", command_prefix="env")  # might be another container
    first, failed, second, other = collect([router, elsewhere, node], jobs=2)
    assert first.failure is None
    assert failed.failure == "the command failed with exit status 3"
    assert [each.router for each in (first, failed, second, other)] == [target.name, target.name, "tor2", "node1"]
    assert (first.text == other.text, first.text == second.text) == (True, False)


@BOTH
def test_a_scan_and_the_questions_after_it_need_one_login(target: Target, transport: str) -> None:
    router = replace(target, transport=transport, commands=("echo $SSH_CONNECTION",))
    other = replace(router, name="tor2", command_prefix="env")
    with KeptConnections((router.name,)) as kept:
        first, second = collect([router, other], kept=kept)
        repeated, _ = collect([router, other], kept=kept)
        with polling([router, other], until=time.monotonic() + 30, kept=kept) as polls:
            later, elsewhere = polls.poll()
    assert (first.failure, second.failure, elsewhere.failure) == (None, None, None)
    assert first.text == repeated.text == later.text
    assert second.text != elsewhere.text  # nobody said that this one is asked again
    assert not any(host.connection.is_open for host in polls.hosts)


@BOTH
def test_a_kept_connection_that_was_lost_is_made_anew(target: Target, transport: str) -> None:
    router = replace(target, transport=transport, commands=("echo $SSH_CONNECTION", "kill -9 $PPID; sleep 5"))
    with KeptConnections((router.name,)) as kept:
        first, _ = collect([router], kept=kept)
        again = replace(router, commands=("echo $SSH_CONNECTION",))
        with polling([again], until=time.monotonic() + 30, kept=kept) as polls:
            (later,) = polls.poll()
    assert later.failure is None
    assert first.text != later.text


def test_connections_end_with_the_last_turn_whatever_happens(target: Target) -> None:
    kept = KeptConnections((target.name,))
    with suppress(KeyboardInterrupt), kept:
        collect([replace(target, commands=("echo hello",))], kept=kept)
        assert kept.access is not None
        connection = kept.take(target, kept.access)
        was_open = connection.is_open
        kept.give_back(target, connection)
        raise KeyboardInterrupt
    assert (was_open, connection.is_open) == (True, False)


def test_a_host_that_is_router_and_node_under_one_name_is_polled_once(target: Target) -> None:
    router = replace(target, commands=("echo router",))
    with polling([router, replace(router, commands=("echo node",))], until=time.monotonic() + 30) as polls:
        assert [capture.text for capture in polls.poll()] == ["router\n"]


def test_a_host_with_nothing_to_answer_is_not_connected(target: Target) -> None:
    nowhere = replace(target, name="tor2", port=1, commands=())
    with polling([nowhere], until=time.monotonic() + 30) as polls:
        assert polls.poll() == []


@BOTH
def test_a_connection_that_a_router_lost_is_made_anew_for_the_node(target: Target, transport: str) -> None:
    router = replace(target, transport=transport, commands=("kill -9 $PPID; sleep 5",))
    lost, answered = collect([router, replace(router, name="node1", commands=("echo hello",))])
    assert kind_of(lost.failure or "").kind == "cut short"
    assert (answered.router, answered.text, answered.failure) == ("node1", "hello\n", None)


@BOTH
def test_a_host_that_refuses_a_login_is_not_asked_again_under_its_other_name(
    tmp_path: Path, key: Path, authorized: str, transport: str
) -> None:
    with ssh_server(tmp_path / "sshd", authorized) as server:
        router = replace(target_of(server, key, tmp_path), transport=transport, user="no-such-user")
        failures = [capture.failure for capture in collect([router, replace(router, name="node1")])]
        logins = (server.folder / "log").read_text(encoding="utf-8").count("Invalid user no-such-user")
    assert failures[0] == failures[1]
    assert kind_of(failures[0] or "").kind == "authentication"
    assert logins == 1


@BOTH
def test_a_server_that_takes_no_more_connections_is_named(
    tmp_path: Path, key: Path, authorized: str, transport: str
) -> None:
    """MaxStartups 1: a client that has not logged in yet holds the one place."""
    with ssh_server(tmp_path / "sshd", authorized, settings="MaxStartups 1:100:1\n") as server, ExitStack() as opened:
        for _ in range(100):  # the first ones may find the client that saw it listen in the place
            holder = opened.enter_context(socket.create_connection((server.address, server.port)))
            if holder.recv(4) == b"SSH-":
                break
            time.sleep(0.05)
        failure = only(replace(target_of(server, key, tmp_path), transport=transport)).failure
    assert failure is not None
    assert kind_of(failure).kind == "banner"
    assert "MaxStartups" in failure


@BOTH
def test_banners_and_garbage_change_no_answer(tmp_path: Path, key: Path, authorized: str, transport: str) -> None:
    banner = tmp_path / "banner"
    banner.write_text("Authorized users only.\n" * 50, encoding="utf-8")
    with ssh_server(tmp_path / "sshd", authorized, settings=f"Banner {banner}\nPrintMotd yes\n") as server:
        asked = replace(
            target_of(server, key, tmp_path), transport=transport, commands=("echo hello", r"printf '\377\000\033[2J'")
        )
        hello, garbage = collect([asked])
    assert (hello.text, hello.failure) == ("hello\n", None)
    assert (garbage.text, garbage.failure) == ("\ufffd\0\x1b[2J", None)


@BOTH
def test_a_host_that_has_only_ipv6_is_asked(tmp_path: Path, key: Path, authorized: str, transport: str) -> None:
    with ssh_server(tmp_path / "sshd", authorized, address="::1") as server:
        assert only(replace(target_of(server, key, tmp_path), transport=transport)).text == "hello\n"


def test_a_client_that_does_not_end_when_it_is_asked_to_is_killed(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    wrapper = programs / "ssh"  # ssh keeps ignoring a signal that it was started with as ignored
    wrapper.write_text(f'#!/bin/sh\ntrap "" TERM\nexec {shutil.which("ssh")} "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    assert only(replace(target, transport="openssh")).text == "hello\n"


@pytest.mark.parametrize("transport,kind", [("openssh", None), ("paramiko", "host key unknown")])
def test_a_host_key_that_an_authority_signed_is_accepted_by_openssh_and_named_by_paramiko(
    tmp_path: Path, key: Path, authorized: str, transport: str, kind: str | None
) -> None:
    make_key(tmp_path / "ca")
    certificate = tmp_path / "sshd" / "host_ed25519-cert.pub"
    with ssh_server(tmp_path / "sshd", authorized, settings=f"HostCertificate {certificate}\n", prepare=lambda: run(
        "ssh-keygen", "-q", "-s", str(tmp_path / "ca"), "-I", "tor1", "-h", "-n", "127.0.0.1",
        str(tmp_path / "sshd" / "host_ed25519.pub"),
    )) as server:  # fmt: skip
        asked = target_of(server, key, tmp_path)
        public = (tmp_path / "ca.pub").read_text(encoding="utf-8")
        (tmp_path / "known_hosts").write_text(f"@cert-authority * {public}", encoding="utf-8")
        capture = only(replace(asked, transport=transport))
    assert (kind_of(capture.failure).kind if capture.failure else None) == kind
    assert kind is None or "host certificates are not used" in (capture.failure or "")


def test_commands_are_read_alike_by_every_shell(target: Target) -> None:
    """Fish has other rules than sh: the commands of a scan have words and single quotes alone."""
    fish = shutil.which("fish")
    shells = ["sh", "bash", *([fish] if fish else [])]
    commands = tuple(f"{shell} -c \"printf '%s|' vtysh -c 'show ip route vrf all'\"" for shell in shells)
    assert {capture.text for capture in collect([replace(target, commands=commands)])} == {
        "vtysh|-c|show ip route vrf all|"
    }


@BOTH
def test_of_many_hosts_the_broken_ones_are_named_and_all_others_answer(target: Target, transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        faults = [
            ({"port": free_port()}, "refused"),
            ({"port": mute.getsockname()[1], "connect_timeout": 2.0}, "timed out"),
            ({"host": "router.invalid"}, "name resolution"),
            ({"commands": ("kill -9 $PPID; sleep 5",)}, "cut short"),
            ({"commands": ("sudo: no",), "user": "no-such-user"}, "authentication"),
        ]
        # with a limit of its own, each has a connection of its own
        hosts = [replace(target, name=f"tor{n}", transport=transport, connect_timeout=10 + n) for n in range(25)]
        broken = {f"bad{number}": kind for number, (_, kind) in enumerate(faults)}
        bad = [replace(target, name=f"bad{n}", transport=transport, **change) for n, (change, _) in enumerate(faults)]
        captures = collect([*hosts, *bad], jobs=8)
    assert {c.router: kind_of(c.failure).kind for c in captures if c.failure} == broken
    assert [c.text for c in captures if not c.failure] == ["hello\n"] * 25
