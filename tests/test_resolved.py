"""What a command asks for: one test case for each form of command that people type and scans send."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.resolved import Resolved, resolve
from ecmpaudit.platforms.registry import FactFormat, ScanCommand, platforms


def resolved(platform: str | None, command: str | None, text: str = "") -> Resolved:
    return resolve(Capture("tor1", platform, command, text, "test"))


def form_name(found: Resolved) -> str | None:
    """Return the reader's or the template's name of the form."""
    if isinstance(found.form, FactFormat):
        return found.form.reader
    return found.form.template.name if found.form else None


@pytest.mark.parametrize("platform, command, form, family, vrf, peer, whole", [
    # FRR: route tables
    ("frr", "show ip route", "show_ip_route.textfsm", 4, None, None, True),
    ("frr", "show ipv6 route vrf all", "show_ip_route.textfsm", 6, None, None, True),
    ("frr", "vtysh -c 'show ip route vrf red'", "show_ip_route.textfsm", 4, "red", None, True),
    ("frr", "show ip route 198.51.100.0/24 longer-prefixes", "show_ip_route.textfsm", 4, None, None, False),
    ("frr", "show ip route 198.51.100.7/32", "show_ip_route.textfsm", 4, None, None, False),
    ("frr", "sudo vtysh -c 'show ipv6 route json'", "show_ip_route.textfsm", 6, None, None, True),
    # FRR: BGP tables
    ("frr", "show bgp ipv4 unicast", "show_bgp.textfsm", 4, None, None, True),
    ("frr", "show bgp vrf red ipv6 unicast json", "show_bgp.textfsm", 6, "red", None, True),
    ("frr", "show ip bgp", "show_bgp.textfsm", 4, None, None, True),
    ("frr", "show bgp", "show_bgp.textfsm", None, None, None, True),
    ("frr", "show bgp ipv6 unicast 2001:db8::/32 json", "show_bgp.textfsm", 6, None, None, False),
    ("frr", "show bgp ipv6 unicast 2001:db8::/32 longer-prefixes json", "show_bgp.textfsm", 6, None, None, True),
    # FRR: other facts
    ("frr", "vtysh -c 'show bgp vrf all summary json'", "frr summary", None, None, None, True),
    ("frr", "show ip bgp summary", "frr summary", 4, None, None, True),
    ("frr", "show bgp vrf red ipv6 unicast summary", "frr summary", 6, "red", None, True),
    ("frr", "show bgp ipv4 unicast summary failed", "frr summary", 4, None, None, False),
    ("frr", "show bgp vrf all neighbors json", "frr neighbors", None, None, None, True),
    ("frr", "show bgp neighbors 192.0.2.1 json", "frr neighbors", None, None, "192.0.2.1", True),
    ("frr", "show bgp ipv6 unicast neighbors 192.0.2.1 advertised-routes json", "frr advertised", 6, None, "192.0.2.1",
     True),
    ("frr", "show bgp ipv4 unicast neighbors eth1 advertised-routes json", "frr advertised", 4, None, "eth1", True),
    ("frr", "show running-config", "frr configuration", None, None, None, True),
    # Both families in one command
    ("frr", "sysctl net.ipv4.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_policy", "hash policy", None, None,
     None, True),
    ("frr", "sysctl net.ipv6.fib_multipath_hash_policy", "hash policy", 6, None, None, True),
    # BIRD
    ("bird", "birdc -r 'show route all'", "show_route.textfsm", None, None, None, True),
    ("bird", "birdc6 show route", "show_route.textfsm", 6, None, None, True),
    ("bird", "birdc -r 'show route where net ~ [ 198.51.100.0/24+ ]'", "show_route.textfsm", 4, None, None, False),
    ("bird", "birdc -r 'show route where net ~ [ 2001:db8::/32+ ]'", "show_route.textfsm", 6, None, None, False),
    ("bird", "birdc -r 'show route export tor1'", "bird exports", None, None, "tor1", True),
    ("bird", "birdc -r 'show route export tor1 where net ~ [ 2001:db8::/32+ ]'", "bird exports", 6, None, "tor1", True),
    ("bird", "birdc show protocols all", "bird protocols", None, None, None, True),
    ("bird", "birdc show protocols all node1", "bird protocols", None, None, "node1", False),
    ("bird", "cat /etc/bird/bird.conf", "bird configuration", None, None, None, True),
    ("bird", "cat /etc/bird/bird6.conf", "bird configuration", 6, None, None, True),
    # GoBGP
    ("gobgp", "gobgp global rib", "global_rib.textfsm", 4, None, None, True),
    ("gobgp", "gobgp global rib -a ipv6", "global_rib.textfsm", 6, None, None, True),
    ("gobgp", "gobgp neighbor -j", "gobgp neighbors", None, None, None, True),
    ("gobgp", "gobgp neighbor 192.0.2.101 adj-out -a ipv6 -j", "gobgp exports", 6, None, "192.0.2.101", True),
    # Linux, also on a host of another platform
    ("linux", "ip route", "ip_route.textfsm", 4, None, None, True),
    ("frr", "ip -j -6 route show table all", "ip_route.textfsm", 6, None, None, True),
    ("linux", "ip -4 route show table 100", "ip_route.textfsm", 4, None, None, False),
    ("bird", "ip -j address", "addresses", None, None, None, True),
    ("linux", "sudo ip -4 a s dev kube-lb0", "addresses", 4, None, None, True),
    ("linux", "ip address show up scope global", "addresses", None, None, None, False),
    # others
    ("cisco_iosxr", "show route", "show_route.textfsm", 4, None, None, True),
    ("cisco_iosxr", "show route vrf RED ipv6 unicast", "show_route.textfsm", 6, "RED", None, None),
    ("juniper_junos", "show route", "show_route.textfsm", None, None, None, True),
    ("juniper_junos", "show route table inet6.0", "show_route.textfsm", 6, None, None, True),
    ("huawei_vrp", "display ip routing-table vpn-instance RED", "display_ip_routing-table.textfsm", 4, "RED", None,
     True),
    ("nokia_srl", "show network-instance red route-table ipv6-unicast prefix 2001:db8::1/128 detail",
     "route-table_detail.textfsm", 6, "red", None, False),
])  # fmt: skip
def test_a_command_says_what_its_answer_is_about(
    platform: str,
    command: str,
    form: str,
    family: int | None,
    vrf: str | None,
    peer: str | None,
    whole: bool | None,
) -> None:
    found = resolved(platform, command)
    assert (form_name(found), found.family, found.vrf, found.peer) == (form, family, vrf, peer)
    assert whole is None or found.whole is whole


@pytest.mark.parametrize("command, is_unicast", [
    ("show bgp l2vpn evpn summary", False),
    ("show bgp ipv4 vpn summary", False), ("show bgp ipv4 unicast summary", True),
])  # fmt: skip
def test_sessions_of_other_address_families_are_known_by_their_command(command: str, is_unicast: bool) -> None:
    assert resolved("frr", command).is_unicast is is_unicast


def test_a_command_of_several_platforms_leaves_the_form_to_the_text() -> None:
    assert resolved(None, "show route").form is None
    assert resolved(None, "show ip route").family == 4
    assert form_name(resolved(None, "ip -6 route")) == "ip_route.textfsm"


def test_a_pasted_text_is_known_by_its_lines_and_names_neither_family_nor_peer() -> None:
    found = resolved(None, None, "Neighbor        V         AS   MsgRcvd   MsgSent\n")
    assert found == Resolved(found.form, None, None, None, None, whole=True)
    assert form_name(found) == "frr summary"
    assert form_name(resolved(None, None, "   Network          Next Hop            Metric LocPrf Weight Path\n")) == (
        "show_bgp.textfsm"
    )
    assert resolved(None, None, "198.51.100.7 via 192.0.2.1 dev eth0\n").form is None


def _filled(command: ScanCommand) -> str:
    """Return a command with words in its places."""
    text = command.command.replace("{pools}", command.each or "").replace("{name}", "tor1")
    text = text.replace("{address}", "192.0.2.1")
    return text.replace("{pool}", "192.0.2.0/24").replace("{above}", "192.0.2.0/23").replace("{around}", "192.0.0.0/16")


def test_every_scanned_command_that_is_no_route_table_has_one_form() -> None:
    without = [
        (platform.name, command.command)
        for platform in platforms().values()
        for command in (*platform.scan_router, *platform.scan_node)
        if resolved(command.platform or platform.name, _filled(command)).form is None
    ]
    assert without == [("mikrotik_routeros", "/ip route print without-paging")]  # RouterOS 6 and 7 differ by the text
