"""A platform that the configuration leaves out is detected on the host, and never guessed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

FRR = "echo 'FRRouting 10.2.1 (tor1) on Linux(6.1.0).'"
BIRD = "echo 'BIRD 2.0.12 ready.'"
LINUX = "echo 'ip utility, iproute2-6.1.0'"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder in which programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, **programs: str) -> None:
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)


def asked() -> dict[str, tuple[str | None, str | None]]:
    """Return the platform and the failure of each answer of a local router whose platform is not given."""
    configuration = Configuration.model_validate({"routers": {"tor1": {"transport": "local"}}})
    captures = collect(targets_of(configuration))
    assert {capture.router for capture in captures} == {"tor1"}
    return {capture.command or "": (capture.platform, capture.failure) for capture in captures}


@pytest.mark.parametrize(
    "programs_there,platform,table",
    [
        pytest.param({"vtysh": FRR, "ip": LINUX}, "frr", "vtysh -c 'show ip route vrf all'", id="FRR"),
        pytest.param({"birdc": BIRD, "ip": LINUX}, "bird", "birdc -r 'show protocols all'", id="BIRD"),
        pytest.param({"gobgp": "echo gobgp version 3.10.0", "ip": LINUX}, "gobgp", "gobgp neighbor -j", id="GoBGP"),
        pytest.param({"ip": LINUX}, "linux", "ip -j nexthop", id="no daemon"),
        pytest.param({"uname": "echo FreeBSD 14.1"}, "freebsd", "netstat -rn", id="FreeBSD"),
        pytest.param({"uname": "echo OpenBSD 7.5"}, "openbgpd", "bgpctl show rib", id="OpenBGPD"),
    ],
)
def test_the_platform_is_that_of_the_daemon_or_of_the_system(
    programs: Path, programs_there: dict[str, str], platform: str, table: str
) -> None:
    install(programs, **programs_there)
    answers = asked()
    assert answers[table][0] == platform


@pytest.mark.parametrize(
    "programs_there,failure",
    [
        pytest.param({"vtysh": FRR, "birdc": BIRD, "ip": LINUX}, "platform not detected: bird, frr all answer", id="2"),
        pytest.param(
            {"vtysh": "echo 'Permission denied' >&2; exit 1", "ip": LINUX},
            "platform not detected: `vtysh -c 'show version'`: the command failed with exit status 1: Permission",
            id="no right to ask the daemon",
        ),
        pytest.param(
            {"vtysh": "exit 1", "birdc": BIRD, "ip": LINUX},
            "platform not detected: `vtysh -c 'show version'`: the command failed with exit status 1; bird answers; ",
            id="one of two is silent",
        ),
        pytest.param({}, "platform not detected: none of ", id="nothing"),
    ],
)  # fmt: skip
def test_what_is_not_sure_is_a_failure_with_the_remedy(
    programs: Path, programs_there: dict[str, str], failure: str
) -> None:
    install(programs, **programs_there)
    ((platform, found),) = asked().values()
    assert platform is None
    assert found is not None
    assert found.startswith(failure)
    assert found.endswith("add `platform:` to it in ecmpaudit.yaml")


def test_a_host_that_is_not_reached_has_its_failure(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("", encoding="utf-8")
    router = {"host": "127.0.0.1", "port": 1, "config": str(tmp_path / "none")}
    (capture,) = collect(targets_of(Configuration.model_validate({"routers": {"tor1": router}})))
    assert capture.failure is not None
    assert capture.failure.startswith("connection refused by 127.0.0.1 port 1")


def test_a_terminal_has_to_know_the_platform() -> None:
    configuration = Configuration.model_validate({"routers": {"tor1": {"transport": "netmiko"}}})
    with pytest.raises(ConfigurationError, match=r"^routers.tor1: transport netmiko has to know the platform; "):
        targets_of(configuration)


def test_a_check_reports_the_platform_that_it_detected(tmp_path: Path, programs: Path) -> None:
    install(programs, vtysh=FRR)
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(json.dumps({"routers": {"tor1": {"transport": "local"}}}), encoding="utf-8")
    run = CliRunner().invoke(app, ["scan", "--check", "-v", "-c", str(file)])
    assert run.exit_code == 0, run.output
    assert run.stdout.splitlines()[1].split() == ["tor1", "frr", "local", "answered", "-", "0.0", "10.2.1"]
    assert os.environ["PATH"] == str(programs)
