"""iproute2's words are pairs and flags, whatever blanks separate them; `default` is never guessed to be IPv4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from ecmpaudit.parsing.route_table import RouteTable


def read(text: str, command: str | None = None, platform: str = "linux") -> RouteTable:
    return read_capture(Capture("tor1", platform, command, text, "table"))


def hops(table: RouteTable) -> list[tuple[str, str, str | None, str | None]]:
    columns = table.frame.select("vrf", "prefix", "next_hop", "interface")
    return [(row[0], row[1], row[2], row[3]) for row in columns.iter_rows()]


DOUBLE_BLANKS = (
    "default via 10.0.0.254 dev eth0  proto static  metric 100 \n"
    "10.0.0.0/24 dev eth0  proto kernel  scope link  src 10.0.0.5 \n"
    "10.1.0.0/24  proto zebra  metric 20 \n"
    "\tnexthop via 192.168.12.2  dev eth1 weight 1\n"
    "\tnexthop via 192.168.13.2  dev eth2 weight 1 linkdown\n"
    "10.2.0.0/24 via 192.168.12.2 dev eth1  proto zebra  metric 20 linkdown\n"
)


def test_the_double_blanks_of_older_versions_are_read_as_single_ones() -> None:
    table = read(DOUBLE_BLANKS)
    assert table.unparsed == ()
    assert hops(table) == [
        ("default", "0.0.0.0/0", "10.0.0.254", "eth0"),
        ("default", "10.0.0.0/24", None, "eth0"),
        ("default", "10.1.0.0/24", "192.168.12.2", "eth1"),
        ("default", "10.1.0.0/24", "192.168.13.2", "eth2"),
        ("default", "10.2.0.0/24", "192.168.12.2", "eth1"),
    ]
    assert table.frame["marks"].to_list() == ["", "", "", "linkdown", "linkdown"]
    squeezed = read(DOUBLE_BLANKS.replace("  ", " "))
    assert hops(squeezed) == hops(table)


def test_details_of_next_hop_objects_below_a_route_are_no_lost_next_hops() -> None:
    table = read(
        "198.51.100.0/24 nhid 14 via 192.0.2.101 dev eth1 proto zebra metric 20\n"
        "\tnh_info id 14 via 192.0.2.101 dev eth1 scope link proto zebra\n"
    )
    assert table.unparsed == ()
    assert hops(table) == [("default", "198.51.100.0/24", "192.0.2.101", "eth1")]


@pytest.mark.parametrize(
    "line, prefix",
    [
        ("unreachable default dev lo table unspec proto kernel metric 4294967295 error -101 pref medium", "::/0"),
        ("unreachable default dev lo  table unspec  proto kernel  metric 4294967295  error -101", "::/0"),
        ("default dev tun0 proto static metric 1024 pref medium", "::/0"),
        ("blackhole default dev lo metric 1024", "::/0"),
        ("default via 192.0.2.254 dev eth0", "0.0.0.0/0"),
        ("default via fe80::1 dev eth0 proto ra metric 1024 pref medium", "::/0"),
    ],
)
def test_the_words_of_a_default_route_show_its_family(line: str, prefix: str) -> None:
    assert read(f"{line}\n").frame["prefix"].to_list() == [prefix]


@pytest.mark.parametrize("others", ["", "198.51.100.0/24 dev eth0\n2001:db8::/64 dev eth0\n"], ids=["alone", "mixed"])
def test_a_default_route_of_which_nothing_shows_the_family_is_not_guessed(others: str) -> None:
    table = read(f"default dev tun0\n{others}")
    assert [line.reason for line in table.unparsed] == ["nothing shows whether this default is of IPv4 or of IPv6"]
    assert "0.0.0.0/0" not in table.frame["prefix"].to_list()


@pytest.mark.parametrize("command, prefix", [("ip route", "0.0.0.0/0"), ("ip -6 route", "::/0")])
def test_the_command_shows_the_family_of_a_default_route(command: str, prefix: str) -> None:
    assert read("default dev tun0\n", command).frame["prefix"].to_list() == [prefix]


@pytest.mark.parametrize(
    "command, vrf",
    [
        ("ip route show table 100", "100"),
        ("ip -6 route show table 100", "100"),
        ("ip route show table uplink", "uplink"),
        ("ip route show table main", "default"),
        ("ip route show table 254", "default"),
        ("ip route show table all", "default"),
        ("ip route", "default"),
    ],
)
def test_a_table_that_is_asked_for_is_where_its_routes_are(command: str, vrf: str) -> None:
    line = "2001:db8::/64 via fe80::1 dev eth0\n" if "-6" in command else "198.51.100.0/24 via 192.0.2.1 dev eth0\n"
    assert read(line, command).frame["vrf"].to_list() == [vrf]


FRR_ROUTE = "B>* {0} [20/0] via {1}, eth0, weight 1, 00:10:00\n"


@pytest.mark.parametrize(
    "heading, vrf",
    [
        ("VRF default table 88:", "default table 88"),
        ("IPv4 unicast VRF default table 20:", "default table 20"),
        ("IPv4 unicast table 20:", "default table 20"),
        ("table 20:", "default table 20"),
        ("VRF red table 1001:", "red table 1001"),
        ("VRF default table 254:", "default"),
        ("IPv4 unicast VRF default:", "default"),
        ("VRF red:", "red"),
    ],
)
@pytest.mark.parametrize("route", [("198.51.100.7/32", "192.0.2.1"), ("2001:db8::7/128", "fe80::1")], ids=["4", "6"])
def test_a_heading_of_frr_names_the_table(heading: str, vrf: str, route: tuple[str, str]) -> None:
    text = f"{heading}\n{FRR_ROUTE.format(*route)}\nVRF default:\n{FRR_ROUTE.format(*route)}"
    table = read(text, platform="frr")
    assert table.unparsed == ()
    assert table.frame["vrf"].to_list() == [vrf, "default"]


def test_frrs_json_names_the_table() -> None:
    route = (
        '{"prefix":"198.51.100.7/32","protocol":"static","vrfName":"default","table":%d,'
        '"nexthops":[{"ip":"192.0.2.9","fib":true,"active":true}]}'
    )
    tables = {
        number: read('{"198.51.100.7/32":[' + route % number + "]}", platform="frr").frame["vrf"].to_list()
        for number in (88, 254)
    }
    assert tables == {88: ["default table 88"], 254: ["default"]}


@pytest.mark.parametrize(
    "key, kind", [("adminProhibited", "prohibit"), ("reject", "unreachable"), ("blackhole", "blackhole")]
)
def test_frrs_json_names_the_kind_of_a_route_that_rejects_packets(key: str, kind: str) -> None:
    hop = f'{{"unreachable":true,"{key}":true,"active":true,"fib":true}}'
    text = (
        f'{{"198.51.100.7/32":[{{"prefix":"198.51.100.7/32","protocol":"static","selected":true,"nexthops":[{hop}]}}]}}'
    )
    assert read(text, platform="frr").frame["kind"].to_list() == [kind]


def test_sonics_inactive_next_hop_has_no_comma_before_its_age() -> None:
    table = read(
        "S 0.0.0.0/0 [200/0] via 192.0.2.1, inactive 1d11h20m\n" + FRR_ROUTE.format("198.51.100.7/32", "192.0.2.1"),
        platform="frr",
    )
    assert table.unparsed == ()
    assert table.frame.select("next_hop", "active", "installed").row(0) == ("192.0.2.1", False, False)
