"""Who a scan asks, and what: the routers, and the nodes that can be reached, each with the commands of its platform."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.errors import ConfigurationError

CONFIGURATION: dict[str, Any] = {
    "routers": {
        "tor1": {"platform": "frr", "host": "192.0.2.1"},
        "tor2": {"platform": "bird", "host": "2001:db8::2", "command_prefix": "docker exec bird"},
    },
    "nodes": {
        "node1": {"addresses": ["192.0.2.101"], "host": "192.0.2.101", "platform": "bird"},
        "node2": {"addresses": ["2001:db8::102"], "host": "2001:db8::102"},
        "node3": {"addresses": ["192.0.2.103", "2001:db8::103"]},
    },
}
OF_FRR = "vtysh -c 'show ip route vrf all'"
OF_BIRD = "birdc -r 'show route all'"


def configuration(**changes: Any) -> Configuration:
    return Configuration.model_validate(CONFIGURATION | changes)


@pytest.mark.parametrize(
    "only,names",
    [
        ((), ["tor1", "tor2", "node1", "node2"]),
        (("tor2",), ["tor2", "node1", "node2"]),
        (("tor2", "tor1"), ["tor1", "tor2", "node1", "node2"]),
    ],
)
def test_routers_are_asked_and_the_nodes_with_a_host(only: tuple[str, ...], names: list[str]) -> None:
    assert [target.name for target in targets_of(configuration(), only)] == names


def test_each_target_is_asked_what_its_platform_has_for_its_part() -> None:
    tor1, tor2, node1, node2 = targets_of(configuration())
    assert (OF_FRR in tor1.commands, OF_BIRD in tor1.commands) == (True, False)
    assert (OF_FRR in tor2.commands, OF_BIRD in tor2.commands) == (False, True)
    assert "birdc -r 'show protocols all'" in node1.commands
    assert OF_BIRD not in node1.commands
    assert (node2.platform, node2.commands) == ("linux", ("ip -j address",))
    assert [target.command_prefix for target in (tor1, tor2)] == [(), ("docker", "exec", "bird")]


def test_hosts_with_a_shell_run_four_commands_at_once_and_vendors_one() -> None:
    routers = {
        "tor1": {"platform": "frr"},
        "tor2": {"platform": "bird", "commands_at_once": 1},
        "tor3": {"platform": "arista_eos", "transport": "paramiko", "commands_at_once": 4},
    }
    asked = [target.commands_at_once for target in targets_of(configuration(routers=routers, nodes={}))]
    assert asked == [4, 1, 1]
    in_a_session = [target.commands_in_a_session for target in targets_of(configuration(routers=routers, nodes={}))]
    assert in_a_session == [16, 16, 1]
    few = configuration(routers=routers, nodes={}, ssh={"commands_at_once": 2})
    assert [target.commands_at_once for target in targets_of(few)] == [2, 1, 1]


@pytest.mark.parametrize(
    "changes,only,reason",
    [
        ({}, ("tor9",), "tor9: no such router; the configuration has tor1, tor2"),
        ({"routers": {}}, (), "the configuration has no routers to ask; add them under `routers:`"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_add(
    changes: dict[str, Any], only: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(reason)}$"):
        targets_of(configuration(**changes), only)


@pytest.mark.parametrize("given", [{"sudo": True}, {"command_prefix": "ip netns exec fabric"}])
def test_a_command_line_without_a_shell_has_no_sudo_and_no_prefix(given: dict[str, Any]) -> None:
    routers = {"tor1": {"platform": "cisco_ios", "transport": "netmiko", **given}}
    with pytest.raises(ConfigurationError, match=r"^tor1: sudo and command_prefix are not for transport netmiko"):
        targets_of(configuration(routers=routers))


def test_a_command_line_without_a_shell_names_the_platforms_that_have_one() -> None:
    with pytest.raises(ConfigurationError) as refused:
        targets_of(configuration(routers={"tor1": {"transport": "netmiko"}}))
    known = str(refused.value).partition("with one of ")[2].split(", ")
    assert {"cisco_ios", "arista_eos"} <= set(known)
    assert {"frr", "bird", "linux"}.isdisjoint(known)


@pytest.mark.parametrize("kind", ["router", "node"])
def test_a_platform_without_commands_is_refused_with_where_to_add_them(kind: str) -> None:
    host = {"addresses": ["192.0.2.109"], "host": "192.0.2.109", "platform": "vmware_nsx"}
    if kind == "router":
        del host["addresses"]
    with pytest.raises(ConfigurationError) as refused:
        targets_of(configuration(**{f"{kind}s": {"rack1": host}}))
    assert str(refused.value) == (
        f"{kind}s.rack1: a scan has no commands for platform vmware_nsx; add `{kind} = [...]` under `[scan]` in its "
        "platform.toml, or give its output as files to `ecmpaudit analyze`"
    )
