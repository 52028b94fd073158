"""Tables that end too early: what may be missing is unknown, and whole routes are still audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model import Capture
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


def test_a_cut_far_below_the_last_route_is_not_a_cut_of_that_route() -> None:
    table = read(f"{FRR}\n\n\n  *   via 192.0", "frr")
    assert table.cut == "ends in mid-table"
    assert table.last_prefix is None
