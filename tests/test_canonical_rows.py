"""Every value of the canonical rows that small tables of each daemon give, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.reading import read_capture

USUAL: dict[str, Any] = {
    "router": "tor1",
    "vrf": "default",
    "family": 4,
    "protocol": "bgp",
    "distance": None,
    "metric": None,
    "selected": True,
    "next_hop": None,
    "interface": None,
    "weight": None,
    "installed": True,
    "active": True,
    "recursive_depth": 0,
    "kind": "unicast",
    "age": None,
    "source": None,
    "next_hop_vrf": None,
    "marks": "",
}
"""The values of a row where a test does not name others."""


def rows(platform: str, text: str, command: str | None = None) -> list[dict[str, Any]]:
    """Return the unusual values of each row."""
    table = read_capture(Capture("tor1", platform, command, text, "t", first_line=11))
    return [
        {name: value for name, value in row.items() if name not in USUAL or USUAL[name] != value}
        for row in table.frame.to_dicts()
    ]


def rejected(platform: str, text: str) -> list[tuple[int, str]]:
    return [(line.line, line.reason) for line in read_capture(Capture("tor1", platform, None, text, "t")).unparsed]


AGE = "eth0, weight 1, 00:00:05"


def test_rows_of_frr() -> None:
    text = f"""\
VRF blue:
O   198.51.100.0/24 [110/20] via 192.0.2.1, {AGE}
B>* 198.51.100.0/24 [200/0] via 203.0.113.1 (recursive), weight 3, 01:00:00
  *                           via 192.0.2.1, eth0, weight 3, 01:00:00
                            via 203.0.113.2 (recursive), weight 1, 01:00:00
                              via 192.0.2.2, eth1 inactive, weight 1, 01:00:00
S>* 203.0.113.0/24 [1/0] unreachable (blackhole), weight 1, 00:00:05
O[10]>* 2001:db8::/64 [110/20] via fe80::1, eth0, weight 1, 1d02h03m
"""
    blue = {"vrf": "blue"}
    of_bgp = {**blue, "prefix": "198.51.100.0/24", "distance": 200, "metric": 0, "age": 3600, "route": 3}
    recursive = {"installed": False, "marks": "recursive"}
    assert rows("frr", text) == [
        {
            **blue,
            "prefix": "198.51.100.0/24",
            "protocol": "ospf",
            "distance": 110,
            "metric": 20,
            "selected": False,
            "next_hop": "192.0.2.1",
            "interface": "eth0",
            "weight": 1,
            "installed": False,
            "age": 5,
            "line": 12,
            "route": 2,
        },
        {**of_bgp, **recursive, "next_hop": "203.0.113.1", "weight": 3, "line": 13},
        {**of_bgp, "next_hop": "192.0.2.1", "interface": "eth0", "weight": 3, "recursive_depth": 1, "line": 14},
        {**of_bgp, **recursive, "next_hop": "203.0.113.2", "weight": 1, "line": 15},
        {
            **of_bgp,
            "next_hop": "192.0.2.2",
            "interface": "eth1",
            "weight": 1,
            "installed": False,
            "active": False,
            "recursive_depth": 1,
            "marks": "inactive",
            "line": 16,
        },
        {
            **blue,
            "prefix": "203.0.113.0/24",
            "protocol": "static",
            "distance": 1,
            "metric": 0,
            "weight": 1,
            "kind": "blackhole",
            "age": 5,
            "line": 17,
            "route": 4,
        },
        {
            **blue,
            "family": 6,
            "prefix": "2001:db8::/64",
            "protocol": "ospf",
            "distance": 110,
            "metric": 20,
            "next_hop": "fe80::1",
            "interface": "eth0",
            "weight": 1,
            "age": 93_780,
            "source": "ospf 10",
            "line": 18,
            "route": 5,
        },
    ]


def test_rows_of_linux() -> None:
    text = """\
default via 192.0.2.254 dev eth0 proto static metric 100 
198.51.100.7 via 192.0.2.1 dev eth0 proto bgp 
198.51.100.7 via 192.0.2.2 dev eth0 proto bgp metric 1 
198.51.100.8 proto bgp metric 20 
\tnexthop via 192.0.2.1 dev eth0 weight 2 
\tnexthop via 192.0.2.2 dev eth1 weight 1 dead linkdown 
blackhole 203.0.113.0/24 
198.51.100.9 via inet6 fe80::1 dev eth0 table 100 proto bgp 
"""  # noqa: W291 - as iproute2 prints it
    eth0 = {"interface": "eth0"}
    of_two = {"prefix": "198.51.100.8/32", "metric": 20, "route": 4}
    assert rows("linux", text) == [
        {
            **eth0,
            "prefix": "0.0.0.0/0",
            "protocol": "static",
            "metric": 100,
            "next_hop": "192.0.2.254",
            "line": 11,
            "route": 1,
        },
        {**eth0, "prefix": "198.51.100.7/32", "next_hop": "192.0.2.1", "line": 12, "route": 2},
        {
            **eth0,
            "prefix": "198.51.100.7/32",
            "metric": 1,
            "selected": False,
            "next_hop": "192.0.2.2",
            "installed": False,
            "line": 13,
            "route": 3,
        },
        {**of_two, **eth0, "next_hop": "192.0.2.1", "weight": 2, "line": 15},
        {
            **of_two,
            "next_hop": "192.0.2.2",
            "interface": "eth1",
            "weight": 1,
            "installed": False,
            "marks": "dead linkdown",
            "line": 16,
        },
        {"prefix": "203.0.113.0/24", "protocol": "unknown", "kind": "blackhole", "line": 17, "route": 5},
        {**eth0, "vrf": "100", "prefix": "198.51.100.9/32", "next_hop": "fe80::1", "line": 18, "route": 6},
    ]


def test_rows_of_bird() -> None:
    text = """\
BIRD 2.0.12 ready.
Table master4:
198.51.100.1/32      unicast [node1 10:00:00.000] * (100) [AS64497i]
\tvia 192.0.2.101 on eth0
                     unicast [node2 10:00:00.000] (100) [AS64497i]
\tvia 192.0.2.102 on eth1
203.0.113.0/24       blackhole [static1 10:00:00.000] * (200)
"""
    assert rows("bird", text) == [
        {
            "prefix": "198.51.100.1/32",
            "protocol": "node1",
            "distance": 100,
            "next_hop": "192.0.2.101",
            "interface": "eth0",
            "source": "node1",
            "line": 14,
            "route": 3,
        },
        {
            "prefix": "198.51.100.1/32",
            "protocol": "node2",
            "distance": 100,
            "selected": False,
            "next_hop": "192.0.2.102",
            "interface": "eth1",
            "installed": False,
            "source": "node2",
            "line": 16,
            "route": 4,
        },
        {
            "prefix": "203.0.113.0/24",
            "protocol": "static1",
            "distance": 200,
            "kind": "blackhole",
            "source": "static1",
            "line": 17,
            "route": 5,
        },
    ]


@pytest.mark.parametrize(
    "lines,metrics",
    [
        pytest.param(["metric 20", "metric 10"], {10}, id="the lowest"),
        pytest.param(["metric 10", "metric 20"], {10}, id="the lowest is first"),
        pytest.param(["metric 1", ""], {None}, id="none is 0"),
        pytest.param(["", "metric 0"], {None, 0}, id="none and 0 are equal"),
        pytest.param(["metric 10", "metric 10"], {10}, id="two of the lowest"),
    ],
)
@pytest.mark.parametrize("prefix,gateway", [("198.51.100.7", "192.0.2.1"), ("2001:db8::7", "fe80::1")])
def test_the_kernel_follows_the_lowest_metric_of_a_prefix(
    lines: list[str], metrics: set[int | None], prefix: str, gateway: str
) -> None:
    text = "".join(f"{prefix} via {gateway} dev eth{n} proto bgp {words} \n" for n, words in enumerate(lines))
    other = "203.0.113.7 via 192.0.2.1 dev eth0 proto bgp metric 30 \n"
    frame = read_capture(Capture("tor1", "linux", None, f"{text}{other}", "t")).frame
    assert set(frame.filter("installed", "selected", metric=30)["prefix"]) == {"203.0.113.7/32"}
    chosen = frame.filter("installed", "selected")
    assert {row["metric"] for row in chosen.to_dicts() if row["prefix"].startswith(prefix)} == metrics


@pytest.mark.parametrize(
    "text,command,prefix",
    [
        ("default via 192.0.2.1 dev eth0 \n", None, "0.0.0.0/0"),
        ("default via fe80::1 dev eth0 \n", None, "::/0"),
        ("default via inet6 fe80::1 dev eth0 \n", "ip -4 route", "0.0.0.0/0"),
        ("default dev eth0 scope link \n", "ip -4 route", "0.0.0.0/0"),
        ("default dev eth0 scope link \n", "ip -6 route", "::/0"),
        ("default dev eth0 metric 1024 pref medium \n", None, "::/0"),
        ("unreachable default dev lo metric 1024 \n", None, "::/0"),
        ("default dev eth0 scope link \n198.51.100.7 via 192.0.2.1 dev eth0 \n", None, "0.0.0.0/0"),
        ("default dev eth0 scope link \n2001:db8::7 via fe80::1 dev eth0 \n", None, "::/0"),
        ("default dev eth0 \n2001:db8::7 via fe80::1 dev eth0 \n198.51.100.7 via 192.0.2.1 dev eth0 \n", None, None),
        ("default dev eth0 scope link \n", None, None),
    ],
)
def test_a_default_of_the_kernel_is_of_the_family_that_something_shows(
    text: str, command: str | None, prefix: str | None
) -> None:
    table = read_capture(Capture("tor1", "linux", command, text, "t"))
    defaults = [row for row in table.frame["prefix"] if row in {"0.0.0.0/0", "::/0"}]
    assert defaults == ([prefix] if prefix else [])
    reasons = [line.reason for line in table.unparsed]
    assert reasons == ([] if prefix else ["nothing shows whether this default is of IPv4 or of IPv6"])


BEST = f"B>* 198.51.100.9/32 [20/0] via 192.0.2.1, {AGE}\n"


@pytest.mark.parametrize(
    "line,reason",
    [
        (f"  *                        via 192.0.2.1, {AGE}", "a next hop without a route line above it"),
        (
            f"B>* 198.51.100.1/24 [20/0] via 192.0.2.1, {AGE}",
            "198.51.100.1/24 has host bits set: expected 198.51.100.0/24",
        ),
        (f"B>* 198.51.100.0/33 [20/0] via 192.0.2.1, {AGE}", "198.51.100.0/33 is no IP prefix"),
        (f"B>* 2001:db8::1/64 [20/0] via fe80::1, {AGE}", "2001:db8::1/64 has host bits set: expected 2001:db8::/64"),
        (f"B>* 198.51.100.0/24 [20/0] via 192.0.2.256, {AGE}", "192.0.2.256 is no IP address"),
        (
            f"B>* 198.51.100.0/24 [20/1000000000000000000] via 192.0.2.1, {AGE}",
            "a number in it is larger than any that a route can have",
        ),
    ],
)
def test_a_line_that_gives_no_row_has_its_reason(line: str, reason: str) -> None:
    assert rejected("frr", f"{line}\n{BEST}") == [(1, reason)]


def test_a_number_of_18_digits_is_one() -> None:
    text = f"B>* 198.51.100.0/24 [20/00999999999999999999] via 192.0.2.1, {AGE}\n"
    assert [row["metric"] for row in rows("frr", text)] == [999_999_999_999_999_999]


# JSON


def of_json(platform: str, document: object, command: str | None = None) -> list[dict[str, Any]]:
    return rows(platform, json.dumps(document), command)


def frr_route(prefix: str, *hops: dict[str, Any], **facts: Any) -> dict[str, Any]:
    usual = {"prefix": prefix, "protocol": "bgp", "selected": True, "installed": True, "nexthopGroupId": 7}
    return {prefix: [{**usual, **facts, "nexthops": list(hops)}]}


UP = {"fib": True, "active": True}


def test_rows_of_frr_as_json() -> None:
    document = {
        **frr_route(
            "198.51.100.0/24",
            {"ip": "203.0.113.1", "active": True, "recursive": True, "weight": 3},
            {**UP, "ip": "192.0.2.1", "interfaceName": "eth0", "resolver": True, "weight": 3, "onLink": True},
            {"ip": "192.0.2.2", "interfaceName": "eth1", "linkDown": True, "duplicate": True, "vrf": "red"},
            vrfName="blue",
            table=10,
            distance=200,
            metric=0,
            uptime="01:00:00",
        ),
        **frr_route("203.0.113.0/24", {**UP, "unreachable": True, "blackhole": True}, protocol="static", metric=-1),
        **frr_route("203.0.113.1/32", {**UP, "unreachable": True}, queued=True),
        **frr_route("203.0.113.2/32", {**UP, "unreachable": True, "reject": True}, failed=True),
        **frr_route("203.0.113.3/32", {**UP, "unreachable": True, "adminProhibited": True}, installed=False),
        **frr_route("203.0.113.4/32", {**UP, "unreachable": True, "admin-prohibited": True}, trapped=True),
        **frr_route(
            "2001:db8::/64",
            {**UP, "ip": "fe80::1", "interfaceName": "eth0"},
            protocol="ospf6",
            instance=10,
            vrfName="default",
            table=88,
        ),
    }
    blue = {"vrf": "blue", "prefix": "198.51.100.0/24", "distance": 200, "metric": 0, "age": 3600, "line": 11}
    static = {"line": 11}
    assert of_json("frr", document) == [
        {**blue, "next_hop": "203.0.113.1", "weight": 3, "installed": False, "marks": "recursive", "route": 1},
        {
            **blue,
            "next_hop": "192.0.2.1",
            "interface": "eth0",
            "weight": 3,
            "recursive_depth": 1,
            "marks": "onlink",
            "route": 1,
        },
        {
            **blue,
            "next_hop": "192.0.2.2",
            "interface": "eth1",
            "installed": False,
            "active": False,
            "next_hop_vrf": "red",
            "marks": "duplicate linkdown inactive",
            "route": 1,
        },
        {**static, "prefix": "203.0.113.0/24", "protocol": "static", "metric": -1, "kind": "blackhole", "route": 2},
        {
            **static,
            "prefix": "203.0.113.1/32",
            "installed": False,
            "kind": "unreachable",
            "marks": "queued",
            "route": 3,
        },
        {
            **static,
            "prefix": "203.0.113.2/32",
            "installed": False,
            "kind": "unreachable",
            "marks": "rejected",
            "route": 4,
        },
        {**static, "prefix": "203.0.113.3/32", "installed": False, "kind": "prohibit", "route": 5},
        {**static, "prefix": "203.0.113.4/32", "kind": "prohibit", "marks": "trapped", "route": 6},
        {
            "vrf": "default table 88",
            "family": 6,
            "prefix": "2001:db8::/64",
            "protocol": "ospf",
            "next_hop": "fe80::1",
            "interface": "eth0",
            "source": "ospf 10",
            "line": 11,
            "route": 7,
        },
    ]


@pytest.mark.parametrize(
    "facts,is_installed",
    [
        ({"installed": True, "nexthopGroupId": 7}, True),
        ({"installed": False, "nexthopGroupId": 7}, False),
        ({"nexthopGroupId": 7}, False),
        ({}, True),
    ],
    ids=["installed", "not installed", "lost", "FRR 6"],
)
def test_a_route_of_frr_that_lost_is_not_installed(facts: dict[str, Any], *, is_installed: bool) -> None:
    hop = {**UP, "ip": "192.0.2.1"}
    route = {"prefix": "198.51.100.0/24", "protocol": "bgp", "selected": True, **facts, "nexthops": [hop]}
    (row,) = of_json("frr", {"198.51.100.0/24": [route]})
    assert row.get("installed", True) is is_installed


@pytest.mark.parametrize("table", [None, 0, 254])
def test_the_main_table_of_frr_is_the_default_vrf(table: int | None) -> None:
    (row,) = of_json("frr", frr_route("198.51.100.0/24", {**UP, "ip": "192.0.2.1"}, vrfName="default", table=table))
    assert "vrf" not in row


def test_json_documents_of_frr_without_vrf_are_numbered() -> None:
    one, two = (
        frr_route("198.51.100.0/24", {**UP, "ip": "192.0.2.1"}),
        frr_route("2001:db8::/64", {**UP, "ip": "fe80::1"}),
    )
    found = rows("frr", f"{json.dumps(one)}\n\n{json.dumps(two)}\n")
    assert [(row.get("vrf"), row["prefix"], row["line"], row["route"]) for row in found] == [
        (None, "198.51.100.0/24", 11, 1),
        ("unnamed-2", "2001:db8::/64", 13, 2),
    ]


def test_rows_of_linux_as_json() -> None:
    document = [
        {"dst": "default", "gateway": "192.0.2.254", "dev": "eth0", "protocol": "static", "metric": 100},
        {"dst": "198.51.100.7", "gateway": "192.0.2.1", "dev": "eth0", "protocol": "bgp", "flags": ["onlink", "x"]},
        {"dst": "198.51.100.7", "gateway": "192.0.2.2", "dev": "eth0", "protocol": "bgp", "metric": 1, "flags": []},
        {
            "dst": "2001:db8::/64",
            "protocol": "bgp",
            "table": 100,
            "metric": 20,
            "nexthops": [
                {"gateway": "fe80::1", "dev": "eth0", "weight": 2},
                {"via": {"family": "inet6", "host": "fe80::2"}, "dev": "eth1", "flags": ["dead", "linkdown"]},
            ],
        },
        {"type": "blackhole", "dst": "203.0.113.0/24"},
        {"type": "throw", "dst": "203.0.113.1", "table": "blue"},
        {"dst": "default", "dev": "eth0", "protocol": "bgp", "pref": "medium"},
    ]
    of_two = {"vrf": "100", "family": 6, "prefix": "2001:db8::/64", "metric": 20, "line": 11, "route": 4}
    assert of_json("linux", document) == [
        {
            "prefix": "0.0.0.0/0",
            "protocol": "static",
            "metric": 100,
            "next_hop": "192.0.2.254",
            "interface": "eth0",
            "line": 11,
            "route": 1,
        },
        {
            "prefix": "198.51.100.7/32",
            "next_hop": "192.0.2.1",
            "interface": "eth0",
            "marks": "onlink",
            "line": 11,
            "route": 2,
        },
        {
            "prefix": "198.51.100.7/32",
            "metric": 1,
            "selected": False,
            "next_hop": "192.0.2.2",
            "interface": "eth0",
            "installed": False,
            "line": 11,
            "route": 3,
        },
        {**of_two, "next_hop": "fe80::1", "interface": "eth0", "weight": 2},
        {**of_two, "next_hop": "fe80::2", "interface": "eth1", "installed": False, "marks": "dead linkdown"},
        {"prefix": "203.0.113.0/24", "protocol": "unknown", "kind": "blackhole", "line": 11, "route": 5},
        {
            "vrf": "blue",
            "prefix": "203.0.113.1/32",
            "protocol": "unknown",
            "kind": "unreachable",
            "line": 11,
            "route": 6,
        },
        {"family": 6, "prefix": "::/0", "interface": "eth0", "line": 11, "route": 7},
    ]


@pytest.mark.parametrize(
    "route,command,prefix",
    [
        ({"dev": "eth0"}, "ip -j -4 route", "0.0.0.0/0"),
        ({"dev": "eth0"}, "ip -j -6 route", "::/0"),
        ({"dev": "eth0"}, None, "0.0.0.0/0"),
        ({"gateway": "fe80::1", "dev": "eth0"}, "ip -j -4 route", "::/0"),
        ({"nexthops": [{"gateway": "fe80::1", "dev": "eth0"}]}, None, "::/0"),
        ({"nexthops": [{"dev": "eth1"}, {"gateway": "192.0.2.1", "dev": "eth0"}]}, "ip -j -6 route", "0.0.0.0/0"),
    ],
)
def test_a_default_as_json_is_of_the_family_of_its_gateway_or_command(
    route: dict[str, Any], command: str | None, prefix: str
) -> None:
    assert {row["prefix"] for row in of_json("linux", [{"dst": "default", **route}], command)} == {prefix}


def test_rows_of_gobgp_as_json() -> None:
    nlri = {"prefix": "198.51.100.7/32"}
    document = {
        "198.51.100.7/32": [
            {"nlri": nlri, "best": True, "attrs": [{"type": 1}, {"type": 3, "nexthop": "192.0.2.1"}]},
            {"nlri": nlri, "attrs": [{"type": 3, "nexthop": "192.0.2.2"}]},
        ],
        "2001:db8::7/128": [
            {"nlri": {"prefix": "2001:db8::7/128"}, "best": True, "attrs": [{"type": 14, "nexthop": "2001:db8::1"}]},
        ],
    }  # fmt: skip
    assert of_json("gobgp", document) == [
        {"prefix": "198.51.100.7/32", "next_hop": "192.0.2.1", "line": 11, "route": 1},
        {
            "prefix": "198.51.100.7/32",
            "selected": False,
            "next_hop": "192.0.2.2",
            "installed": False,
            "line": 11,
            "route": 2,
        },
        {"family": 6, "prefix": "2001:db8::7/128", "next_hop": "2001:db8::1", "line": 11, "route": 3},
    ]
