"""What a scan may send, listed for a review; and `scan --check`, which logs in and asks for the version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Capture
from ecmpaudit.platforms.registry import platforms
from tests.scanned_router import scanned_router

if TYPE_CHECKING:
    from pathlib import Path

SCANNED = [platform for platform in platforms().values() if platform.scan_router or platform.scan_node]


@pytest.mark.parametrize("platform", SCANNED, ids=[platform.name for platform in SCANNED])
def test_every_command_that_a_scan_sends_is_listed(platform: Any) -> None:
    listed = {
        line.strip().removeprefix("without a pool: ")
        for line in CliRunner().invoke(app, ["commands", "--platform", platform.name.upper()]).stdout.splitlines()
    }
    configuration = Configuration.model_validate(
        {
            "routers": {"r": {"platform": platform.name}},
            "nodes": {"n": {"platform": platform.name, "host": "192.0.2.1", "addresses": ["192.0.2.1"]}}
            if platform.scan_node
            else {},
        }
    )
    pools = ("198.51.100.0/24", "2001:db8::/64")
    sent = [
        command
        for given in ((), pools)
        for target in targets_of(configuration, pools=given)
        for command in (*target.commands, *(each for later in target.follow_ups for each in later.commands))
    ]
    assert sent
    forms = [_form(command) for command in listed]
    assert [command for command in sent if not any(form.fullmatch(command) for form in forms)] == []
    assert platform.scan_check.command in listed


def _form(listed: str) -> re.Pattern[str]:
    """Return what matches the commands of a listed form."""
    form = re.sub(r"\\{(pool|above)\\}", "[0-9a-f.:]+/[0-9]+", re.escape(listed))
    return re.compile(
        form.replace(
            re.escape("{pools}"), r"(-c 'show ipv?6? route vrf all [0-9a-f.:]+/[0-9]+' ?|[0-9a-f.:]+/[0-9]+[+-](, )?)+"
        )
    )


def test_all_platforms_are_listed_without_one_that_is_not_scanned() -> None:
    printed = CliRunner().invoke(app, ["commands"]).stdout
    assert re.findall(r"^(\w+): ", printed, re.MULTILINE) == [p.name for p in SCANNED]
    run = CliRunner().invoke(app, ["commands", "--platform", "vmware_nsx"])
    assert isinstance(run.exception, ConfigurationError)
    assert "a scan has no commands for it" in str(run.exception)


@pytest.mark.parametrize(
    "platform,answer,version",
    [
        ("frr", "FRRouting 10.2.1 (tor1) on Linux(6.1.0).\n", "10.2.1"),
        ("bird", "BIRD 2.0.12 ready.\nBIRD 2.0.12\nRouter ID is 192.0.2.1\n", "2.0.12"),
        ("gobgp", "gobgp version 3.10.0\n", "3.10.0"),
        ("linux", "ip utility, iproute2-6.1.0, libbpf 1.1.0\n", "6.1.0"),
        ("linux", "ip utility, iproute2-ss190107\n", "190107"),
    ],
)
def test_the_version_is_read(platform: str, answer: str, version: str) -> None:
    known = platforms()[platform].scan_check
    found = known.version.search(answer) if known else None
    assert found
    assert found[1] == version


FAILURES = [
    ("name 'x' not found (no): set `host`", "name resolution", "resolve"),
    ("timed out: name 'x' not resolved within 1 s; see connect_timeout", "name resolution", "resolve"),
    ("connection refused by 192.0.2.1 port 22: does sshd run and listen there? (tried twice)", "refused", "connect"),
    ("timed out: no TCP connection to 192.0.2.1 port 22 within 1 s; see connect_timeout", "timed out", "connect"),
    ("no route to 192.0.2.1 port 22 (x)", "unreachable", "connect"),
    ("timed out: x took the connection, but the SSH key exchange did not end within", "timed out", "key exchange"),
    ("connection closed by x port 22 before the SSH key exchange ended (not an SSH server)", "banner", "key exchange"),
    ("host key of tor1 is not known (f): ssh-ed25519 SHA256:x; verify", "host key unknown", "host key"),
    ("host key of tor1 changed: it shows x", "host key changed", "host key"),
    ("host key refused: x of tor1 is marked @revoked in f line 1", "host key revoked", "host key"),
    ("authentication as audit at x failed: tried password; the server accepts publickey", "authentication", "login"),
    ("timed out: authentication as audit at x did not end in time", "timed out", "login"),
    ("the command failed with exit status 1: sudo: a password is required", "sudo", "command"),
    ("the command failed with exit status 1: Permission denied", "permission", "command"),
    ("the command failed with exit status 2", "exit status", "command"),
    ("no such command (exit status 127: sh: vtysh: not found); check platform", "unknown command", "command"),
    ("cut off: no exit status arrived, connection lost or command killed; 3 bytes received", "cut short", "command"),
    ("answer is larger than 5 bytes and was cut there; ask for less", "too large", "command"),
    ("timed out: no complete answer within 60 s, 0 bytes received; see command_timeout", "timed out", "command"),
    ("not asked: 3 earlier commands timed out; see command_timeout", "timed out", "command"),
    ("timed out: no complete answer within 2 s, 0 bytes received; see host_timeout", "deadline", "command"),
    ("no answer: the run's deadline was over (--deadline)", "deadline", "run"),
    ("the server did not run the command: x", "no session", "command"),
]  # fmt: skip


@pytest.mark.parametrize("failure,kind,step", FAILURES)
def test_a_failure_has_a_kind_and_a_step(failure: str, kind: str, step: str) -> None:
    found = kind_of(failure)
    assert (found.kind, found.step) == (kind, step)


def checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: dict[str, str], *options: str
) -> tuple[int, list[str]]:
    """Return the exit code and lines of a check whose routers answer or fail as given."""
    sent: list[tuple[str, ...]] = []

    def collect(targets: Any, **_: Any) -> list[Capture]:
        sent.extend(target.commands for target in targets)
        started, finished = "2026-01-01T00:00:00.000+00:00", "2026-01-01T00:00:01.250+00:00"
        return [
            Capture(
                t.name, t.platform, c, "FRRouting 8.4.4 (x)", "s",
                failure=failures.get(t.name), started=started, finished=finished,
            )
            for t in targets for c in t.commands
        ]  # fmt: skip

    monkeypatch.setattr("ecmpaudit.commands.asking.collect", collect)
    (tmp_path / "list").write_text("tor1 platform=frr\ntor2 platform=frr\n", encoding="utf-8")
    run = CliRunner().invoke(app, ["scan", "--check", "--inventory", str(tmp_path / "list"), *options])
    assert set(sent) == {("vtysh -c 'show version'",)}
    return run.exit_code, run.stdout.splitlines()


def test_a_check_where_all_answer_is_one_line_and_a_table_with_v(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checked(tmp_path, monkeypatch, {}) == (0, ["2 hosts answered, 0 did not"])
    assert checked(tmp_path, monkeypatch, {}, "-v", "--limit", "tor2") == (
        0,
        [
            "host  platform  transport  result    step  seconds  version",
            "tor2  frr       paramiko   answered  -     1.2      8.4.4",
            "1 host answered, 0 did not",
        ],
    )


def test_a_check_names_kind_step_seconds_and_remedy_of_each_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = "the command failed with exit status 1: Permission denied"
    remedy = (
        "allow the user of the scan to run this on tor1, or set `sudo: true` for it in ecmpaudit.yaml, and run again"
    )
    assert checked(tmp_path, monkeypatch, {"tor1": failure}) == (
        3,
        [
            "host  platform  transport  result      step     seconds  version",
            "tor1  frr       paramiko   permission  command  1.2      -",
            f"tor1: {failure}; {remedy}",
            "1 host answered, 1 did not",
        ],
    )


@pytest.mark.sshd
def test_a_check_asks_a_real_sshd(tmp_path: Path) -> None:
    with scanned_router(tmp_path) as router:
        router.ask_node1_too(is_up=False)
        answer = tmp_path / "answer"
        answer.write_text("#!/bin/sh\necho 'FRRouting 8.4.4 (tor1) on Linux(6.1.0).'\n", encoding="utf-8")
        run = router.scan("--check", "-v")
    words = [line.split()[:5] for line in run.stdout.splitlines()]
    assert words[:3] == [
        ["host", "platform", "transport", "result", "step"],
        ["tor1", "frr", "paramiko", "answered", "-"],
        ["node1", "linux", "paramiko", "refused", "connect"],
    ]
    assert "does sshd run and listen there?" in run.stdout
    assert "8.4.4" in run.stdout
    assert (run.returncode, words[-1]) == (3, ["1", "host", "answered,", "1", "did"])
