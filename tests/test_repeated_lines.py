"""A line of a route that is in a table twice, character for character: a copy has it, a router never prints it."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.parsing.reading import read_capture

REASON = "contradicts itself: the same line twice"
CONNECTED = {
    "arista_eos": " C        192.0.2.0/24 is directly connected, Ethernet1\n",
    "cisco_ios": "C        192.0.2.0/24 is directly connected, GigabitEthernet0/0\n",
    "cisco_iosxr": "C    192.0.2.0/24 is directly connected, 04:43:54, GigabitEthernet0/0/0/1\n",
    "linux": "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 \n",
    "linux IPv6": "2001:db8::/64 dev eth0 proto kernel metric 256 pref medium\n",
    "gobgp": "*  198.51.100.1/32      192.0.2.102          64497                00:00:03   [{Origin: i}]\n",
    "gobgp IPv6": "*  2001:db8:1::1/128    2001:db8::103        64497                00:00:03   [{Origin: i}]\n",
    "edgeos IPv6": "C      2001:db8::/64 via ::, eth4, 4d21h12m\n",
    "huawei_vrp": "     203.0.113.0/24 Static  60   0             DB  0.0.0.0         NULL0\n",
    "juniper_junos_forwarding IPv6": "ff00::/8           perm     0                    mdsc       43     1\n",
}
COMMAND = {
    "arista_eos": "show ip route",
    "cisco_ios": "show ip route",
    "cisco_iosxr": "show route",
    "linux": "ip route",
    "linux IPv6": "ip -6 route",
    "gobgp": "gobgp global rib",
    "gobgp IPv6": "gobgp global rib -a ipv6",
    "edgeos IPv6": "show ipv6 route",
    "huawei_vrp": "display ip routing-table",
    "juniper_junos_forwarding IPv6": "show route forwarding-table",
}


def capture_of(case: str, text: str, source: str = "table.txt") -> Capture:
    return Capture("rx1", case.partition(" ")[0], COMMAND[case], text, source)


def repeated(case: str, text: str) -> list[int]:
    """Return the lines that are reported as one line twice."""
    return [line.line for line in read_capture(capture_of(case, text)).unparsed if line.reason == REASON]


@pytest.mark.parametrize("case", CONNECTED)
def test_a_line_twice_is_reported_at_both_places(case: str) -> None:
    line = CONNECTED[case]
    assert repeated(case, f"{line}{line}") == [1, 2]
    assert repeated(case, line) == []


@pytest.mark.parametrize("case", ["linux", "linux IPv6", "gobgp"])
def test_each_of_many_tables_has_its_own_lines(case: str) -> None:
    """Tables of several routers are parsed as one text, and the same line is in each of them."""
    once, twice = CONNECTED[case], CONNECTED[case] * 2
    captures = [capture_of(case, text, f"{n}.txt") for n, text in enumerate([once, once, twice])]
    found = [len(table.unparsed) for table in read_captures(captures) if hasattr(table, "unparsed")]
    assert found == [0, 0, 2]


def test_a_connected_route_that_is_not_selected_may_be_listed_for_each_of_its_addresses() -> None:
    lines = (
        "C    *> 192.0.2.0/24 is directly connected, eth4\n" + "C    *  192.0.2.0/24 is directly connected, eth4\n" * 2
    )
    capture = Capture("rx1", "edgeos", "show ip route database", lines, "table.txt")
    assert REASON not in [line.reason for line in read_capture(capture).unparsed]


def test_equal_lines_of_two_vrfs_are_two_routes() -> None:
    line = CONNECTED["huawei_vrp"]
    text = f"Routing Tables: RED\n{line}\nRouting Tables: BLUE\n{line}"
    assert repeated("huawei_vrp", text) == []


def test_equal_lines_of_next_hops_below_two_prefixes_are_two_next_hops() -> None:
    hops = "\tnexthop via 192.0.2.101 dev eth0 weight 1\n\tnexthop via 192.0.2.102 dev eth0 weight 1\n"
    text = f"198.51.100.1 proto bgp metric 20\n{hops}198.51.100.2 proto bgp metric 20\n{hops}"
    assert read_capture(capture_of("linux", text)).unparsed == ()
