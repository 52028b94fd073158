"""A text that contradicts itself is never clean: both lines are reported, and the prefix is not judged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import pytest

from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.parsing.contradictions import CHECKS, CHECKS_OF_LISTS
from ecmpaudit.parsing.plan import Wanted
from ecmpaudit.parsing.prefix_order import ORDERS
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.repeated_lines import NO_LINE_TWICE
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.platforms.schema import Invariant
from tests.program import ecmpaudit

if TYPE_CHECKING:
    from pathlib import Path

FRR = """\
B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05
  *                        via 192.0.2.102, eth0, weight 1, 00:00:05
B>* 198.51.100.2/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05
  *                        via 192.0.2.103, eth0, weight 1, 00:00:05
S>* 198.51.100.3/32 [1/0] unreachable (blackhole), weight 1, 00:00:07
C>* 198.51.100.4/32 is directly connected, eth0, weight 1, 00:00:07
B>* 198.51.100.5/32 [20/0] via 192.0.2.104, eth0, weight 1, 00:00:05
B>* 198.51.100.6/32 [20/0] via 192.0.2.105, eth0, weight 1, 00:00:09
  *                        via 192.0.2.106, eth0, weight 1, 00:00:09
"""
LINUX = """\
198.51.100.1 via 192.0.2.101 dev eth0 proto bgp metric 20 \n\
198.51.100.2 nhid 7 proto bgp metric 20 \n\
\tnexthop via 192.0.2.101 dev eth0 weight 1 \n\
\tnexthop via 192.0.2.102 dev eth0 weight 1 \n\
"""
BIRD = """\
BIRD 2.0.12 ready.
Table master4:
198.51.100.1/32      unicast [node1 10:00:00.000] * (100) [AS64497i]
\tvia 192.0.2.101 on eth0
                     unicast [node2 10:00:00.000] (100) [AS64497i]
\tvia 192.0.2.102 on eth0
198.51.100.2/32      unicast [static1 10:00:00.000] * (200)
\tvia 192.0.2.101 on eth0 weight 1
\tvia 192.0.2.102 on eth0 weight 1
"""
NEXT_HOP_TWICE = "contradicts itself: one route has the same next hop twice"
BELOW = "contradicts itself: next hops follow the line of a route that has none"
AGES = "contradicts itself: the next hops of one route differ in age"
WEIGHTLESS = "contradicts itself: one of several next hops has no weight"
ALONE = "contradicts itself: a single next hop has a weight, as only one of several has"
OUT_OF_ORDER = "contradicts itself: prefixes out of order"


def without(text: str, *numbers: int) -> str:
    """Return the text without these lines, counted from 1."""
    return "".join(line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in numbers)


LOST = without(FRR.replace("103", "102"), 3)
"""Without the line of 198.51.100.2/32: its next hop attaches to 198.51.100.1/32."""


def read(text: str) -> tuple[list[tuple[int, str]], set[str]]:
    """Return the number and the reason of what is reported, and the prefixes that are not judged."""
    (capture,) = captures_from_text(text, "t")
    table = read_capture(capture)
    (subject,) = subjects([table])
    return sorted((line.line, line.reason) for line in table.unparsed), set(subject.uncertain_prefixes)


@pytest.mark.parametrize("text", [FRR, LINUX, BIRD], ids=["frr", "linux", "bird"])
def test_a_whole_table_does_not_contradict_itself(text: str) -> None:
    assert read(text) == ([], set())


@pytest.mark.parametrize(
    "text, reported, prefixes",
    [
        (LOST, [(2, NEXT_HOP_TWICE), (3, NEXT_HOP_TWICE)], {"198.51.100.1/32"}),
        (without(FRR, 7, 8).replace("09", "07"), [(6, BELOW), (7, BELOW)], {"198.51.100.4/32"}),
        (without(FRR, 6, 7, 8).replace("09", "07"), [(5, BELOW), (6, BELOW)], {"198.51.100.3/32"}),
        (without(FRR, 8), [(7, AGES), (8, AGES)], {"198.51.100.5/32"}),
        (without(LINUX, 2), [(1, WEIGHTLESS), (2, WEIGHTLESS)], {"198.51.100.1/32"}),
        (without(BIRD, 5), [(4, WEIGHTLESS), (5, WEIGHTLESS)], {"198.51.100.1/32"}),
        (without(BIRD, 8), [(8, ALONE)], {"198.51.100.2/32"}),
    ],
    ids=["next_hop_twice", "connected", "unreachable", "ages", "linux", "bird", "bird_alone"],
)
def test_what_attached_to_the_route_above_is_reported_with_both_lines(
    text: str, reported: list[tuple[int, str]], prefixes: set[str]
) -> None:
    lines, uncertain = read(text)
    assert set(reported) <= set(lines)
    assert uncertain == prefixes


def test_a_route_line_at_another_place_is_out_of_order() -> None:
    lines = FRR.splitlines(keepends=True)
    moved = "".join([*lines[:4], lines[6], *lines[4:6], *lines[7:]])
    assert read(moved) == ([(5, OUT_OF_ORDER), (6, OUT_OF_ORDER)], {"198.51.100.5/32", "198.51.100.3/32"})


def test_a_list_in_another_order_is_one_that_somebody_sorted() -> None:
    routes = [line for line in FRR.splitlines(keepends=True) if line[0] == "B"]
    assert read("".join(routes[::-1])) == ([], set())


@pytest.mark.parametrize(
    "line",
    ["  *                        via 192.0.2.106, eth0, weight 1, 00:00:09\n", FRR.splitlines(keepends=True)[7]],
    ids=["next_hop", "route"],
)
def test_a_doubled_line_contradicts_itself(line: str) -> None:
    lines, uncertain = read(FRR.replace(line, line * 2))
    assert lines
    assert uncertain == {"198.51.100.6/32"}


@pytest.mark.parametrize("columns", [frozenset({"prefix", "route"}), Wanted().columns], ids=["few", "all"])
def test_a_table_is_checked_whatever_columns_are_wanted(columns: frozenset[str]) -> None:
    captures = [replace(c, platform="frr", command="show ip route") for c in captures_from_text(without(FRR, 8), "t")]
    tables = read_captures([*captures, *captures], Wanted(columns=columns))
    assert [[line.line for line in table.unparsed] for table in tables if isinstance(table, RouteTable)] == [[7, 8]] * 2


def test_tables_that_are_parsed_at_once_are_each_in_order() -> None:
    capture = replace(captures_from_text(FRR, "t")[0], platform="frr", command="show ip route")
    tables = read_captures([capture] * 3)
    assert [table.unparsed for table in tables if isinstance(table, RouteTable)] == [(), (), ()]


@pytest.mark.parametrize("extra", [[], ["--summary"], ["--format", "json"], ["--format", "csv"]], ids=str)
def test_a_contradiction_ends_in_exit_code_3_in_every_form(extra: list[str], tmp_path: Path) -> None:
    file = tmp_path / "tor1.txt"
    file.write_text(LOST)
    assert ecmpaudit("routes", str(file), *extra).returncode == 3


def test_an_audit_names_both_lines_and_calls_nothing_clean(tmp_path: Path) -> None:
    file = tmp_path / "tor1.txt"
    file.write_text(LOST)
    run = ecmpaudit("analyze", str(file), "--pool", "198.51.100.0/30", "--expect", "2", "-f", "json")
    report = json.loads(run.stdout)
    lines = [line for router in report["routers"] for line in router["unparsed"]]
    assert run.returncode in {1, 3}
    assert report["incomplete"] is True
    assert {(line["line"], line["reason"]) for line in lines} >= {(2, NEXT_HOP_TWICE), (3, NEXT_HOP_TWICE)}


def test_every_check_has_its_name_in_the_schema() -> None:
    checks = CHECKS.keys() | CHECKS_OF_LISTS.keys() | ORDERS.keys()
    assert set(get_args(Invariant)) == checks | {NO_LINE_TWICE}


FRR_JSON = """\
{"198.51.100.1/32": [{"prefix": "198.51.100.1/32", "prefixLen": 32, "protocol": "bgp", "selected": true,
  "internalNextHopNum": 2, "internalNextHopActiveNum": 2, "internalNextHopFibInstalledNum": 2, "nexthops": [
  {"flags": 3, "fib": true, "active": true, "ip": "192.0.2.101", "interfaceName": "eth0"},
  {"flags": 3, "fib": true, "active": true, "ip": "192.0.2.102", "interfaceName": "eth0"}]}]}
"""
OF_FLAGS = 'contradicts itself: "fib" of a next hop differs from its "flags"'


@pytest.mark.parametrize(
    "right, wrong, reason",
    [
        ('opNum": 2', 'opNum": 3', '"internalNextHopNum" differs from the rest of the route'),
        ('InstalledNum": 2', 'InstalledNum": 3', '"internalNextHopFibInstalledNum" differs from the rest of the route'),
        ('"prefixLen": 32', '"prefixLen": 31', '"prefixLen" differs from the rest of the route'),
        ('{"198.51.100.1/32"', '{"198.51.100.2/32"', '"prefix" differs from the rest of the route'),
        ('"fib": true, "active": true, "ip": "192.0.2.102"', '"active": true, "ip": "192.0.2.102"',
         '"fib" of a next hop differs from its "flags"'),
        ("192.0.2.102", "192.0.2.101", "one route has the same next hop twice"),
        ('"selected"', '"ip": "192.0.2.9", "ip": "192.0.2.8", "selected"', "a key is twice in one object"),
    ],
    ids=["count", "installed", "length", "key", "flags", "next_hop_twice", "key_twice"],
)  # fmt: skip
def test_json_that_contradicts_itself_is_reported(right: str, wrong: str, reason: str) -> None:
    assert read(FRR_JSON) == ([], set())
    lines, uncertain = read(FRR_JSON.replace(right, wrong, 1))
    assert f"contradicts itself: {reason}" in {reason for _, reason in lines}
    assert uncertain & {"198.51.100.1/32", "198.51.100.2/32"}


def test_a_prefix_that_is_a_key_twice_is_reported_with_both_lines() -> None:
    twice = FRR_JSON.strip()[:-1] + ",\n" + FRR_JSON.lstrip("{")
    lines, uncertain = read(twice)
    assert [line for line, reason in lines if "a key is twice" in reason] == [1, 5]
    assert uncertain == {"198.51.100.1/32"}


DETAIL = """\
Routing entry for 198.51.100.1/32
  Known via "bgp", distance 20, metric 0, best
  Last update 00:00:03 ago
  * 192.0.2.101, via eth0, weight 1
  * 192.0.2.102, via eth0, weight 1

"""


def test_a_detailed_route_without_its_protocol_is_reported() -> None:
    assert read(DETAIL) == ([], set())
    lines, uncertain = read(without(DETAIL, 2))
    assert ("contradicts itself: a route without its protocol") in {reason for _, reason in lines}
    assert uncertain == {"198.51.100.1/32"}


BIRD_ALL = """\
BIRD 2.0.12 ready.
Table master4:
198.51.100.1/32      unicast [node1 10:00:00.000] * (100) [AS64497i]
\tvia 192.0.2.101 on eth0
\tType: BGP univ
\tBGP.local_pref: 100
198.51.100.2/32      unicast [node1 10:00:00.000] * (100) [AS64497i]
\tvia 192.0.2.101 on eth0
\tType: BGP univ
\tBGP.local_pref: 100
"""


def test_a_route_of_bird_without_its_type_is_reported() -> None:
    assert read(BIRD_ALL) == ([], set())
    lines, uncertain = read(without(BIRD_ALL, 9))
    assert lines == [(8, "contradicts itself: a route without its type, which others have")]
    assert uncertain == {"198.51.100.2/32"}
    assert read(without(BIRD_ALL, 5, 9)) == ([], set())


def test_a_route_without_its_type_is_reported_in_a_batch_too() -> None:
    (capture,) = captures_from_text(without(BIRD_ALL, 9), "t")
    capture = replace(capture, platform="bird", command="show route all")
    tables = read_captures([capture] * 2)
    assert [[line.line for line in table.unparsed] for table in tables if isinstance(table, RouteTable)] == [[8], [8]]
