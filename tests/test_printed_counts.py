"""Numbers that an output prints of itself: a lower number of what was read is a contradiction, with both lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.bgp_table import read_bgp_table
from ecmpaudit.parsing.reading import read_capture

FIXTURES = Path(__file__).parent / "fixtures"
HUAWEI_4 = "huawei_vrp/display_ip_routing-table--ecmp.txt"
HUAWEI_6 = "huawei_vrp/display_ipv6_routing-table--ecmp.txt"
COMWARE_4 = "hp_comware/display_ip_routing-table--comware_7.txt"
COMWARE_6 = "hp_comware/display_ipv6_routing-table--ecmp.txt"
JUNOS_4 = "juniper_junos/show_route--active_and_rivals.txt"
JUNOS_6 = "juniper_junos/show_route--ipv6.txt"
IOS_4 = "cisco_ios/show_ip_route--one_mask_and_several.txt"
IOS_6 = "cisco_ios/show_ipv6_route--updated.txt"
PANOS = "paloalto_panos/show_routing_route--ecmp.txt"
AOSCX = "aruba_aoscx/show_ip_route_columns--ecmp.txt"


def lines_of(name: str) -> list[str]:
    return (FIXTURES / name).read_text(encoding="utf-8").splitlines(keepends=True)


def reported(text: str, command: str | None, platform: str) -> list[tuple[int, str]]:
    """Return the lines that contradict a count, each with its reason."""
    table = read_capture(Capture("rx1", platform, command, text, "table.txt"))
    return [(line.line, line.reason) for line in table.unparsed if " it says " in line.reason]


def raised(name: str, count: str, higher: str) -> str:
    """Return a fixture in which a count is higher: then fewer routes are listed than it says."""
    text = "".join(lines_of(name))
    assert count in text
    return text.replace(count, higher, 1)


CASES = {
    "Huawei's destinations": (
        HUAWEI_4, "Destinations : 7 ", "Destinations : 8 ", None, "it says 8 prefixes, and 7 are listed"),
    "Huawei's routes": (HUAWEI_4, "Routes : 9", "Routes : 10", None, "it says 10 next hops, and 9 are listed"),
    "Huawei's IPv6 routes": (HUAWEI_6, "Routes : 5", "Routes : 6", None, "it says 6 next hops, and 5 are listed"),
    "Comware's routes": (COMWARE_4, "Routes : 8", "Routes : 9", None, "it says 9 next hops, and 8 are listed"),
    "Comware's IPv6 destinations": (
        COMWARE_6, "Destinations : 3 ", "Destinations : 4 ", None, "it says 4 prefixes, and 3 are listed"),
    "Junos' destinations": (
        JUNOS_4, "inet.0: 9 dest", "inet.0: 10 dest", "show route", "it says 10 prefixes, and 8 are listed"),
    "Junos' IPv6 routes": (
        JUNOS_6, "4 routes (4", "5 routes (5", "show route | no-more", "it says 5 routes, and 4 are listed"),
    "IOS' subnets": (
        IOS_4, "variably subnetted, 4 ", "variably subnetted, 5 ", "show ip route",
        "it says 5 prefixes, and 4 are listed"),
    "IOS' IPv6 entries": (
        IOS_6, "red - 4 entries", "red - 5 entries", "show ipv6 route", "it says 5 prefixes, and 4 are listed"),
    "PAN-OS' routes": (
        PANOS, "routes shown: 10", "routes shown: 11", None, "it says 11 next hops, and 10 are listed"),
    "AOS-CX' routes": (AOSCX, "Count : 4", "Count : 7", "show ip route", "it says 7 next hops, and 6 are listed"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_fewer_than_the_output_says_is_reported_with_both_lines(case: str) -> None:
    name, count, higher, command, reason = CASES[case]
    text = raised(name, count, higher)
    platform = name.partition("/")[0]
    found = reported(text, command, platform)
    assert [why for _, why in found] == [f"contradicts itself: {reason}"] * 2
    place = next(number for number, line in enumerate(text.splitlines(), 1) if higher.strip() in line)
    assert place in [number for number, _ in found]
    assert reported("".join(lines_of(name)), command, platform) == []


@pytest.mark.parametrize("name", [HUAWEI_4, COMWARE_4], ids=["Huawei", "Comware"])
def test_a_line_that_was_lost_is_noticed_by_the_count(name: str) -> None:
    lines = lines_of(name)
    of_next_hops = [place for place, line in enumerate(lines) if " BGP " in line or " O_" in line or " Static " in line]
    without = [line for place, line in enumerate(lines) if place != of_next_hops[-1]]
    assert reported("".join(without), None, name.partition("/")[0]) != []


@pytest.mark.parametrize(
    "name, command",
    [
        (JUNOS_4, None),
        (JUNOS_4, "show route protocol bgp"),
        (JUNOS_4, "show route 198.51.100.0/24"),
        (IOS_4, None),
        (IOS_4, "show ip route bgp"),
        (IOS_6, "show ipv6 route bgp"),
    ],
)
def test_a_count_of_the_whole_table_is_not_compared_with_a_part_of_it(name: str, command: str | None) -> None:
    counts = {JUNOS_4: ("9 destinations", "90 destinations"), IOS_4: ("3 subnets", "30 subnets"),
              IOS_6: ("4 entries", "40 entries")}  # fmt: skip
    assert reported(raised(name, *counts[name]), command, name.partition("/")[0]) == []


def test_a_count_that_a_filter_left_is_not_compared() -> None:
    text = raised(HUAWEI_4, "Routes : 9", "Routes : 90")
    assert reported(text, "display ip routing-table | include 198", "huawei_vrp") == []


@pytest.mark.parametrize("family", [4, 6])
def test_bird_counts_what_it_listed(family: int) -> None:
    prefix, via = ("198.51.100.7/32", "192.0.2.1") if family == 4 else ("2001:db8:100::7/128", "2001:db8::1")
    head = f"BIRD 2.0.12 ready.\nTable master{family}:\n"
    route = f"{prefix:<20} unicast [node1 10:15:00.000] * (100) [AS64513i]\n\tvia {via} on eth0\n"
    command = "birdc 'show route stats'"
    text = f"{head}{route}2 of 5 routes for 3 networks in table master{family}\n"
    assert [why for _, why in reported(text, command, "bird")] == [
        "contradicts itself: it says 2 routes, and 1 are listed"
    ] * 2
    assert reported(text.replace("2 of 5", "1 of 5"), command, "bird") == []


@pytest.mark.parametrize("name", ["show_bgp_ipv4_unicast--all_columns.txt", "show_bgp_ipv6_unicast--wrapped.txt"])
def test_the_bgp_table_of_frr_lists_what_its_last_line_says(name: str) -> None:
    text = (FIXTURES / "frr" / name).read_text(encoding="utf-8")
    command = "show bgp ipv6 unicast" if "ipv6" in name else "show bgp ipv4 unicast"

    def reasons(changed: str, asked: str = command) -> list[str]:
        return [line.reason for line in read_bgp_table(Capture("rx1", "frr", asked, changed, "bgp.txt")).unparsed]

    assert reasons(text) == []
    routes, paths = ("5 routes", "14 total") if "ipv4" in name else ("3 routes", "5 total")
    more_routes, more_paths = text.replace(routes, "6 routes"), text.replace(paths, "15 total")
    listed = routes.partition(" ")[0]
    assert reasons(more_routes) == [f"contradicts itself: it says 6 prefixes, and {listed} are listed"] * 2
    assert (
        reasons(more_paths) == [f"contradicts itself: it says 15 paths, and {paths.partition(' ')[0]} are listed"] * 2
    )
    assert reasons(more_paths, f"{command} 192.0.2.0/24") == []
