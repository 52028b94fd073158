"""Command lines of vendors over a terminal, on a real SSH server: each is reached, and nothing else is sent."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.platforms.registry import platforms
from tests.cli_server import PASSWORD, CommandLine, command_line

pytest.importorskip("netmiko", reason="netmiko is not installed: pip install 'ecmpaudit[netmiko]'")

if TYPE_CHECKING:
    from ecmpaudit.model import Capture

FIXTURES = Path(__file__).parent / "fixtures"
SHELLS = {name: platform for name, platform in platforms().items() if platform.shell}
HOSTS = {
    "cisco_ios": CommandLine("tor1#", {}, unpaged_by="terminal length 0"),
    "cisco_nxos": CommandLine("tor1# ", {}, unpaged_by="terminal length 0"),
    "cisco_iosxr": CommandLine(
        "RP/0/RSP0/CPU0:tor1#", {}, unpaged_by="terminal length 0", before_answer="Fri Nov 27 12:01:02.345 UTC\n"
    ),
    "cisco_asa": CommandLine("tor1> ", {}, pager="<--- More --->", erases="\r              \r"),
    "arista_eos": CommandLine("tor1>", {}, pager=" --More-- ", erases="\r\x1b[K"),
    "juniper_junos": CommandLine(
        "audit@tor1> ",
        {},
        pager="---(more)---",
        erases="\r\x1b[K",
        before_prompt="\n{master:0}\n",
        unpaged_by="set cli screen-length 0",
    ),
    "mikrotik_routeros": CommandLine("[audit@tor1] > ", {}, newline="\r\n\r", page=10_000),
    "fortios": CommandLine("tor1 # ", {}, erases="\r        \r"),
    "huawei_vrp": CommandLine("<tor1>", {}, pager="  ---- More ----", erases="\x1b[42D" + " " * 42 + "\x1b[42D"),
    "hp_comware": CommandLine("<tor1>", {}, pager="---- More ----", erases="\r" + " " * 20 + "\r"),
    "aruba_aoscx": CommandLine(
        "tor1# ", {}, pager="-- MORE --, next page: Space, next line: Enter, quit: q", erases="\r\x1b[K"
    ),
    "paloalto_panos": CommandLine("audit@tor1> ", {}, pager="lines 1-23 ", erases="\r\x1b[K"),
    "allied_awplus": CommandLine("tor1>", {}, unpaged_by="terminal length 0"),
    "checkpoint_gaia": CommandLine("tor1> ", {}, pager="-- More --", erases="\b" * 10 + " " * 10 + "\b" * 10),
    "dell_os10": CommandLine("tor1# ", {}, unpaged_by="terminal length 0"),
    "brocade_ironware": CommandLine(
        "SSH@tor1>",
        {},
        pager="--More--, next page: Space, next line: Return key, quit: Control-c",
        erases="\r" + " " * 70 + "\r",
    ),
    "edgeos": CommandLine("audit@tor1:~$ ", {}, unpaged_by="terminal length 0"),
    "nokia_srl": CommandLine("A:tor1# ", {}, before_prompt="--{ running }--[  ]--\n", page=10_000),
}
"""How each platform's command line looks; half of them never stop paging."""
POOLS = ("198.51.100.1/32", "2001:db8:100::1/128")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LAB_SECRET", PASSWORD)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def only(captures: list[Capture]) -> Capture:
    (capture,) = captures
    return capture


def recorded(platform: str) -> dict[str, str]:
    """Return a recorded answer of the platform for each command of its scan."""
    (target,) = targets_of(Configuration.model_validate({"routers": {"tor1": {"platform": platform}}}), pools=POOLS)
    answers = {}
    for command in target.commands:
        of = target.other_platforms.get(command, platform)
        texts = [file.read_text(encoding="utf-8") for file in sorted((FIXTURES / of).glob("*.txt"))]
        is_ipv6 = re.search(r"ipv6|info6", command) is not None
        fitting = [text for text in texts if (re.search(r"^[^\n]*2001:db8", text, re.MULTILINE) is not None) is is_ipv6]
        answers[command] = (fitting or texts)[0]
    return answers


def lines_of(text: str, skip: re.Pattern[str] | None) -> list[str]:
    """Return the lines without those of the prompt, blank ones at both ends and blanks at line ends.

    A terminal shows no sign of those.
    """
    kept = [line.rstrip() for line in text.splitlines() if skip is None or not skip.search(line)]
    return "\n".join(kept).strip("\n").split("\n")


def test_every_command_line_is_played() -> None:
    assert set(HOSTS) == set(SHELLS)


@pytest.mark.parametrize("platform", SHELLS)
def test_recorded_answers_arrive_as_they_were_printed(tmp_path: Path, platform: str) -> None:
    answers = recorded(platform)
    host = replace(HOSTS[platform], answers=answers, typed=[], users=[])
    shell = SHELLS[platform].shell
    assert shell is not None
    with command_line(tmp_path, host, platform=platform, commands=(*answers, "no such command")) as target:
        *captures, unknown = collect([target])
    assert [(capture.command, capture.failure) for capture in captures] == [(command, None) for command in answers]
    for capture in captures:
        assert lines_of(capture.text, None) == lines_of(answers[capture.command or ""], shell.skip)
    assert kind_of(unknown.failure or "").kind == "unknown command"
    assert [typed for typed in host.typed if typed] == [*shell.prepare, *answers, "no such command"]
    assert host.users[-1] == "audit" + shell.user_suffix


@pytest.fixture
def ios() -> CommandLine:
    return replace(HOSTS["cisco_ios"], answers={"show ip route": "one\n" * 30}, typed=[], users=[])


def test_privileges_are_asked_for_where_a_secret_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ios: CommandLine
) -> None:
    monkeypatch.setenv("ENABLE", "become it")
    host = replace(ios, prompt="tor1>", secret="become it")  # noqa: S106 - of this test
    with command_line(tmp_path, host, platform="cisco_ios", commands=("show ip route",)) as target:
        assert only(collect([target])).failure is None
        assert "enable" not in host.typed
        assert only(collect([replace(target, enable_env="ENABLE")])).failure is None
        assert "enable" in host.typed
        monkeypatch.setenv("ENABLE", "wrong")
        refused = only(collect([replace(target, enable_env="ENABLE")])).failure
        monkeypatch.delenv("ENABLE")
        unset = only(collect([replace(target, enable_env="ENABLE")])).failure
    assert kind_of(refused or "").kind == "authentication"
    assert "wrong" not in (refused or "")
    assert unset == "variable ENABLE is not set: it has the secret for privileges (enable_env)"


@pytest.mark.parametrize(
    "fault,failure,kind,rest",
    [
        ("hangs_at", "timed out: no complete answer within 1 s, 0 bytes received; ", "timed out", None),
        ("closes_at", "cut off: the connection was lost, and no prompt came; ", "cut short",
         "not asked: the connection was lost during an earlier command"),
        ("floods_at", "answer is larger than 100000 bytes and was cut there; ask for less", "too large",
         "not asked: the connection was lost during an earlier command"),
    ],
)  # fmt: skip
def test_a_command_that_does_not_end_is_bounded(
    tmp_path: Path, ios: CommandLine, fault: str, failure: str, kind: str, rest: str | None
) -> None:
    host = replace(ios, **{fault: "show version"})  # type: ignore[arg-type]  # the field's own
    began = time.monotonic()
    with command_line(
        tmp_path, host, platform="cisco_ios", commands=("show version", "show ip route"),
        command_timeout=1 if fault == "hangs_at" else 20, answer_limit=100_000,
    ) as target:  # fmt: skip
        failed, after = collect([target])
    assert time.monotonic() - began < 15
    assert failed.failure is not None
    assert failed.failure.startswith(failure)
    assert kind_of(failed.failure).kind == kind
    assert after.failure == rest


@pytest.mark.parametrize(
    "host,failure,kind",
    [
        (CommandLine("New password: ", {}), "authentication at 127.0.0.1 failed: the host asks for", "authentication"),
        (CommandLine("Press y", {}), "timed out: authentication at 127.0.0.1 ended, but no prompt was", "timed out"),
    ],
)  # fmt: skip
def test_a_host_without_a_prompt_is_reported(tmp_path: Path, host: CommandLine, failure: str, kind: str) -> None:
    with command_line(tmp_path, host, platform="cisco_ios", commands=("show ip route",), connect_timeout=1.5) as target:
        capture = only(collect([target]))
    assert capture.failure is not None
    assert capture.failure.startswith(failure)
    assert kind_of(capture.failure).kind == kind


def test_a_refused_command_is_a_matter_of_rights(tmp_path: Path, ios: CommandLine) -> None:
    host = replace(ios, complaint="Command authorization failed.")
    with command_line(tmp_path, host, platform="cisco_ios", commands=("show run",)) as target:
        failure = only(collect([target])).failure
    assert failure == "the command failed: Command authorization failed."
    assert kind_of(failure).kind == "permission"


def test_a_scan_ends_at_its_deadline(tmp_path: Path, ios: CommandLine) -> None:
    host = replace(ios, hangs_at="show ip route")
    with command_line(tmp_path, host, platform="cisco_ios", commands=("show ip route",)) as target:
        began = time.monotonic()
        capture = only(collect([target], until=began + 2))
    assert time.monotonic() - began < 8
    assert capture.failure == "no answer: the run's deadline was over (--deadline)"


def test_a_platform_with_a_command_line_needs_no_transport() -> None:
    routers = {"tor1": {"platform": "cisco_ios"}, "tor2": {"platform": "cisco_ios", "transport": "openssh"}}
    targets = targets_of(Configuration.model_validate({"routers": routers, "ssh": {"transport": "paramiko"}}))
    assert [target.transport for target in targets] == ["netmiko", "openssh"]
