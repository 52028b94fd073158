"""Tables that end too early: what may be missing is unknown, and whole routes are still audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.cut_tables import may_go_on
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from ecmpaudit.parsing.route_table import RouteTable

IOS = """\
Gateway of last resort is not set

      198.51.100.0/32 is subnetted, 4 subnets
B        198.51.100.1 [20/0] via 192.0.2.101, 00:00:05
                      [20/0] via 192.0.2.102, 00:00:05
B        198.51.100.2 [20/0] via 192.0.2.101, 00:00:05
B        198.51.100.3 [20/0] via 192.0.2.101, 00:00:05
"""
FRR = """\
B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05
  *                        via 192.0.2.102, eth0, weight 1, 00:00:05
  *                        via 192.0.2.103, eth0, weight 1, 00:00:05
B>* 198.51.100.2/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05
  *                        via 192.0.2.102, eth0, weight 1, 00:00:05
"""


def read(text: str, platform: str) -> RouteTable:
    return read_capture(Capture("tor1", platform, None, text, "t"))


@pytest.mark.parametrize(
    "last",
    ["S        198.51.100.4 [1/0] via 192.0.2.103", "C        198.51.100.4 is directly connected, Loopback0"],
    ids=["static", "connected"],
)
@pytest.mark.parametrize("end", ["", "\n"], ids=["no_line_end", "line_end"])
def test_a_last_route_of_a_protocol_without_ages_is_whole(last: str, end: str) -> None:
    table = read(IOS + last + end, "cisco_ios")
    assert (table.unparsed, table.cut) == ((), None)
    assert table.route_count == 4


def test_a_last_next_hop_without_the_age_that_its_protocol_has_is_cut() -> None:
    table = read(f"{IOS}                      [20/0] via 192.0.2.1", "cisco_ios")
    assert [line.line for line in table.unparsed] == [8]
    assert table.cut == "ends in mid-table"


@pytest.mark.parametrize(
    "rest, open_prefix",
    [
        ("  *                        via 192.0", "198.51.100.2/32"),
        ("  *                        via 192.0.2.10", "198.51.100.2/32"),
        ("--More--", "198.51.100.2/32"),
        ("B>* 198.51.10", None),
        ("B>* 198.51.100.3/32 [20/0] via 192.0", None),
        ("", None),
    ],
    ids=["address", "age", "pager", "prefix", "next_route", "whole"],
)
def test_only_the_route_that_the_cut_goes_through_may_have_more(rest: str, open_prefix: str | None) -> None:
    assert read(FRR + rest, "frr").last_prefix == open_prefix


@pytest.mark.parametrize(
    "rest, open_prefix",
    [
        ("B>* 198.51.100.2/32 [20/0] via 192.0", "198.51.100.2/32"),
        ("B>* 198.51.", "198.51.100.2/32"),
        ("B>", "198.51.100.2/32"),
        ("B>* 198.51.100.3/32 [20/0] via 192.0", None),
        ("B>* 203.0", None),
    ],
    ids=["same prefix", "its beginning", "code", "another prefix", "beginning of another"],
)
def test_a_prefix_whose_selected_route_may_be_cut_off_is_open(rest: str, open_prefix: str | None) -> None:
    unselected = "O   198.51.100.2/32 [110/20] via 192.0.2.101, eth0, weight 1, 00:00:05\n"
    above = FRR.partition("B>* 198.51.100.2/32")[0]
    assert read(above + unselected + rest, "frr").last_prefix == open_prefix


def test_a_cut_far_below_the_last_route_is_not_a_cut_of_that_route() -> None:
    table = read(f"{FRR}\n\n\n  *   via 192.0", "frr")
    assert table.cut == "ends in mid-table"
    assert table.last_prefix is None


@pytest.mark.parametrize("below", ["", "B>* 198.51.100.9/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05\n"])
@pytest.mark.parametrize(
    "line",
    [
        "  *                        via 192.0.2.1",
        "  *                        via 192.0.2.104",
        "  *                        via 192.0.2.104, et",
        "B>* 198.51.100.3/32 [20/0] via 192.0.2.1",
        "B>* 198.51.100.3/32 [20/0] via 192.0.2.101, eth0",
        "B>* 198.51.100.3/32 [20/0] via 192.0.2.101, eth0, weight 1",
    ],
)
def test_a_next_hop_with_a_star_has_an_interface_and_an_age(line: str, below: str) -> None:
    table = read(f"{FRR}{line}\n{below}", "frr")
    assert 6 in {line.line for line in table.unparsed}


@pytest.mark.parametrize(
    "line, is_row",
    [
        ("\tnexthop ", False),
        ("\tnexthop via 192.0.2.103 ", False),
        ("\tnexthop via 192.0.2.103 dev eth0 weight 1 ", True),
        ("198.51.100.9 via 192.0.2.103 ", False),
        ("198.51.100.9 via 192.0.2.103 dev eth0 ", True),
    ],
)
def test_a_next_hop_of_linux_has_its_interface(line: str, is_row: bool) -> None:
    head = "198.51.100.1 proto bgp metric 20 \n" + "".join(
        f"\tnexthop via 192.0.2.{number} dev eth0 weight 1 \n" for number in (101, 102)
    )
    table = read(f"{head}{line}\n", "linux")
    assert [unparsed.line for unparsed in table.unparsed] == ([] if is_row else [4])


@pytest.mark.parametrize(
    "text, interface, goes_on",
    [
        ("B 1, eth0, 00:00:05", None, False),
        ("B 1, eth0, 1d02h03m", None, False),
        ("B 1, eth0, 00:00:0", None, True),
        ("via 192.0.2.103", None, False),
        ("via 192.0.2.26", None, False),
        ("via 192.0.2.25", None, True),
        ("via 192.0.2.1", None, True),
        ("via fe80::1", None, True),
        ("dev eth0 weight 1", None, True),
        ("dev eth0 weight 1 ", None, False),
        ("dev eth0 weight 1\ndev eth1 weight 1", None, False),
        ("via fe80::1 dev eth0", "eth0", False),
        ("       > - selected rou", None, True),
        ("{master:0}", None, False),
    ],
)
def test_a_last_line_without_its_end_is_trusted_only_if_it_cannot_go_on(
    text: str,
    interface: str | None,
    goes_on: bool,
) -> None:
    assert may_go_on(text, interface) is goes_on
