"""Transports in the configuration and on the command line, and one audit that is the same by each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.transports.registry import TRANSPORTS
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.configuration.transports import TransportName
from ecmpaudit.errors import ConfigurationError
from tests.scanned_router import scanned_router

if TYPE_CHECKING:
    from pathlib import Path


def configured(**sections: Any) -> Configuration:
    return Configuration.model_validate(sections)


def test_every_transport_of_the_configuration_is_there() -> None:
    assert list(TRANSPORTS) == list(TransportName)


def test_a_host_has_its_own_transport_or_that_of_all() -> None:
    routers = {"tor1": {"platform": "frr"}, "tor2": {"platform": "frr", "transport": "local"}}
    assert [t.transport for t in targets_of(configured(routers=routers))] == ["paramiko", "local"]
    default = configured(routers=routers, ssh={"transport": "openssh"})
    assert [t.transport for t in targets_of(default)] == ["openssh", "local"]
    assert [t.transport for t in targets_of(default.reached_by(TransportName.PARAMIKO))] == ["paramiko", "local"]


def test_a_node_that_is_this_machine_is_asked_without_a_host() -> None:
    configuration = configured(
        routers={"tor1": {"platform": "frr"}},
        nodes={
            "here": {"transport": "local", "addresses": "192.0.2.101"},
            "silent": {"addresses": "192.0.2.102"},
        },
    )
    assert [(t.name, t.host, t.transport) for t in targets_of(configuration)] == [
        ("tor1", None, "paramiko"),
        ("here", None, "local"),
    ]


@pytest.mark.parametrize(
    "written,words",
    [
        ("docker exec bgp", ("docker", "exec", "bgp")),
        ("ip netns exec 'a b'", ("ip", "netns", "exec", "a b")),
        (["ip", "netns", "exec", "a b; reboot"], ("ip", "netns", "exec", "a b; reboot")),
        ([], ()),
    ],
)
def test_a_prefix_is_a_list_or_a_text_of_words(written: Any, words: tuple[str, ...]) -> None:
    (target,) = targets_of(configured(routers={"tor1": {"platform": "frr", "command_prefix": written}}))
    assert target.command_prefix == words


@pytest.mark.parametrize(
    "entry,problem",
    [
        ("transport: telnet", "expected one of paramiko, openssh, "),
        ('command_prefix: "docker \'exec"', "expected words, as a list such as [docker, exec, bgp]"),
        ("command_prefix: [docker, {a: b}]", "expected words, as a list such as [docker, exec, bgp]"),
        ('command_prefix: [docker, "a\\nb"]', "expected words, as a list such as [docker, exec, bgp]"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, entry: str, problem: str) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(f"routers:\n  tor1:\n    {entry}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(file)
    assert "line 3" in str(raised.value) or ":3" in str(raised.value)
    assert problem in str(raised.value)


@pytest.mark.parametrize("setting", ["password_env", "passphrase_env"])
def test_openssh_takes_no_secret_from_a_variable(setting: str) -> None:
    configuration = configured(routers={"tor1": {"platform": "frr", "transport": "openssh", setting: "SECRET"}})
    with pytest.raises(ConfigurationError, match=r"^tor1: .* are not for transport openssh"):
        targets_of(configuration)


def test_hosts_are_listed_with_their_transport(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("tor1 platform=frr transport=openssh\ntor2 platform=frr\n", encoding="utf-8")
    printed = CliRunner().invoke(app, ["config", "hosts", "--inventory", str(tmp_path / "hosts")]).stdout
    rows = [line.split()[:4] for line in printed.splitlines()]
    assert rows == [
        ["kind", "name", "host", "transport"],
        ["router", "tor1", "tor1", "openssh"],
        ["router", "tor2", "tor2", "paramiko"],
    ]


@pytest.mark.sshd
def test_each_transport_gives_the_same_findings(tmp_path: Path) -> None:
    """The router's answers come from a script that is the command prefix, here and over SSH."""
    with scanned_router(tmp_path) as router:
        router.set_table("172.30.250.101")
        reports = {}
        for transport in ("paramiko", "openssh", "local"):
            ended = router.scan("--format", "json", "--transport", transport)
            assert ended.returncode == 1, ended
            reports[transport] = json.loads(ended.stdout)["findings"]
        checked = router.scan("--check", "-v", "--transport", "local").stdout.splitlines()
    assert reports["paramiko"]
    assert reports["openssh"] == reports["paramiko"]
    by_ssh = json.dumps(reports["paramiko"])
    assert json.dumps(reports["local"]) == by_ssh.replace("ssh tor1: ", "local tor1: ")
    assert checked[1].split()[:3] == ["tor1", "frr", "local"]
