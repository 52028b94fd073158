"""Tables that end too early: what may be missing is unknown, and whole routes are still audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecmpaudit.model import Capture, UnparsedLine
from ecmpaudit.parsing.cut_marks import is_cut_mark
from ecmpaudit.parsing.cut_tables import _is_cut_row, explained, may_continue, may_go_on, where_cut
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


@pytest.mark.parametrize(
    "text, interface, goes_on",
    [
        ("", None, False),
        ("B 1, eth0, 00:00:0\n", None, False),
        ("via fe80::1 dev eth", "eth", True),
        ("via fe80::1 dev eth0", "eth1", True),
        ("via fe80::1 dev xeth0\nvia fe80::2 dev eth0", None, True),
        ("via fe80::1 one eth\nvia fe80::2 dev eth", None, False),
    ],
)
def test_a_last_word_is_whole_where_its_form_its_row_or_another_line_says_so(
    text: str, interface: str | None, *, goes_on: bool
) -> None:
    assert may_go_on(text, interface) is goes_on


ROW = "B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05"
HOP = "  *                        via 192.0.2.102, eth0, weight 1, 00:00:05"


@pytest.mark.parametrize(
    "lines, routes, rejected, place",
    [
        pytest.param([HOP, ROW], [2], [1], "begins in mid-table", id="a next hop above all routes"),
        pytest.param(["from tor1:", ROW], [2], [1], None, id="a sentence above"),
        pytest.param([ROW, HOP, ROW], [1, 3], [2], None, id="a next hop between routes"),
        pytest.param([ROW, "B>* 198"], [1], [2], "ends in mid-table", id="the last line"),
        pytest.param([ROW, "B>* 198", "", " "], [1], [2], "ends in mid-table", id="blank lines below"),
        pytest.param([ROW, "Regards", ROW], [1, 3], [2], None, id="not the last line"),
        pytest.param([ROW, "", "Regards"], [1], [3], None, id="a sentence below a blank line"),
        pytest.param([ROW, "", "  *"], [1], [3], "ends in mid-table", id="an indented line below a blank one"),
        pytest.param([ROW, "", "B>* 198.51"], [1], [3], "ends in mid-table", id="an address below a blank line"),
        pytest.param([ROW, "", "--More--"], [1], [3], "ends in mid-table", id="a pager below a blank line"),
        pytest.param(["Regards"], [], [1], None, id="one sentence alone"),
        pytest.param(["B>* 2001:db8::"], [], [1], "ends in mid-table", id="one address alone"),
        pytest.param([HOP], [], [1], "begins in mid-table and ends in mid-table", id="one next hop alone"),
        pytest.param([ROW, "<snip>", ROW], [1, 3], [2], "is cut in its middle", id="a mark of a cut between routes"),
        pytest.param(["<snip>", ROW], [2], [1], None, id="a mark of a cut above"),
        pytest.param([ROW, "<snip>"], [1], [2], "ends in mid-table", id="a mark of a cut below"),
        pytest.param([], [], [], None, id="nothing"),
    ],
)
def test_the_place_of_a_cut_follows_from_the_lines_that_gave_no_row(
    lines: list[str], routes: list[int], rejected: list[int], place: str | None
) -> None:
    assert where_cut(lines, pl.DataFrame({"line": routes}), rejected) == place


PREFIX = "198.51.100.1/32"


@pytest.mark.parametrize(
    "line, text, prefix, may",
    [
        (8, "  *  via 192.0", None, True),
        (9, "  *  via 192.0", None, True),
        (10, "  *  via 192.0", None, False),
        (7, "  *  via 192.0", None, False),
        (8, "--More--", None, True),
        (8, "B>* 198.51", None, False),
        (8, "B>* 198.51", PREFIX, True),
        (8, "B>* 198.52", PREFIX, False),
        (8, "B>", PREFIX, True),
        (10, "B>", PREFIX, False),
        (8, "B>* 2001:db8::", "2001:db8::7/128", True),
        (8, "B>* 2001:db9::", "2001:db8::7/128", False),
    ],
)
def test_a_last_prefix_may_have_more_next_hops_where_one_begins_below_it(
    line: int, text: str, prefix: str | None, *, may: bool
) -> None:
    rest = UnparsedLine("tor1", "t", line, text, "no rule matches")
    earlier = UnparsedLine("tor1", "t", 1, "  *  via 192.0", "no rule matches")
    assert may_continue(7, prefix, [earlier, rest]) is may
    assert not may_continue(7, prefix, [])


@pytest.mark.parametrize(
    "text, reason",
    [
        ("<snip>", "a part was cut out here: what it held is not known"),
        ("--More--", "the output was left at the pager's prompt: what follows is not known"),
        ("Regards", None),
    ],
)
def test_a_line_that_shows_a_cut_has_its_reason(text: str, reason: str | None) -> None:
    assert explained(text) == reason


@pytest.mark.parametrize("length, is_one", [(120, True), (121, False)])
def test_a_mark_of_a_cut_has_120_characters_at_most(length: int, *, is_one: bool) -> None:
    assert is_cut_mark("-" * (length - 5) + " snip") is is_one


def rows(*hops: dict[str, object]) -> pl.DataFrame:
    """Return rows of routes, one on each line from 1: unicast over eth0 with an age, but for what is given."""
    usual: dict[str, object] = {"age": 5, "interface": "eth0", "protocol": "bgp", "kind": "unicast", "marks": ""}
    schema = {
        "line": pl.UInt32,
        "age": pl.Int64,
        **dict.fromkeys(("interface", "protocol", "kind", "marks"), pl.String),
    }
    return pl.DataFrame([usual | hop | {"line": number} for number, hop in enumerate(hops, start=1)], schema=schema)


@pytest.mark.parametrize(
    "others, last, is_cut",
    [
        pytest.param([{}, {}, {}], {"age": None}, True, id="no age"),
        pytest.param([{}, {}], {"age": None}, False, id="no age, and too few others"),
        pytest.param([{}, {"age": None}, {}], {"age": None}, False, id="no age, and another has none"),
        pytest.param([{}, {}, {}], {"age": None, "protocol": "static"}, False, id="no age, of another protocol"),
        pytest.param([{}, {}, {}], {"interface": "eth"}, True, id="the beginning of another's interface"),
        pytest.param([{}, {}, {}], {"interface": "ens"}, False, id="another interface"),
        pytest.param([{}, {}, {}], {}, False, id="the same interface"),
        pytest.param([{}, {}, {"interface": "eth"}], {"interface": "eth"}, False, id="a short interface, there twice"),
        pytest.param([{}, {}, {}], {"interface": None}, True, id="no interface"),
        pytest.param([{}, {}, {}], {"interface": None, "kind": "blackhole"}, False, id="a route that has none"),
        pytest.param([{}, {}, {}], {"interface": None, "marks": "recursive"}, False, id="a recursive next hop"),
        pytest.param([{}, {"interface": None}, {}], {"interface": None}, False, id="another has no interface"),
    ],
)
def test_a_last_row_is_cut_where_it_lacks_what_all_others_have(
    others: list[dict[str, object]], last: dict[str, object], *, is_cut: bool
) -> None:
    table, number = rows(*others, last), len(others) + 1
    assert _is_cut_row(table, number, ends_with_line=True) is is_cut
    assert _is_cut_row(table, number, ends_with_line=False) is (is_cut and "age" in last)
    assert not _is_cut_row(table, number + 1, ends_with_line=True)
