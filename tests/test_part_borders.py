"""Where one format of a text ends and another begins: how many lines make a part, and which lines count."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.long_texts import MOST_LINES
from ecmpaudit.parsing.parts import begins_again, divided, lines_of_others, parts_of, was_pasted
from ecmpaudit.platforms.registry import platforms

FRR = [
    "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05",
    "  *                        via 192.0.2.2, eth0, weight 1, 00:00:05",
]
FRR_6 = ["B>* 2001:db8::7/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05"]
FRR_LONG = [f"B>* 198.51.100.{n}/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05" for n in range(10, 20)]
KERNEL = ["198.51.100.8 via 192.0.2.1 dev eth0 proto bgp metric 20 "]
KERNEL_6 = ["2001:db8::8 via fe80::1 dev eth0 proto bgp metric 20 pref medium"]
BIRD = [
    "Table master4:",
    "198.51.100.9/32      unicast [node1 10:00:00.000] * (100) [AS64497i]",
    "\tvia 192.0.2.1 on eth0",
]
ADDRESSES = [
    "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000",
    "    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff",
    "    inet 192.0.2.101/24 scope global eth0",
]
JSON_ROUTES = ['{"198.51.100.7/32": [', "]}"]
JSON_SUMMARY = ['{"ipv4Unicast": {"routerId": "192.0.2.1",', '"peers": {}}}']


def found(*groups: list[str], platform: str | None = None) -> list[tuple[int, int, str | None]]:
    """Return start, stop and format of each part of these lines."""
    names = {id(fact): fact.reader for known in platforms().values() for fact in known.facts}
    names |= {id(table): known.name for known in platforms().values() for table in known.tables}
    lines = [line for group in groups for line in group]
    return [(part.start, part.stop, names.get(id(part.form))) for part in parts_of(lines, platform)]


@pytest.mark.parametrize(
    "groups,expected",
    [
        pytest.param([FRR], [(0, 2, "frr")], id="one format"),
        pytest.param([FRR, KERNEL], [(0, 2, "frr"), (2, 3, "linux")], id="one line at the end"),
        pytest.param([KERNEL_6, FRR_6], [(0, 1, "linux"), (1, 2, "frr")], id="one line at the beginning"),
        pytest.param([FRR, ADDRESSES[:1]], [(0, 2, "frr"), (2, 3, "addresses")], id="one line of facts at the end"),
        pytest.param([FRR, ADDRESSES[:1], FRR], [(0, 2, "frr"), (2, 5, "frr")], id="one line within"),
        pytest.param(
            [FRR, ADDRESSES[:2], FRR], [(0, 2, "frr"), (2, 4, "addresses"), (4, 6, "frr")], id="two lines within"
        ),
        pytest.param(
            [FRR, ADDRESSES, [""], FRR_6],
            [(0, 2, "frr"), (2, 6, "addresses"), (6, 7, "frr")],
            id="a blank line between",
        ),
        pytest.param([FRR_LONG, BIRD], [(0, 13, "frr")], id="three lines of another router"),
        pytest.param([FRR_LONG, BIRD, BIRD[2:]], [(0, 14, "frr")], id="four lines of another router"),
        pytest.param(
            [FRR_LONG, BIRD, BIRD[2:], BIRD[2:]], [(0, 10, "frr"), (10, 15, "bird")], id="five lines of another router"
        ),
        pytest.param([["Hello"], FRR], [(0, 3, "frr")], id="a sentence belongs to the table"),
        pytest.param([["Hello"]], [(0, 1, None)], id="a sentence alone"),
        pytest.param([["", " "]], [], id="blank lines alone"),
    ],
)
def test_a_new_part_begins_where_the_format_changes(
    groups: list[list[str]], expected: list[tuple[int, int, str | None]]
) -> None:
    assert found(*groups) == expected


def test_two_lines_of_a_kernel_within_a_table_of_frr_are_a_part() -> None:
    assert found(FRR, KERNEL, KERNEL_6, FRR_6) == [(0, 2, "frr"), (2, 4, "linux"), (4, 5, "frr")]


def test_a_table_that_is_printed_twice_is_two_parts_with_the_headings_of_each() -> None:
    assert found(FRR, ["", ""], FRR) == [(0, 2, "frr"), (2, 6, "frr")]
    assert found(FRR, FRR_6, FRR, FRR_6) == [(0, 3, "frr"), (3, 6, "frr")]
    assert found(["VRF blue:"], FRR, ["VRF blue:"], FRR_6) == [(0, 3, "frr"), (3, 5, "frr")]
    assert found(["Hello"], FRR, ["Hello"], FRR_6) == [(0, 5, "frr")]


@pytest.mark.parametrize(
    "groups,expected",
    [
        pytest.param([JSON_SUMMARY, FRR], [(0, 2, "bgp summary"), (2, 4, "frr")], id="above a table"),
        pytest.param([FRR, JSON_SUMMARY], [(0, 2, "frr"), (2, 4, "bgp summary")], id="below a table"),
        pytest.param([JSON_ROUTES, JSON_ROUTES], [(0, 4, None)], id="routes of two VRFs"),
        pytest.param([JSON_ROUTES, JSON_SUMMARY], [(0, 2, None), (2, 4, "bgp summary")], id="routes and a summary"),
        pytest.param([[""], JSON_ROUTES, [""]], [(1, 3, None)], id="blank lines around"),
        pytest.param([FRR, ['{"198.51.100.7/32": [']], [(0, 3, "frr")], id="cut short"),
        pytest.param([FRR, ["[edit]"]], [(0, 3, "frr")], id="no JSON"),
    ],
)
def test_a_json_document_is_a_part(groups: list[list[str]], expected: list[tuple[int, int, str | None]]) -> None:
    names = {"frr sessions": "bgp summary", "frr_summary": "bgp summary", "frr summary": "bgp summary"}
    assert [(start, stop, names.get(name or "", name)) for start, stop, name in found(*groups)] == expected


@pytest.mark.parametrize(
    "platform,expected",
    [("frr", [(0, 3, "addresses"), (3, 5, "frr")]), ("bird", [(0, 5, "addresses")]), ("linux", [(0, 5, "addresses")])],
)
def test_a_given_platform_leaves_its_own_formats_and_those_of_the_kernel(
    platform: str, expected: list[tuple[int, int, str | None]]
) -> None:
    assert found(ADDRESSES, FRR, platform=platform) == expected


@pytest.mark.parametrize(
    "lines,again",
    [
        ([*FRR, *FRR], True),
        (["", *FRR, "", *FRR], True),
        ([*FRR, *FRR_6], False),
        (["12345678", "x", "12345678"], True),
        (["1234567", "x", "1234567"], False),
        (["12345678", "123456789"], False),
    ],
)
def test_a_text_begins_again_where_its_first_line_is_there_twice(lines: list[str], *, again: bool) -> None:
    assert begins_again("\n".join([*lines, ""])) is again


def test_the_command_belongs_to_the_first_part_that_it_fits() -> None:
    text = "\n".join([*ADDRESSES, *FRR, *ADDRESSES, ""])
    capture = Capture("tor1", None, "ip address", text, "t", first_line=11)
    assert [
        (part.command, part.first_line, part.text.count("\n"), form is None) for part, form in divided(capture)
    ] == [
        ("ip address", 11, 3, False),
        (None, 14, 2, True),
        (None, 16, 3, False),
    ]
    assert "".join(part.text for part, _ in divided(capture)) == text
    assert {part.command for part, _ in divided(Capture("tor1", None, "show version", text, "t"))} == {None}


def test_a_text_that_is_longer_than_anybody_pastes_is_not_divided() -> None:
    capture = Capture(None, None, "show", "\n" * MOST_LINES, "t")
    assert divided(capture) == [(capture, None)]


def test_lines_that_are_not_of_a_form_are_reported_where_its_reader_ignores_them() -> None:
    text = "\n".join(["Hello", *ADDRESSES, "", "Bye"])
    capture = Capture("tor1", "linux", "ip address", text, "t", first_line=11)
    (form,) = {part.form for part in parts_of(ADDRESSES)}
    assert [(line.line, line.text) for line in lines_of_others(capture, form)] == [(11, "Hello"), (16, "Bye")]
    assert lines_of_others(capture, None) == ()
    json_capture = Capture("tor1", "linux", "ip -j address", '[{"ifname": "eth0"}]', "t")
    assert lines_of_others(json_capture, form) == ()


@pytest.mark.parametrize("started,is_pasted", [(None, True), ("2026-01-02T03:04:05+00:00", False)])
def test_an_answer_to_a_scan_was_not_pasted(started: str | None, *, is_pasted: bool) -> None:
    assert was_pasted(Capture("tor1", None, None, "", "t", started=started)) is is_pasted
