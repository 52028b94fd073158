"""Route tables as the audit sees them: typed routes, counts, families, and the prefixes that a cut leaves open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import Capture, NextHop, UnparsedLine
from ecmpaudit.parsing.cut_marks import CUT_OUT
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.route_table import RouteTable, all_routes

AGE = "weight 1, 00:00:05"
TEXT = f"""\
O   198.51.100.7/32 [110/20] via 192.0.2.9, eth0, {AGE}
B>* 198.51.100.7/32 [20/5] via 192.0.2.1, eth0, {AGE}
  *                        via 192.0.2.2, eth1, {AGE}
B>* 198.51.100.8/32 [20/5] via 192.0.2.1, eth0, {AGE}
  *                        via 192.0.2.2, eth1, {AGE}
S>* 203.0.113.0/24 [1/0] unreachable (blackhole), {AGE}
C>* 192.0.2.0/24 is directly connected, eth0, {AGE}
B>* 2001:db8::7/128 [20/0] via fe80::1, eth0, {AGE}
"""


def read(text: str, command: str | None = None, platform: str = "frr") -> RouteTable:
    return read_capture(Capture("tor1", platform, command, text, "t", first_line=11))


def test_every_prefix_has_its_routes_in_output_order() -> None:
    views = read(TEXT).views()
    assert list(views) == [
        ("default", "198.51.100.7/32"),
        ("default", "198.51.100.8/32"),
        ("default", "203.0.113.0/24"),
        ("default", "192.0.2.0/24"),
        ("default", "2001:db8::7/128"),
    ]
    lost, best = views["default", "198.51.100.7/32"]
    assert (lost.protocol, lost.distance, lost.metric, lost.is_selected, lost.kind, lost.line) == (
        "ospf",
        110,
        20,
        False,
        "unicast",
        11,
    )
    assert (best.protocol, best.distance, best.metric, best.is_selected, best.kind, best.line, best.text_source) == (
        "bgp",
        20,
        5,
        True,
        "unicast",
        12,
        "t",
    )
    assert [best.line_of(hop) for hop in best.next_hops] == [12, 13]
    one = NextHop("192.0.2.1", "eth0", "default", 1, True, True, 0, ())
    two = NextHop("192.0.2.2", "eth1", "default", 1, True, True, 0, ())
    assert tuple(best.next_hops) == (one, two)
    assert [hop.is_installed for hop in lost.next_hops] == [False]
    (same,) = views["default", "198.51.100.8/32"]
    assert same.next_hops is best.next_hops
    (blackhole,) = views["default", "203.0.113.0/24"]
    assert (blackhole.kind, tuple(blackhole.next_hops)) == ("blackhole", ())
    (of_six,) = views["default", "2001:db8::7/128"]
    assert [hop.address for hop in of_six.next_hops] == ["fe80::1"]


def test_a_next_hop_in_another_vrf_has_that_vrf_and_its_marks() -> None:
    text = f"B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0 (vrf red) onlink, {AGE}\n"
    ((route,),) = read(text).views().values()
    assert [(hop.vrf, hop.marks) for hop in route.next_hops] == [("red", ("onlink",))]


def test_routes_and_next_hops_are_counted() -> None:
    table = read(TEXT)
    assert (table.route_count, table.next_hops, table.families) == (6, 7, frozenset({4, 6}))
    assert table.spread() == [(4, "bgp", 2, 2), (4, "connected", 1, 1), (6, "bgp", 1, 1)]


def test_a_next_hop_that_is_listed_twice_counts_once() -> None:
    hop = f"  *                        via 192.0.2.2, eth1, {AGE}\n"
    table = read(TEXT.replace(hop, hop * 2, 1))
    assert table.spread()[0] == (4, "bgp", 2, 2)


def test_origins_are_of_all_routes_or_of_those_of_the_host_alone() -> None:
    table = read(TEXT)
    assert table.origins(without_next_hop=True) == [("203.0.113.0/24", "static"), ("192.0.2.0/24", "connected")]
    assert [prefix for prefix, _ in table.origins(without_next_hop=False)] == [
        "198.51.100.7/32",
        "198.51.100.7/32",
        "198.51.100.8/32",
        "203.0.113.0/24",
        "192.0.2.0/24",
        "2001:db8::7/128",
    ]


def test_families_that_were_not_kept_are_known() -> None:
    assert replace(read("\n".join(TEXT.split("\n")[:1])), other_families=frozenset({6})).families == {4, 6}


@pytest.mark.parametrize("command,prefixes", [("show ip route | include 192.0.2", 5), ("show ip route", 0), (None, 0)])
def test_of_a_filtered_table_every_prefix_may_have_more(command: str | None, prefixes: int) -> None:
    table = read(TEXT, command)
    assert len(table.cut_prefixes) == prefixes
    assert table.filtered_by == ("include 192.0.2" if prefixes else None)


@pytest.mark.parametrize(
    "cut,line,open_prefix",
    [
        ("ends in mid-table", 19, "2001:db8::7/128"),
        ("begins in mid-table and ends in mid-table", 19, "2001:db8::7/128"),
        ("begins in mid-table", 19, None),
        ("ends in mid-table", 30, None),
        (None, 19, None),
    ],
)
def test_the_last_prefix_is_open_where_the_table_ends_within_it(
    cut: str | None, line: int, open_prefix: str | None
) -> None:
    rest = UnparsedLine("tor1", "t", line, "  *     via fe80", "no rule matches")
    table = replace(read(TEXT), cut=cut, unparsed=(rest,))
    assert table.last_prefix == open_prefix
    assert table.cut_prefixes == (frozenset({open_prefix}) if open_prefix else frozenset())


@pytest.mark.parametrize(
    "lines,prefixes",
    [([14], {"198.51.100.7/32"}), ([14, 19], {"198.51.100.7/32", "2001:db8::7/128"}), ([11], set())],
)
def test_the_prefix_above_a_part_that_was_cut_out_is_open(lines: list[int], prefixes: set[str]) -> None:
    cuts = tuple(UnparsedLine("tor1", "t", line, "<snip>", CUT_OUT) for line in lines)
    assert replace(read(TEXT), unparsed=cuts).cut_prefixes == prefixes


def test_routes_of_several_tables_are_one_below_the_other() -> None:
    table = read(TEXT)
    assert list(all_routes([table, table])["line"]) == [*range(11, 19), *range(11, 19)]
    assert len(all_routes([])) == 0
    assert list(table.routes["next_hop"].dropna()) == [
        "192.0.2.9",
        *("192.0.2.1", "192.0.2.2"),
        *("192.0.2.1", "192.0.2.2"),
        "fe80::1",
    ]


@pytest.mark.parametrize("platform,shows", [("frr", False), ("bird", True)])
def test_a_platform_shows_candidates_only_or_what_is_installed(platform: str, *, shows: bool) -> None:
    assert replace(read(TEXT), platform=platform).shows_candidates_only is shows
