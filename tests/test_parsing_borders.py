"""What is read of texts exactly where the result changes: first and last lines, blank lines, words left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing import focus
from ecmpaudit.parsing.bgp_table import read_bgp_table
from ecmpaudit.parsing.facts.bird_paths import facts_of_bird_table
from ecmpaudit.parsing.facts.bird_sessions import KERNEL_EXPORT
from ecmpaudit.parsing.facts.line_finder import LineFinder
from ecmpaudit.parsing.facts.readers import read_facts
from ecmpaudit.parsing.focus import SkippedChunk, skipped
from ecmpaudit.parsing.gobgp_json import looks_like_gobgp
from ecmpaudit.parsing.line_hosts import by_host
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.parsing.template import engine_of
from ecmpaudit.parsing.terminal_residue import without_movements, without_odd_characters
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts

FRR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"


def facts_of(platform: str, command: str, text: str) -> CaptureFacts:
    capture = Capture("rx1", platform, command, text, "rx1.txt")
    return read_facts(capture, resolve(capture))


# BGP tables


@pytest.mark.parametrize("number, is_refused", [(40, True), (41, False)])
def test_the_detail_form_of_paths_is_looked_for_in_the_first_40_lines(number: int, is_refused: bool) -> None:
    text = "\n" * (number - 1) + "BGP routing table entry for 198.51.100.7/32, version 3\n"
    capture = Capture("rx1", "frr", "show bgp ipv4 unicast", text, "rx1.txt")
    if is_refused:
        with pytest.raises(UnknownFormatError, match="the detail form of BGP paths is read only as JSON"):
            read_bgp_table(capture)
    else:
        assert [line.line for line in read_bgp_table(capture).unparsed] == [number]


def test_the_place_of_a_path_is_that_of_its_first_next_hop() -> None:
    paths = [{"valid": True, "nexthops": [{"ip": f"192.0.2.{number}", "afi": "ipv4"}]} for number in (1, 2)]
    text = json.dumps({"routes": {"198.51.100.7/32": paths}})
    found = read_bgp_table(Capture("rx1", "frr", "show bgp ipv4 unicast json", text, "rx1.txt")).paths
    assert [path.evidence.path for path in found] == [
        ("routes", "198.51.100.7/32", number, "nexthops", 0, "ip") for number in (0, 1)
    ]


# BIRD


@pytest.mark.parametrize(
    "ospf, names",
    [
        pytest.param("", [], id="none"),
        pytest.param("protocol ospf { }\n", ["ospf1"], id="without-a-name"),
        pytest.param("protocol ospf v2 { }\nprotocol ospf v3 { }\n", ["ospf1", "ospf2"], id="by-version"),
        pytest.param("protocol ospf v3 core from common { }\n", ["core", "ospf1"], id="from-a-template"),
        pytest.param("protocol ospf core { }\n", ["core", "ospf1"], id="by-name"),
        pytest.param("protocol rip ng edge { }\n", ["edge", "rip1"], id="RIP"),
    ],
)
def test_protocols_that_make_multipath_routes_are_not_limited_by_merge_paths(ospf: str, names: list[str]) -> None:
    text = f"{ospf}protocol kernel {{\n  ipv4 {{ export all; }};\n  merge paths on limit 4;\n}}\n"
    found = facts_of("bird", "cat /etc/bird/bird.conf", text).ceilings
    (ceiling,) = [each for each in found if each.ceiling.value == 4]
    assert sorted(ceiling.other_than) == sorted([*names, "babel", "ospf", "rip"])


@pytest.mark.parametrize("depth, is_refused", [(50, False), (51, True)])
def test_blocks_of_bird_are_read_to_a_depth_of_fifty(depth: int, is_refused: bool) -> None:
    text = "protocol bgp node1 {" + " x {" * (depth - 1) + " }" * depth + "\n"
    if is_refused:
        with pytest.raises(DamagedOutputError, match="line 1: more than 50 blocks in one another"):
            facts_of("bird", "cat /etc/bird/bird.conf", text)
    else:
        assert facts_of("bird", "cat /etc/bird/bird.conf", text).facts.answered


@pytest.mark.parametrize(
    "first, rest, expected",
    [
        pytest.param("", "", ["off"], id="whole"),
        pytest.param('include "more.conf";\n', "", [], id="rest-is-elsewhere"),
        pytest.param('include "more.conf";\n', "merge external yes;", ["on"], id="said-here"),
        pytest.param('include "more.conf";\n', "merge external off;", ["off"], id="turned-off-here"),
        pytest.param("", "merge external;", ["on"], id="without-a-word"),
    ],
)
def test_what_ospf_merges_is_known_where_it_is_said_or_the_configuration_is_whole(
    first: str, rest: str, expected: list[str]
) -> None:
    text = f"{first}protocol ospf v2 core {{\n  ipv4 {{ import all; }};\n  {rest}\n}}\n"
    settings = facts_of("bird", "cat /etc/bird/bird.conf", text).facts.settings
    assert [each.value for each in settings if "merge" in each.name] == expected


@pytest.mark.parametrize(
    "words, ceiling",
    [("ecmp no", 1), ("ecmp off", 1), ("ecmp yes limit 8", 8), ("ecmp limit 8", 8), ("ecmp on", 16)],
)
def test_the_next_hops_of_ospf_are_limited_by_ecmp(words: str, ceiling: int) -> None:
    found = facts_of("bird", "cat /etc/bird/bird.conf", f"protocol ospf v2 {{\n  {words};\n}}\n").ceilings
    assert [each.ceiling.value for each in found] == [ceiling]


@pytest.mark.parametrize(
    "attributes, next_hop",
    [
        pytest.param("\tBGP.next_hop: 192.0.2.9\n", "192.0.2.9", id="its-own"),
        pytest.param("", "192.0.2.1", id="of-the-route"),
    ],
)
def test_the_next_hop_of_a_path_is_that_of_its_route_unless_it_prints_one(attributes: str, next_hop: str) -> None:
    text = (
        "BIRD 2.0.12 ready.\nTable master4:\n"
        "198.51.100.1/32      unicast [node1 06:36:43.548] * (100) [AS64510i]\n"
        f"\tvia 192.0.2.1 on swp1\n\tType: BGP univ\n\tBGP.origin: IGP\n\tBGP.as_path: 64510\n{attributes}"
    )
    capture = Capture("edge1", "bird", "birdc -r 'show route all'", text, "edge1.txt")
    assert [path.next_hop for path in facts_of_bird_table(read_capture(capture), capture).paths] == [next_hop]


def test_what_a_kernel_protocol_exports_is_known_by_family_and_of_no_other_protocol() -> None:
    text = (
        "BIRD 2.0.12 ready.\n"
        "Name       Proto      Table      State  Since         Info\n"
        "direct1    Direct     ---        up     14:04:34.849  \n"
        "  Channel ipv4\n    State:          UP\n    Output filter:  REJECT\n\n"
        "kernel1    Kernel     master4    up     14:04:34.849  \n"
        "  Channel ipv4\n    State:          UP\n    Input filter:   REJECT\n    Output filter:  ACCEPT\n\n"
        "kernel2    Kernel     master6    up     14:04:34.849  \n"
        "  Channel ipv6\n    State:          UP\n    Input filter:   ACCEPT\n    Output filter:  to_kernel\n\n"
    )
    found = facts_of("bird", "birdc -r show protocols all", text).facts.settings
    assert [(each.name, each.value, each.family, each.evidence.line) for each in found] == [
        (KERNEL_EXPORT, "ACCEPT", 4, 12),
        (KERNEL_EXPORT, "to_kernel", 6, 18),
    ]


def test_what_a_kernel_protocol_of_bird_16_exports_has_no_family_of_its_own() -> None:
    text = (
        "BIRD 1.6.8 ready.\n"
        "name     proto    table    state  since       info\n"
        "kernel1  Kernel   master   up     14:04:34    \n"
        "  Preference:     10\n  Input filter:   ACCEPT\n  Output filter:  REJECT\n"
        "  Routes:         0 imported, 0 exported, 0 preferred\n\n"
    )
    found = facts_of("bird", "birdc -r show protocols all", text).facts.settings
    assert [(each.name, each.value, each.family) for each in found] == [(KERNEL_EXPORT, "REJECT", None)]


# lines that facts are quoted from


def test_the_source_of_a_rip_update_is_quoted_with_its_numbers() -> None:
    text = (
        'Routing Protocol is "rip"\n  Routing Information Sources:\n'
        "    Gateway          BadPackets BadRoutes  Distance Last Update\n"
        "    192.0.2.46               3         0       120   00:00:04\n"
    )
    (source,) = facts_of("frr", "vtysh -c 'show ip rip status'", text).facts.rip_sources
    assert (source.evidence.line, source.evidence.text) == (
        4,
        "192.0.2.46 3         0       120   00:00:04",
    )


@pytest.mark.parametrize(
    "text, word, line",
    [
        pytest.param("11.2.3.4\n1.2.3.4", "1.2.3.4", 2, id="longer-before"),
        pytest.param("10.1.1.11\n10.1.1.1", "10.1.1.1", 2, id="longer-after"),
        pytest.param("12::7\n2::7", "2::7", 2, id="longer-before-IPv6"),
        pytest.param("2001:db8::11\n2001:db8::1", "2001:db8::1", 2, id="longer-after-IPv6"),
        pytest.param("a::1\n::1", "::1", 1, id="a-sign-before"),
        pytest.param("\n10.1.1.1", "10.1.1.1", 2, id="blank-first-line"),
        pytest.param("10.1.1.1", "10.1.1.1", 1, id="only-line"),
    ],
)
def test_a_word_is_found_where_it_is_no_part_of_a_longer_one(text: str, word: str, line: int) -> None:
    found = LineFinder(Capture("rx1", "frr", None, text, "rx1.txt")).evidence(word)
    assert (found.line, found.text) == (line, text.split("\n")[line - 1])


@pytest.mark.parametrize("route", ["198.51.100.7 via 192.0.2.1 dev eth0", "2001:db8::7 via fe80::1 dev eth0"])
@pytest.mark.parametrize("missing, is_cut", [("", False), ("0", True)])
def test_a_table_of_one_line_is_whole_where_the_name_of_its_interface_is(
    route: str, missing: str, *, is_cut: bool
) -> None:
    table = read_capture(Capture("rx1", "linux", None, route.removesuffix(missing), "rx1.txt"))
    assert (table.cut is not None) is is_cut


@pytest.mark.parametrize("end, known", [("\n", True), ("\n  *                        via 192.0", False)])
def test_what_a_table_of_a_pool_lacks_is_missing_unless_the_table_is_cut(end: str, *, known: bool) -> None:
    command = "show ip route 198.51.100.0/24 longer-prefixes"
    table = read_capture(Capture("rx1", "frr", command, f"{FRR}{end}", "rx1.txt"))
    assert [table.lists_all_of(f"198.51.100.{n}/32") for n in (8, 9)] == [known, known]
    assert not table.lists_all_of("203.0.113.7/32")


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_blank_lines_above_count_as_lines(blank: int) -> None:
    text = "\n" * blank + "neighbor 192.0.2.1\nneighbor 192.0.2.2\n"
    finder = LineFinder(Capture("rx1", "frr", None, text, "rx1.txt"))
    assert [finder.evidence(word).line for word in ("192.0.2.1", "192.0.2.2")] == [blank + 1, blank + 2]


@pytest.mark.parametrize("first", [1, 2])
def test_a_route_with_a_next_hop_object_is_quoted_with_its_line(first: int) -> None:
    text = "\n" * (first - 1) + (
        "default via 10.0.0.1 dev eth0 proto static \n172.31.1.1 nhid 54 proto bgp metric 20 \n"
        "\tnexthop via 172.30.250.101 dev enp6s0 weight 1 \n172.31.2.0/24 nhid 55 via 10.0.0.9 dev eth0 proto bgp \n"
    )
    material = read_material([Capture("tor1", "linux", "ip -4 route show table all", text, "ssh tor1")])
    found = [(route.number, route.evidence.line, route.evidence.text) for route in material.facts.object_routes]
    assert found == [(54, first + 1, "172.31.1.1 nhid 54"), (55, first + 3, "172.31.2.0/24 nhid 55")]


def test_lines_of_json_that_hold_something_are_understood() -> None:
    route = {"prefix": "198.51.100.7/32", "protocol": "bgp", "selected": True, "installed": True, "nexthops": []}
    route["nexthops"] = [{"ip": "192.0.2.1", "fib": True, "active": True, "interfaceName": "eth0"}]
    text = json.dumps({"198.51.100.7/32": [route]}, indent=0)
    table = read_capture(Capture("rx1", "frr", "show ip route json", f"{text}\n\n", "rx1.txt"))
    assert (table.next_hops, table.lines_understood) == (1, len(text.split("\n")))


# large texts


@pytest.mark.parametrize("longer, is_skipped", [(0, True), (1, False)])
def test_a_text_is_large_from_a_size_on(longer: int, is_skipped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    template = engine_of(platforms()["frr"].tables[0].template).columnar
    assert template is not None
    monkeypatch.setattr(focus, "_WORTH_IT", 1)
    monkeypatch.setattr(focus, "_LINE", len(FRR) + longer)
    found = skipped(template, FRR, (focus.host("203.0.113.7"),), None)
    assert found == (SkippedChunk(1, 1, frozenset({4})) if is_skipped else None)


# texts of many hosts


@pytest.mark.parametrize(
    "text, hosts",
    [
        pytest.param(f"tor1: {FRR}\ntor1: {FRR}\n", [("tor1", 1)], id="two-lines"),
        pytest.param(f"a: {FRR}\na: {FRR}\n", [("a", 1)], id="name-of-one-letter"),
        pytest.param(f"tor1: {FRR}\n", [(None, 1)], id="one-line"),
        pytest.param(f"\ntor1: {FRR}\ntor1: {FRR}\n", [("tor1", 2)], id="blank-first-line"),
        pytest.param(f"tor1: {FRR}\n\n  \ntor2: {FRR}", [("tor1", 1), ("tor2", 4)], id="blank-lines-between"),
        pytest.param(f"tor1: {FRR}\ntor1: {FRR}\n{FRR}", [(None, 1)], id="last-line-without-a-host"),
        pytest.param(f"{FRR}\ntor1: {FRR}\ntor1: {FRR}", [(None, 1)], id="first-line-without-a-host"),
    ],
)
def test_hosts_are_those_that_every_line_names_which_is_not_blank(
    text: str, hosts: list[tuple[str | None, int]]
) -> None:
    assert [(host, first) for host, _, first in by_host(text)] == hosts


# terminals


@pytest.mark.parametrize(
    "typed, shown",
    [
        ("abc\x1b[Dx", "abx"),
        ("abc\x1b[1Dx", "abx"),
        ("abc\x1b[2Dx", "axc"),
        ("abc\x1b[9Dxy", "xyc"),
        ("abc\bx", "abx"),
        ("abc\b\bx", "axc"),
        ("abc\b\b\b\bx", "xbc"),
    ],
)
def test_what_is_typed_after_the_cursor_went_back_overwrites(typed: str, shown: str) -> None:
    assert without_movements(typed) == shown


@pytest.mark.parametrize("control", [chr(code) for code in (0, 7, 12, 14, 15, 127)])
def test_control_characters_are_removed_and_a_vertical_tab_ends_a_line(control: str) -> None:
    assert without_odd_characters(f"a{control}b\x0bc\td\n") == "ab\nc\td\n"


# numbers that an output prints of itself


@pytest.mark.parametrize(
    "route",
    [
        "198.51.100.7/32    via 192.0.2.1 on eth0 [node1 10:15:00] * (100) [AS64513i]\n",
        "2001:db8:100::7/128 via fe80::1 on eth0 [node1 10:15:00] * (100) [AS64513i]\n",
    ],
    ids=["IPv4", "IPv6"],
)
def test_a_number_below_the_list_counts_from_the_first_line_of_the_text(route: str) -> None:
    text = f"{route}2 of 5 routes for 3 networks\n"
    table = read_capture(Capture("rx1", "bird", "birdc 'show route stats'", text, "rx1.txt"))
    assert sorted(line.line for line in table.unparsed) == [1, 2]
    assert {line.reason for line in table.unparsed} == {"contradicts itself: it says 2 routes, and 1 are listed"}


def test_a_number_is_too_low_with_the_last_route_of_its_list() -> None:
    routes = "".join(
        f"198.51.100.{n}/32    via 192.0.2.1 on eth0 [node1 10:15:00] * (100) [AS64513i]\n" for n in (7, 8, 9)
    )
    text = f"BIRD 1.6.8 ready.\n{routes}4 of 4 routes for 4 networks\n"
    table = read_capture(Capture("rx1", "bird", "birdc 'show route stats'", text, "rx1.txt"))
    assert sorted((line.line, line.text) for line in table.unparsed) == [
        (4, "198.51.100.9/32    via 192.0.2.1 on eth0 [node1 10:15:00] * (100) [AS64513i]"),
        (5, "4 of 4 routes for 4 networks"),
    ]


@pytest.mark.parametrize("length, is_read", [(128, True), (129, False)])
def test_an_address_of_an_interface_has_a_length_up_to_128(length: int, is_read: bool) -> None:
    info = {"family": "inet6", "local": "2001:db8::1", "prefixlen": length}
    text = json.dumps([{"ifindex": 1, "ifname": "eth0", "addr_info": [info]}])
    if is_read:
        (found,) = facts_of("linux", "ip -j address", text).facts.addresses
        assert found.address == "2001:db8::1/128"
    else:
        with pytest.raises(DamagedOutputError, match="not the output of `ip -j address`"):
            facts_of("linux", "ip -j address", text)


def test_a_next_hop_of_frr_without_flags_contradicts_nothing() -> None:
    hops = [
        {"flags": 3, "fib": True, "ip": "192.0.2.1", "afi": "ipv4", "interfaceName": "eth0", "active": True},
        {"fib": True, "ip": "192.0.2.2", "afi": "ipv4", "interfaceName": "eth0", "active": True},
        {"ip": "192.0.2.3", "afi": "ipv4", "interfaceName": "eth0"},
    ]
    route = {"prefix": "198.51.100.7/32", "protocol": "bgp", "selected": True, "installed": True, "nexthops": hops}
    capture = Capture("rx1", "frr", "show ip route json", json.dumps({"198.51.100.7/32": [route]}), "rx1.txt")
    table = read_capture(capture)
    assert table.unparsed == ()
    (read,) = table.views()["default", "198.51.100.7/32"]
    assert [(hop.address, hop.is_installed, hop.is_active) for hop in read.next_hops] == [
        ("192.0.2.1", True, True),
        ("192.0.2.2", True, True),
        ("192.0.2.3", False, False),
    ]


@pytest.mark.parametrize("document", [[], [{"nlri": {}, "attrs": []}], None, {}, {"198.51.100.7/32": []}])
def test_json_without_paths_by_prefix_is_not_that_of_gobgp(document: object) -> None:
    assert not looks_like_gobgp(document)
    assert looks_like_gobgp({"198.51.100.7/32": [{"nlri": {}, "attrs": []}]})


@pytest.mark.parametrize("place", ["state", "conf"])
def test_the_place_of_a_session_of_gobgp_is_that_of_its_address(place: str) -> None:
    entry: dict[str, dict[str, object]] = {
        "conf": {"neighbor_address": "192.0.2.101"},
        "state": {"neighbor_address": "192.0.2.101", "session_state": 6},
        "timers": {"state": {}},
    }
    if place == "conf":
        del entry["state"]["neighbor_address"]
    family = {"config": {"family": {"afi": 1, "safi": 1}}, "state": {}}
    (session,) = facts_of("gobgp", "gobgp neighbor -j", json.dumps([{**entry, "afi_safis": [family]}])).facts.sessions
    assert (session.peer, session.is_up) == ("192.0.2.101", True)
    expected = (0, "conf") if place == "conf" else (0, "state", "neighbor_address")
    assert session.evidence.path == expected
