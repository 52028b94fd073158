"""Limits of what is read, each exactly where the answer changes: characters, lines, numbers, and the last line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.ages import seconds
from ecmpaudit.parsing.bgp_json import is_of_one_prefix, looks_like_bgp_json
from ecmpaudit.parsing.canonical import canonical_prefix
from ecmpaudit.parsing.command_wrappers import sent
from ecmpaudit.parsing.cut_marks import is_cut_mark
from ecmpaudit.parsing.detection import detect
from ecmpaudit.parsing.facts.bird_paths import facts_of_bird_table
from ecmpaudit.parsing.facts.capture_facts import evidence, numbered
from ecmpaudit.parsing.facts.line_finder import LineFinder
from ecmpaudit.parsing.facts.readers import read_facts
from ecmpaudit.parsing.facts.silence import is_unknown_command, silent_daemon
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.json_columns import numbers_of_routes
from ecmpaudit.parsing.json_places import JsonPlaces
from ecmpaudit.parsing.log_lines import is_log_line
from ecmpaudit.parsing.plan import Wanted
from ecmpaudit.parsing.prefix_order import ORDERS, inversions
from ecmpaudit.parsing.prompts import read_prompt
from ecmpaudit.parsing.reading import read_capture, read_without_loading
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.parsing.samples import read_sample
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.parsing.typed_commands import asked, asks_for_routes, filter_of, is_configuration
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts

FRR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"
FRR_6 = "B>* 2001:db8:100::7/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05"


def capture_of(text: str, platform: str | None = "frr", command: str | None = None) -> Capture:
    return Capture("rx1", platform, command, text, "rx1.txt")


def facts_of(platform: str, command: str, text: str) -> CaptureFacts:
    capture = capture_of(text, platform, command)
    return read_facts(capture, resolve(capture))


# Values


@pytest.mark.parametrize(
    "age, expected",
    [
        ("1y", 31_536_000),
        ("1w", 604_800),
        ("1d", 86_400),
        ("1h", 3_600),
        ("1m", 60),
        ("1s", 1),
        ("01:02:03", 3_723),
        ("2d 00:00:01", 172_801),
        ("1:00:00:00", None),
        (f"{1:039}s", 1),
        (f"{1:040}s", None),
    ],
)
def test_an_age_is_the_sum_of_its_parts_and_has_40_characters_at_most(age: str, expected: int | None) -> None:
    assert seconds(age) == expected


@pytest.mark.parametrize(
    "text, prefix",
    [
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8::1/128", "2001:db8::1/128"),
        ("2001:DB8::1/128", "2001:db8::1/128"),
        ("2001:db8::1/127", None),
        ("2001:db8::1/129", None),
        ("::/0", "::/0"),
        ("8000::/0", None),
        ("2001:db8::/032", "2001:db8::/32"),
        ("2001:db8::/1_0", None),
        ("2001:db8::/\u0663\u0662", None),
        ("2001:db8::/", None),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:192.0.2.1/128", "::ffff:192.0.2.1/128"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.1/24", None),
        (f"2001:db8::/{'9' * 5000}", None),
        ("::/-5", None),
        ("::/-99999999999", None),
        ("::/+8", None),
        ("::/ 8", None),
    ],
)
def test_a_prefix_has_one_form_and_no_host_bits(text: str, prefix: str | None) -> None:
    assert canonical_prefix(text) == (prefix and canonical_prefix(prefix))
    assert (canonical_prefix(text) is None) is (prefix is None)


# Commands


@pytest.mark.parametrize(
    "hosts, place, command",
    [("abcd", "d", "show ip route"), ("abcde", "d", "ssh e show ip route")],
)
def test_a_command_is_followed_through_four_others(hosts: str, place: str, command: str) -> None:
    found = sent("".join(f"ssh {host} " for host in hosts) + "show ip route")
    assert (found.place, found.command) == (place, command)


@pytest.mark.parametrize(
    "typed, place, is_local",
    [
        ("vtysh -N red -c 'show ip route'", "red", True),
        ("ip -n red route", "red", True),
        ("ssh tor1 ip route", "tor1", False),
        ("gobgp -u 2001:db8::1 global rib", "2001:db8::1", False),
        ("ip route", None, False),
    ],
)
def test_a_namespace_is_known_on_its_host_alone(typed: str, place: str | None, *, is_local: bool) -> None:
    found = sent(typed)
    assert (found.place, found.is_local) == (place, is_local)


def test_a_prefix_that_follows_itself_is_in_order() -> None:
    rows = [(line, prefix) for line, prefix in enumerate(["192.0.2.0/24"] * 2 + ["198.51.100.0/24"] * 6, start=1)]
    assert inversions(rows, ORDERS["order of addresses"]) == []
    assert inversions([*rows[2:], rows[0]], ORDERS["order of addresses"]) == [(rows[-1], rows[0])]


@pytest.mark.parametrize("length, is_seen", [(500, True), (501, False)])
def test_commands_are_matched_up_to_500_characters(length: int, *, is_seen: bool) -> None:
    pipe = "show ip route".ljust(length - 12) + " | include x"
    assert (filter_of(pipe) == "include x") is is_seen
    assert asked(pipe).endswith("include x") is is_seen
    assert is_configuration("ip route".ljust(length - 2) + "1.") is is_seen
    assert asks_for_routes("show".ljust(length - 3) + "rib") is is_seen
    prompt = read_prompt("tor1#show ip route ".ljust(length - 1) + "x")
    assert prompt is not None
    assert prompt.command.endswith("x") is is_seen


# Lines


@pytest.mark.parametrize("length, is_mark", [(120, True), (121, False)])
def test_a_mark_of_a_cut_has_120_characters_at_most(length: int, *, is_mark: bool) -> None:
    assert is_cut_mark("." * length) is is_mark


def test_the_mode_above_a_prompt_is_followed_by_nothing_but_blanks() -> None:
    assert is_log_line(f"[edit]{' ' * 500}")
    assert not is_log_line(f"[edit]{' ' * 500}x")


@pytest.mark.parametrize("length, is_whole", [(4000, True), (4001, False)])
def test_a_line_of_facts_is_matched_up_to_4000_characters(length: int, *, is_whole: bool) -> None:
    ((number, line),) = numbered(capture_of("x" * length))
    assert (number, line) == (1, "x" * 4000 if is_whole else f"{'x' * 4000} \ufffd")


def test_a_line_is_quoted_up_to_200_characters() -> None:
    assert evidence(capture_of(""), 1, f" {'x' * 201} ").text == "x" * 200


def test_twenty_words_that_a_text_lacks_are_searched_for() -> None:
    finder = LineFinder(capture_of("one\ntwo\n"))
    for number in range(19):
        finder.move_to(f"absent{number}")
    assert finder.evidence("two").line == 2
    finder = LineFinder(capture_of("one\ntwo\n"))
    for number in range(20):
        finder.move_to(f"absent{number}")
    assert finder.evidence("two").line == 1


@pytest.mark.parametrize("blanks, is_seen", [(483, True), (484, False)])
def test_a_message_instead_of_an_answer_is_looked_for_in_500_characters(blanks: int, *, is_seen: bool) -> None:
    said = "\n" * blanks + "% Unknown command"
    assert is_unknown_command(capture_of(said)) is is_seen
    down = Capture("rx1", "frr", "x", "", "rx1.txt", failure="bgpd is not running".rjust(blanks + 17))
    assert (silent_daemon(down) is not None) is is_seen


@pytest.mark.parametrize("length", [200, 201])
def test_a_fault_of_this_program_quotes_200_characters_of_its_error(length: int) -> None:
    def read() -> None:
        raise RuntimeError("x" * length)

    with pytest.raises(DamagedOutputError, match=rf"not understood: RuntimeError: {'x' * 200} \(") as refused:
        guarded(capture_of(""), read)
    assert "please report it with the output" in str(refused.value)


# Forms


def test_the_form_of_a_bgp_table_in_json_shows_in_the_first_4000_characters() -> None:
    for keys, is_of_form in (('{"vrfId":', looks_like_bgp_json), ('{"prefix":', is_of_one_prefix)):
        assert is_of_form(keys.rjust(4000))
        assert not is_of_form(keys.rjust(4001))


@pytest.mark.parametrize("route", [FRR, FRR_6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("others, is_one", [(2, True), (3, False)])
def test_a_table_may_have_one_line_and_a_fifth_of_its_addresses_that_it_cannot_read(
    route: str, others: int, *, is_one: bool
) -> None:
    """Of five lines with an address, two; of more it is another platform's table."""
    lines = [*[route] * (5 - others), *["?! 192.0.2.9 and 2001:db8::9 are something else"] * others]
    capture = capture_of("\n".join(lines), platform=None)
    if is_one:
        platform, _ = detect(capture, lines)
        assert platform.name == "frr"
    else:
        with pytest.raises(UnknownFormatError, match="this is no route table of a known platform"):
            detect(capture, lines)


@pytest.mark.parametrize("route", [FRR, FRR_6], ids=["IPv4", "IPv6"])
def test_a_table_is_detected_by_its_first_4000_lines_and_400_of_them_that_are_not_blank(route: str) -> None:
    assert detect(capture_of(""), ["", *["no route"] * 399, route])[0].name == "frr"
    with pytest.raises(UnknownFormatError):
        detect(capture_of(""), ["no route"] * 400 + [route])
    assert detect(capture_of(""), [""] * 3999 + [route])[0].name == "frr"
    with pytest.raises(UnknownFormatError):
        detect(capture_of(""), [""] * 4000 + [route])


@pytest.mark.parametrize("damaged", ["  {}", "{}\n"], ids=["indented", "wrapped"])
@pytest.mark.parametrize("route", [FRR, FRR_6], ids=["IPv4", "IPv6"])
def test_a_table_is_detected_where_lines_that_are_not_understood_can_be_repaired(route: str, damaged: str) -> None:
    wrapped = route.replace(" via", "\n    via") if "\n" in damaged else damaged.format(route)
    lines = [line for text in (route, *[wrapped] * 9) for line in text.split("\n")]
    assert detect(capture_of("\n".join(lines), platform=None), lines)[0].name == "frr"


# Ends of tables


@pytest.mark.parametrize(
    "place, is_in_the_middle", [(0, False), (1, True), (2, False)], ids=["above", "between", "below"]
)
def test_a_mark_between_two_routes_is_a_cut_in_the_middle(place: int, *, is_in_the_middle: bool) -> None:
    lines = [FRR, FRR_6]
    lines.insert(place, "(output omitted)")
    cut = read_capture(capture_of("".join(f"{line}\n" for line in lines))).cut or ""
    assert ("is cut in its middle" in cut) is is_in_the_middle


# Places in JSON


@pytest.mark.parametrize("length, is_said", [(20_000, True), (20_001, False)])
def test_a_value_of_20000_characters_is_said_in_words_and_of_a_larger_one_its_beginning(
    length: int, *, is_said: bool
) -> None:
    value = json.dumps({"state": "Active", "more": "x" * (length - len('{"state": "Active", "more": ""}'))})
    assert len(value) == length
    found = JsonPlaces(f'{{"192.0.2.3": {value}}}').quote(("192.0.2.3",))
    assert found is not None
    assert found[1].startswith("192.0.2.3: state Active" if is_said else '"192.0.2.3": {"state": "Active"')


@pytest.mark.parametrize("place", [0, 1])
def test_a_route_of_the_kernel_is_said_in_words_wherever_it_is(place: int) -> None:
    routes = [{"dst": "2001:db8:100::7", "dev": "eth0"}, {"dst": "198.51.100.7", "dev": "eth1"}]
    prefix = f"{routes[place]['dst']}/{'128' if place == 0 else '32'}"
    text = json.dumps(routes)
    found = JsonPlaces(text).quote((prefix,))
    assert found == (text.index(f'"dst": "{routes[place]["dst"]}'), f"dst {prefix.partition('/')[0]}, dev eth{place}")


# Facts


def test_what_bird_exports_is_not_known_where_a_line_is_not_understood_or_the_list_is_cut() -> None:
    route = "198.51.100.7/32      unicast [node1 06:36:43.548] * (100) [AS64510i]\n\tvia 192.0.2.1 on swp1\n"
    head = "BIRD 2.0.12 ready.\nTable master4:\n"
    command = "birdc -r 'show route export node1'"
    whole = facts_of("bird", command, head + route)
    assert [export.prefix for export in whole.facts.exports] == ["198.51.100.7/32"]
    assert whole.facts.answered
    odd = facts_of("bird", command, f"{head}{route}?! 192.0.2.9\n{route.replace('100.7', '100.8')}")
    assert (odd.facts.exports, odd.facts.answered, len(odd.unparsed)) == ((), frozenset(), 1)
    cut = facts_of("bird", command, f"{head}\tvia 192.0.2.1 on swp1\n{route}")
    assert (cut.facts.exports, cut.facts.answered) == ((), frozenset())


GOBGP = """[{"conf": {"neighbor_address": "2001:db8::1"}, "state": {"session_state": 6}, "timers": {"state":
 {"uptime": {"seconds": NUMBER}}}, "afi_safis": [{"config": {"family": {"afi": 2, "safi": 1}}}]}]"""
CILIUM = """[{"peer-address": "2001:db8::1", "session-state": "established", "uptime-nanoseconds": NUMBER,
 "families": [{"afi": "ipv6", "safi": "unicast"}]}]"""
LSA = """{"asExternalLinkStates": [{"lsaAge": AGE, "linkStateId": "198.51.100.1", "advertisingRouter": "192.0.2.1",
 "networkMask": MASK, "metricType": "E1", "metric": METRIC}]}"""


@pytest.mark.parametrize(
    "command, text, largest",
    [
        ("ip -j nexthop", '[{"id": NUMBER, "gateway": "2001:db8::1"}]', 4_294_967_295),
        ("ip -j nexthop", '[{"id": 1, "group": [{"id": 2, "weight": NUMBER}]}]', 65_536),
        ("ip -j nexthop", '[{"id": 1, "group": [], "resilient_args": {"buckets": NUMBER}}]', 65_535),
        ("ip nexthop", "id NUMBER via 192.0.2.1 dev eth0\n", 4_294_967_295),
        ("ip nexthop", "id 1 group NUMBER\n", 4_294_967_295),
        ("ip nexthop", "id 1 group 2,NUMBER/3\n", 65_536),
        ("ip nexthop", "id 1 group 2/3 type resilient buckets NUMBER\n", 65_535),
        ("show ip ospf database external json", LSA.replace("AGE", "NUMBER").replace("METRIC", "1"), 7_200),
        ("show ip ospf database external json", LSA.replace("AGE", "1").replace("METRIC", "NUMBER"), 16_777_215),
        ("show running-config", "frr version 8.4.4\nip prefix-list a seq NUMBER permit any\nend\n", 4_294_967_295),
        ("show running-config", "frr version 8.4.4\nip prefix-list a permit 192.0.2.0/24 le NUMBER\nend\n", 32),
        ("show running-config", "frr version 8.4.4\nipv6 prefix-list a permit 2001:db8::/32 ge NUMBER\nend\n", 128),
        ("show running-config", "frr version 8.4.4\nroute-map a permit NUMBER\nend\n", 4_294_967_295),
        (
            "show running-config",
            "frr version 8.4.4\nnexthop-group a\n resilient buckets NUMBER idle-timer 1 unbalanced-timer 1\nend\n",
            65_535,
        ),
        (
            "show running-config",
            "frr version 8.4.4\nrouter bgp 64512\n address-family ipv6 unicast\n  maximum-paths NUMBER\nend\n",
            65_535,
        ),
        ("show running-config", "frr version 8.4.4\nrouter ospf6\n maximum-paths NUMBER\nend\n", 65_535),
        ("gobgp neighbor -j", GOBGP, 253_402_300_799),
        ("cilium-dbg bgp peers -o json", CILIUM, 1_000_000_000_000_000_000),
    ],
)
def test_a_number_beyond_what_its_field_can_hold_is_damage(command: str, text: str, largest: int) -> None:
    text = text.replace("MASK", "32")
    platform = {"ip": "linux", "show": "frr"}.get(command.partition(" ")[0], "gobgp")
    assert facts_of(platform, command, text.replace("NUMBER", str(largest)))
    with pytest.raises(DamagedOutputError, match=f"from [01] to {largest}"):
        facts_of(platform, command, text.replace("NUMBER", str(largest + 1)))


@pytest.mark.parametrize("state, numbers", [("established", (7, 3, 90, 30)), ("active", (None, None, None, None))])
def test_the_counts_and_times_of_a_session_of_cilium_are_known_while_it_is_up(
    state: str, numbers: tuple[int | None, ...]
) -> None:
    family = {"afi": "ipv6", "safi": "unicast", "accepted": 7, "advertised": 3}
    peer = {
        "peer-address": "2001:db8::1",
        "session-state": state,
        "uptime-nanoseconds": 61_000_000_000,
        "applied-hold-time-seconds": 90,
        "applied-keep-alive-time-seconds": 30,
        "families": [family],
    }
    (found,) = facts_of("gobgp", "cilium-dbg bgp peers -o json", json.dumps([peer])).facts.sessions
    assert (found.accepted, found.sent, found.hold_time, found.keepalive) == numbers
    assert found.since == ("0:01:01" if found.is_up else None)


def test_routes_without_a_next_hop_are_counted_and_have_no_row() -> None:
    assert numbers_of_routes(pl.Series([2, 0, 1, 0], dtype=pl.UInt32)).to_list() == [0, 0, 2]
    assert numbers_of_routes(pl.Series([], dtype=pl.UInt32)).to_list() == []


@pytest.mark.parametrize("weight, expected", [("", 1), (",1", 1), (",65536", 65_536)])
def test_a_member_of_a_group_has_weight_1_unless_it_says_more(weight: str, expected: int) -> None:
    (found,) = facts_of("linux", "ip nexthop", f"id 1 group 2{weight}/3\n").facts.next_hop_objects
    assert [(member.number, member.weight) for member in found.members] == [(2, expected), (3, 1)]
    with pytest.raises(DamagedOutputError):
        facts_of("linux", "ip nexthop", "id 1 group 2,0\n")


@pytest.mark.parametrize("further, is_read", [("", True), ("protocol kernel from many { }\n", False)])
def test_protocols_have_20000_statements_from_templates_at_most(further: str, *, is_read: bool) -> None:
    inherited = "template kernel many {\n" + "  learn;\n" * 200 + "}\n"
    text = inherited + "protocol kernel from many { ipv4 { export all; }; }\n" * 100 + further
    if is_read:
        assert facts_of("bird", "cat /etc/bird/bird.conf", text).facts.answered
    else:
        with pytest.raises(DamagedOutputError, match="more than 20000 statements from templates"):
            facts_of("bird", "cat /etc/bird/bird.conf", text)


@pytest.mark.parametrize("indent", ["", "  "])
def test_a_path_is_quoted_with_the_line_of_its_route(indent: str) -> None:
    lines = [
        "198.51.100.1/32      unicast [node1 06:36:43.548] * (100) [AS64510i]",
        "\tvia 192.0.2.1 on swp1",
        "\tvia 192.0.2.2 on swp2",
        "\tType: BGP univ",
        "\tBGP.origin: IGP",
        "\tBGP.as_path: 64510",
    ]
    text = "".join(f"{indent}{line}\n" for line in lines)
    (capture,) = captures_from_text(text, "edge1.txt", router="edge1", platform="bird")
    (path,) = facts_of_bird_table(read_capture(capture), capture).paths
    assert (path.evidence.line, path.evidence.text) == (1, lines[0])


# Texts


@pytest.mark.parametrize(
    "change, is_read",
    [
        pytest.param(lambda text: text, True, id="whole"),
        pytest.param(lambda text: text + "?! 192.0.2.9\n", False, id="a line that is not understood"),
        pytest.param(lambda text: text + FRR[:40], False, id="cut in its last line"),
    ],
)
def test_a_large_file_is_parsed_as_it_is_where_every_line_is_understood(
    tmp_path: Path, change: object, *, is_read: bool
) -> None:
    assert callable(change)
    text = "".join(f"{FRR.replace('100.7', f'{n // 250}.{n % 250}')}\n" for n in range(400))
    (tmp_path / "tor1").write_text(change(text), encoding="utf-8")
    capture = Capture("tor1", "frr", "show ip route", "", "tor1", file=str(tmp_path / "tor1"))
    table = read_without_loading(capture, Wanted(), 1 << 20)
    assert (table is not None) is is_read
    assert table is None or table.route_count == 400


def test_a_sample_is_compared_where_its_routes_are_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{FRR}\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text(f"{FRR}\n", encoding="utf-8")
    (tmp_path / "b.json").write_text("[]", encoding="utf-8")
    alone, beside = (read_sample(tmp_path / name, platforms()["frr"]) for name in ("a.txt", "b.txt"))
    assert (alone.has_expectation, alone.faults) == (False, ())
    assert (beside.has_expectation, len(beside.faults)) == (True, 1)
    assert not read_sample(tmp_path / "absent.txt", platforms()["frr"]).has_expectation
